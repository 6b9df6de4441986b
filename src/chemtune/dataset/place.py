"""Where a recipe's records are: local files, or a data set of the hub that is fetched first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chemtune.documents.read import find_files
from chemtune.recipe.schema import Files


@dataclass(frozen=True)
class Place:
    """Files of records.

    Attributes:
        paths: The files, in order.
        origin: Of a data set of the hub, its name and commit; else "".
        licence: As the data set's card says, or "".
        prefix: Stands before the names of its files, to tell them from others of that name.
        about: What the records are about, by the name of the file or configuration.
    """

    paths: tuple[Path, ...]
    origin: str
    licence: str
    prefix: str
    about: str


def place_of(files: Files, base: Path) -> Place:
    """Return the files that a recipe in the folder `base` names.

    Raises:
        InputError: There are none.
        ChemtuneError: The hub cannot be reached.
    """
    if files.hub is None:
        paths = tuple(find_files(files.path or "", base))
        return Place(paths, "", "", "", paths[0].stem)
    from chemtune.documents.hub_data import fetch_data_set

    data = fetch_data_set(
        files.hub, config=files.config, split=files.hub_split, revision=files.revision
    )
    about = data.config if data.config != "default" else files.hub.partition("/")[2]
    origin = f"{data.name}@{data.commit[:12]}"
    return Place(data.files, origin, data.licence, f"{data.name}/", about)
