"""The options of a question as a text names them: by label, by number, or in their own words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chemtune.documents.question import CIRCLED, LETTERS, Question
from chemtune.evaluation.answers.text import own_text, words_pattern

KOREAN = ("첫", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열")
ENGLISH = (
    *("first", "second", "third", "fourth", "fifth"),
    *("sixth", "seventh", "eighth", "ninth", "tenth"),
)
# "2번 탄소" counts atoms, and "3번 반복" times.
NOT_COUNTED = r"(?!\s?(?:탄소|원자|위치|자리|반복|세척|정도|이상|씩|만큼|더 ))"
# All but the bare ones are labels wherever they stand.
LABEL = re.compile(
    r"(?P<circled>[①-⑩])(?: ?번(?!째))?"
    rf"|(?P<numbered>(?<![A-Za-z0-9.])(?:\d{{1,2}}|[A-J]))\s?번{NOT_COUNTED}"
    r"|[(\[{](?P<bracketed>[A-Ja-j]|\d{1,2})[)\]}]"
    rf"|(?P<ordinal>{'|'.join(KOREAN)})\s?번째"
    r"(?= ?(?:보기|선택지|옵션|항목|답|것|번호|입니다|이다|이 |가 |[.,]|$))"
    rf"|(?:[Tt]he )?(?P<nth>{'|'.join(ENGLISH)})(?= (?:option|choice|answer|one|statement)\b)"
    r"|(?P<closed>[A-Ja-j])\)"
    r"|(?P<bare>[A-Ja-j]|\d{1,2})(?![A-Za-z0-9_°+^])"
)
# A bare letter or digit is a label where no word, unit, charge, formula or bond goes on behind it.
# In Korean a particle or the copula does: "C입니다", where a word boundary would not match.
END_OF_LABEL = re.compile(
    r"(?=\s*(?:$|\n|[;!?\"”}\]<()]|[.,:](?!\d)|'(?!s\b)|/\s?[A-J1-9①-⑩]\b|[-–—]+(?:\s|$)"
    r"|(?!몰|개|배|가지|도|그램|리터|주기|족|차|원자)[가-힣]"
    r"|(?:because|since|as|for|which|due|and|or|but|with|by|where|not|that|instead|from|based|are)\b))"
)
ANNOUNCED = re.compile(
    r"[\s\"'“‘:]*(?P<said>(?i:(?:the )?(?:option|choice|letter|number|answer|statement)\b) ?[:#]? ?"
    r"|(?:보기|선택지|옵션|번호) ?(?:중 )?:? ?|(?:either|both) )?[\"'“‘]*"
)
BEFORE_WORDS = re.compile(r"(?:[\s\"'“‘):\],]|\.(?!\d)|[-–—] )*(?i:(?:the|an|a) )?[\"'“‘]*")
NUMBER = re.compile(r"[-+]?[\d.,]+ ?[^\s\d]{0,6}")
# A question for what is not so.
SEEKS_FALSE = re.compile(
    r"\bNOT\b|\bEXCEPT\b|\b(?i:incorrect|false|not (?:true|correct)|except)\b"
    r"|(?:옳지|맞지|바르지|적절하지|적합하지|해당하지|알맞지) ?않은|틀린|잘못|아닌 것|거리가 먼"
)
# An option goes no further where a word ends, or where Korean adds a particle.
WORDS_END = r"(?![A-Za-z0-9_]|[.,]\d|/[A-Za-z])"


@dataclass(frozen=True)
class Named:
    """What a text names at one place.

    Attributes:
        indices: The options, from 0: one, or two where label and words contradict each other.
        start: The offset of the label or the words.
        end: The offset behind them.
        by: "label" or "text".
    """

    indices: tuple[int, ...]
    start: int
    end: int
    by: str


class Options:
    """The options of one question, to be found in texts that went through `own_text`."""

    def __init__(self, question: Question) -> None:
        self.lettered = question.labels[0] in LETTERS
        self.labels = question.labels
        self.texts = tuple(own_text(option) for option in question.options)
        distinct = len({text.casefold() for text in self.texts}) == len(self.texts)
        # "CO" and "Co" differ by nothing else.
        flags = re.I if distinct else 0
        self.patterns = tuple(
            re.compile(words_pattern(option).removesuffix(r"\.") + WORDS_END, flags)
            for option in question.options
        )
        self.seeks_false = SEEKS_FALSE.search(question.text) is not None
        self.numeric = any(NUMBER.fullmatch(text) for text in self.texts)

    def worded(self, text: str) -> tuple[int, ...]:
        """Return the options whose words are this text, and nothing else; two may be the same."""
        said = text.strip(" \n\"'“”‘’").removesuffix(".")
        return tuple(i for i, p in enumerate(self.patterns) if p.fullmatch(said))

    def index_of(self, match: re.Match[str]) -> int | None:
        """Return the option of a `LABEL`, or None where the question has no such.

        Where letters are the labels, a bare letter is one, also if another option is called "C".
        A bare number is first the option with this text, then the option at this place; the latter
        not where letters are the labels and the options are other numbers.
        """
        kind = str(match.lastgroup)
        said = match[kind]
        if kind == "bare":
            by_words = () if self.lettered and said.isalpha() else self.worded(said)
            if by_words:
                return by_words[0]
            if said.isdigit() and self.numeric and self.lettered:
                return None
        index = position_of(match)
        return index if 0 <= index < len(self.texts) else None

    def at(self, text: str, start: int) -> Named | None:
        """Return the option that is named right at `start`, by its label or its own words.

        Quotes and words such as "option" are passed over.
        """
        before = ANNOUNCED.match(text, start)
        begin = before.end() if before else start
        worded = self.words_at(text, begin)
        match = LABEL.match(text, begin)
        if match is None or not self._is_label(match, text, bool(before and before["said"])):
            return worded
        index = self.index_of(match)
        if worded and worded.end > match.end() and index not in worded.indices:
            # "2 mol" begins like a label, and is an option.
            return worded
        return None if index is None else self.with_words(text, match, index)

    def with_words(self, text: str, match: re.Match[str], index: int) -> Named:
        """Return a label with the words behind it: "B. water" names two where water is A."""
        label = Named((index,), match.start(), match.end(), "label")
        after = self.words_at(text, match.end())
        if after is None:
            return label
        if index in after.indices:
            return Named((index,), match.start(), after.end, "label")
        behind = text[after.end :].lstrip(" \"'”’)")
        parted = text[match.end() : after.start]
        if "\n" in parted or "," in parted or behind[:1].isalnum():
            return label
        return Named((index, after.indices[0]), match.start(), after.end, "label")

    def words_at(self, text: str, start: int) -> Named | None:
        """Return the option whose words stand at `start`, the longest; maybe after an article."""
        begin = BEFORE_WORDS.match(text, start)
        found: Named | None = None
        for at in {start, begin.end() if begin else start}:
            for index, pattern in enumerate(self.patterns):
                match = pattern.match(text, at)
                if match is None:
                    continue
                if found is None or match.end() > found.end:
                    found = Named((index,), at, match.end(), "text")
                elif match.end() == found.end and index not in found.indices:
                    found = Named((*found.indices, index), at, match.end(), "text")
        return found

    def _is_label(self, match: re.Match[str], text: str, announced: bool) -> bool:
        if match.lastgroup != "bare" or END_OF_LABEL.match(text, match.end()):
            return True
        index, after = self.index_of(match), self.words_at(text, match.end())
        if index is not None and after is not None and index in after.indices:
            return True
        return announced and match["bare"] not in "aI"


def position_of(match: re.Match[str]) -> int:
    """Return the place, from 0, that a `LABEL` stands for; -1 for "0"."""
    kind = str(match.lastgroup)
    said = match[kind]
    if kind == "circled":
        return CIRCLED.index(said)
    if kind == "ordinal":
        return KOREAN.index(said)
    if kind == "nth":
        return ENGLISH.index(said)
    return int(said) - 1 if said.isdigit() else LETTERS.index(said.upper())
