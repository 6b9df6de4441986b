"""The encoding of a table: UTF-8, or what older Korean programs save."""

from __future__ import annotations

import codecs
from pathlib import Path

from chemtune.documents.language import HANGUL

CHUNK = 1 << 20
# EUC-KR first: it is a part of CP949, so what both read is called by its narrower name.
KOREAN = {"euc_kr": "EUC-KR", "cp949": "CP949"}


def korean_encoding(path: Path) -> str | None:
    """Return "euc_kr" or "cp949" where a file is not UTF-8 and is Korean text in one of these.

    Raises:
        OSError: The file cannot be read.
    """
    if _decodes(path, "utf-8") is not None:
        return None
    return next((name for name in KOREAN if _decodes(path, name)), None)


def _decodes(path: Path, encoding: str) -> bool | None:
    """Whether the file has Hangul in this encoding; None where it is not in it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    hangul = False
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                hangul = hangul or bool(HANGUL.search(decoder.decode(chunk)))
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None
    return hangul
