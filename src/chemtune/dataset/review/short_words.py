"""Words too short for trigrams, such as most of Korean: looked for text by text, and remembered."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection

# Of 50,000 items a word takes 1 MB at most.
KEPT = 20
_CREATE = """CREATE TEMP TABLE short_words (
  word TEXT, place INTEGER, PRIMARY KEY (word, place)
) WITHOUT ROWID"""
_LOOK = (
    "INSERT OR IGNORE INTO short_words SELECT ?, i.place FROM items i WHERE "
    "i.doc IN (SELECT doc FROM document_texts WHERE {found})"
    " OR i.place IN (SELECT place FROM answer_texts WHERE {found})"
)


class ShortWords:
    """A temporary table in a connection to the index: `short_words`, the items of each word."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: list[str] = []
        db.execute(_CREATE)

    def look_up(self, words: Collection[str]) -> None:
        """Have the items of these words in the table; what was looked for long ago may leave it."""
        for word in words:
            if word in self._known:
                self._known.remove(word)
            else:
                self._find(word)
            self._known.append(word)
        while len(self._known) > max(KEPT, len(words)):
            self._db.execute("DELETE FROM short_words WHERE word = ?", (self._known.pop(0),))

    def _find(self, word: str) -> None:
        if word.isascii():
            # Three times as fast as instr, and with Hangul slower than that.
            pattern = "%" + re.sub("[!%_]", r"!\g<0>", word) + "%"
            look = _LOOK.format(found="text LIKE ? ESCAPE '!'")
            self._db.execute(look, (word, pattern, pattern))
        else:
            self._db.execute(_LOOK.format(found="instr(text, ?)"), (word, word, word))
