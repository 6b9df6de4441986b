"""How many tokens a text has: by a tokenizer's file, or estimated by its characters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chemtune.documents.language import HANGUL
from chemtune.errors import InputError, Problem

# Measured on many tokenizers: about four characters of English a token, and more than one token for
# two syllables of Hangul in vocabularies that know Korean; others spend up to three a syllable.
CHARACTERS = 4.0
SYLLABLES = 1.5


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text has."""
    syllables = len(HANGUL.findall(text))
    return round(syllables / SYLLABLES + (len(text) - syllables) / CHARACTERS + 0.49)


def tokenizer_count(path: Path) -> Callable[[str], int]:
    """Return a function that counts tokens by a `tokenizer.json`, without special tokens.

    Raises:
        InputError: The file is missing, or is no tokenizer of that format.
    """
    from tokenizers import Tokenizer

    if path.is_dir():
        path = path / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises a bare Exception
        reason = str(error).splitlines()[0]
        remedy = "name a tokenizer.json, as it stands in a model's folder"
        raise InputError(Problem(f"no tokenizer: {reason}", path, remedy=remedy)) from None
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
