"""Data sets of the Hugging Face hub, by name: files are fetched and read by our own readers.

No code of a data set is ever run: only Parquet, JSON Lines and CSV files are taken, and where there
are none, those that the hub itself has converted to Parquet.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chemtune.documents.hub_files import Chosen, NotThere, choose, choose_converted
from chemtune.errors import ChemtuneError, InputError, Problem
from chemtune.files import write_json
from chemtune.models.resolve import HUB_TIMEOUT_S, cache_folder
from chemtune.progress import say

CONVERTED = "refs/convert/parquet"
NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class HubData:
    """The files of one split of a data set, fetched.

    Attributes:
        name: The data set's name at the hub.
        files: Local files, in order.
        commit: The commit that they are of.
        licence: As the data set's card says, or "".
        config: The configuration that was taken.
        split: The split that was taken.
    """

    name: str
    files: tuple[Path, ...]
    commit: str
    licence: str
    config: str
    split: str


def fetch_data_set(
    name: str, *, config: str | None = None, split: str | None = None, revision: str | None = None
) -> HubData:
    """Fetch the files of a data set's split, or find them in the hub's cache.

    The hub's address and token are those of its own tools: HF_ENDPOINT, HF_TOKEN, HF_HOME.

    Args:
        name: For example "org/data".
        config: The configuration; see `hub_files.choose`.
        split: The split; likewise.
        revision: A branch, tag or commit. A commit that was fetched before is not asked for again.

    Raises:
        InputError: There is no such data set, configuration or split, or access is not granted.
        ChemtuneError: The hub cannot be reached and the files are not in the cache.
    """
    if not NAME.fullmatch(name):
        remedy = "write owner/name, as in the address of its page"
        raise InputError(Problem(f"{name!r} is no data set's name", field="hub", remedy=remedy))
    note = _note(name, config, split, revision)
    if revision is not None and COMMIT.fullmatch(revision):
        kept = _kept(note)
        if kept is not None:
            return kept
    try:
        fetched = _fetched(name, config, split, revision)
    except _OutOfReach as error:
        kept = _kept(note)
        if kept is None:
            raise ChemtuneError(
                f"the data set {name} cannot be fetched: {error}; where there is no hub, fetch its "
                "files elsewhere and name them by `path`"
            ) from None
        say(f"{name}: the hub cannot be reached; the copy of commit {kept.commit[:8]} is read")
        return kept
    write_json(note, {**vars(fetched), "files": [str(path) for path in fetched.files]})
    return fetched


class _OutOfReach(Exception):
    """The hub did not answer."""


def _fetched(name: str, config: str | None, split: str | None, revision: str | None) -> HubData:
    info = _info(name, revision)
    card = info.card_data.to_dict() if info.card_data is not None else {}
    names = [sibling.rfilename for sibling in info.siblings or []]
    try:
        chosen, commit = choose(names, card, config=config, split=split), str(info.sha)
        if chosen is None:
            chosen, commit = _converted(name, names, config, split)
    except NotThere as error:
        field = "config" if error.what.startswith("config") else "hub_split"
        raise InputError(Problem(f"{name}: {error}", field=field)) from None
    files = tuple(_file(name, path, commit) for path in chosen.files)
    return HubData(name, files, str(info.sha), _licence(card), chosen.config, chosen.split)


def _converted(
    name: str, names: list[str], config: str | None, split: str | None
) -> tuple[Chosen, str]:
    try:
        info = _info(name, CONVERTED)
    except InputError:
        held = ", ".join(names[:8]) or "none"
        remedy = "fetch it elsewhere, write it as JSON Lines, and name the file by `path`"
        fault = f"{name} has no Parquet, JSON Lines or CSV files, nor the hub's own conversion"
        raise InputError(
            Problem(f"{fault}; its files: {held}", field="hub", remedy=remedy)
        ) from None
    listed = [sibling.rfilename for sibling in info.siblings or []]
    return choose_converted(listed, config=config, split=split), str(info.sha)


def _info(name: str, revision: str | None) -> Any:
    from huggingface_hub import HfApi

    return _asked(name, lambda: HfApi().dataset_info(name, revision=revision, timeout=30))


def _file(name: str, path: str, commit: str) -> Path:
    from huggingface_hub import hf_hub_download

    fetch = lambda: hf_hub_download(  # noqa: E731
        name, path, repo_type="dataset", revision=commit, etag_timeout=HUB_TIMEOUT_S
    )
    return Path(_asked(name, fetch))


def _asked(name: str, step: Any) -> Any:
    from huggingface_hub.errors import (
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return step()
    except GatedRepoError:
        fault = f"access to {name} has to be asked for"
        remedy = "accept its terms on its page at the hub, then set HF_TOKEN or `hf auth login`"
    except RepositoryNotFoundError:
        fault = f"there is no data set {name} at the hub, or it is private"
        remedy = "check the name; for a private one set HF_TOKEN or `hf auth login`"
    except RevisionNotFoundError:
        fault, remedy = f"{name} has no such revision", "name a branch, a tag or a commit"
    except Exception as error:  # the client raises its HTTP library's errors, too many to list
        lines = str(error).strip().splitlines()
        raise _OutOfReach((lines[0] if lines else type(error).__name__)[:200]) from None
    raise InputError(Problem(fault, field="hub", remedy=remedy))


def _licence(card: dict[str, Any]) -> str:
    said = card.get("license_name") or card.get("license") or ""
    return ", ".join(map(str, said)) if isinstance(said, list) else str(said)


def _note(name: str, config: str | None, split: str | None, revision: str | None) -> Path:
    asked = hashlib.sha256(json.dumps([config, split, revision]).encode()).hexdigest()[:12]
    return cache_folder() / "data_sets" / f"{name.replace('/', '--')}-{asked}.json"


def _kept(note: Path) -> HubData | None:
    """What was fetched before, where all of it is still there."""
    try:
        said = json.loads(note.read_text(encoding="utf-8"))
        files = tuple(Path(path) for path in said["files"])
        kept = HubData(**{**said, "files": files})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kept if all(path.is_file() for path in files) else None
