"""Korean: how much of a text is Korean outside formulas and units, and in which style it ends."""

from __future__ import annotations

import re

from chemtune.checks.finding import Finding
from chemtune.checks.names import telling_word
from chemtune.checks.units import parse_unit
from chemtune.documents.language import HANGUL
from chemtune.documents.sentences import sentences

LEAST_SHARE = 0.5
# Fewer may be symbols: kcat, Vmax.
FEWEST_WORDS = 3
LATIN = re.compile(r"[A-Za-z][A-Za-z0-9'’-]*")
# A gloss beside a Korean term: 이온 교환막(ion exchange membrane).
GLOSS = re.compile(r"(?<=[가-힣])\s?\([^()가-힣]*\)")
POLYMER = re.compile(r"\b[Pp]oly\([^()]*\)")
# Shorter names of chemicals, such as iridium, have a Korean one that everybody uses.
SYSTEMATIC_NAME = 9
SHORT_WORDS = set("a an and are as at by for from in is it its no not of on or than the to was we".split())  # fmt: skip  # noqa: E501, SIM905
VOWEL = re.compile(r"[aeiouy]")
# What may follow the last word of a sentence.
TAIL = re.compile(r"(?:\s*\([^()]*\))?[\s.!?。…\"'”’)\]]*$")
# Of a reply of nothing but spaces every one would begin a search to its end.
LONGEST_END = 300
FORMAL = re.compile(r"(?:니다|니까|십시오)$")
POLITE = re.compile(r"(?:[아어여해돼봐줘와워져려겨켜예에세네데까나게죠가고서걸든군지]요|죠)$")
PLAIN = re.compile(r"(?:다|는가|은가|한가|인가|라|자)$")
# Verbs as nouns; nouns such as 리튬 or 필름 end in the same consonant.
NOMINAL = re.compile(r"[음임함됨짐킴움]$")
STYLES = (("formal", FORMAL), ("polite", POLITE), ("plain", PLAIN), ("nominal", NOMINAL))
STYLE_NAMES = {"formal": "-습니다", "polite": "-요", "plain": "-다", "nominal": "-음"}


def english_words(text: str) -> list[str]:
    """Return the English words of a text: no formulas, units, codes or long names."""
    plain = POLYMER.sub(" ", GLOSS.sub(" ", text))
    return [word for word in LATIN.findall(plain) if _is_word(word)]


def prose_share(text: str) -> float:
    """Return the share of Hangul among Hangul and the letters of English words, 0 to 1.

    1 where there is neither: a formula is as good Korean as it is English.
    """
    hangul = len(HANGUL.findall(text))
    english = sum(map(len, english_words(text)))
    return hangul / (hangul + english) if hangul + english else 1.0


def check_korean(field: str, text: str) -> list[Finding]:
    """Object to a text that is not Korean, and warn of one whose sentences end in two styles."""
    findings = []
    share, words = prose_share(text), english_words(text)
    if not HANGUL.search(text):
        findings.append(Finding("language", "error", field, text, "holds no Korean"))
    elif share < LEAST_SHARE and len(words) >= FEWEST_WORDS:
        shown = ", ".join(repr(word) for word in words[:FEWEST_WORDS])
        message = f"is {share:.0%} Korean outside formulas and units: {shown}"
        findings.append(Finding("language", "error", field, text, message))
    ends = [(style_of(sentence), sentence) for _, sentence in sentences(text)]
    told = [(style, sentence) for style, sentence in ends if style]
    other = next((one for one in told if one[0] != told[0][0]), None)
    if other is not None:
        first, second = STYLE_NAMES[told[0][0]], STYLE_NAMES[other[0]]
        message = f"one sentence ends in {first} and another in {second}"
        findings.append(Finding("style", "warning", field, other[1].strip(), message))
    return findings


def style_of(sentence: str) -> str:
    """Return the style in which a Korean sentence ends, or "" where its end shows none.

    "formal" (-습니다), "polite" (-요), "plain" (-다), or "nominal" (-음, -함); a noun shows none.
    """
    end = TAIL.sub("", sentence.rstrip()[-LONGEST_END:])
    return next((style for style, pattern in STYLES if pattern.search(end)), "")


def _is_word(token: str) -> bool:
    word = token.strip("-'’")
    if word.casefold() in SHORT_WORDS:
        return True
    if len(word) < 4 or any(c.isdigit() for c in word) or not VOWEL.search(word.casefold()):
        return False
    # Capitals after the first letter make it an abbreviation or a code.
    lower = word[1:] == word[1:].lower()
    systematic = len(word) >= SYSTEMATIC_NAME and telling_word(word) != ""
    return lower and not systematic and parse_unit(word) is None
