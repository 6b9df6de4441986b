"""The language of messages, as the environment asks for it."""

from __future__ import annotations

import os
from typing import Literal

Language = Literal["en", "ko"]

OWN = "CHEMTUNE_LANGUAGE"
# In the order of POSIX: the first of them that is set, and not empty, says the language.
VARIABLES = (OWN, "LC_ALL", "LC_MESSAGES", "LANG")


def language() -> Language:
    """The language of messages: "ko" where the environment asks for Korean, else "en".

    `CHEMTUNE_LANGUAGE` goes before `LC_ALL`, `LC_MESSAGES` and `LANG`. Each may hold a language
    ("ko") or a locale ("ko_KR.UTF-8"); the locale need not be installed.
    """
    asked = next((value for name in VARIABLES if (value := os.environ.get(name))), "")
    code = asked.replace("-", "_").split("_")[0].split(".")[0].strip().lower()
    return "ko" if code == "ko" else "en"
