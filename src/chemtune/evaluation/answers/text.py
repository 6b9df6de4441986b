"""What of a reply is the model's answer: no markup, thinking, echo or further question."""

from __future__ import annotations

import re
import unicodedata

from chemtune.checks.grounding import ALIKE, INVISIBLE
from chemtune.documents.question import CIRCLED, Question

THOUGHT_END = "</think>"
THOUGHT = "<think>"
# A digit with the frame of a key cap; before the invisible characters go, which are part of it.
KEY_CAP = re.compile(r"([1-9])\ufe0f?\u20e3")
NOT_CIRCLED = re.compile(r"[^①-⑩]+")
OTHER_CIRCLES = {start + i: c for start in (0x2776, 0x2780, 0x278A) for i, c in enumerate(CIRCLED)}
SPECIAL_TOKEN = re.compile(
    r"<\|[^|<>\n]{1,30}\|>|</?s>|\[/?INST\]|<(?:start|end)_of_turn>"
    r"|</?(?:b|i|u|em|strong|p|br) ?/?>"
)
WRAPPED = re.compile(r"\\(?:text|textbf|mathrm|mathbf|rm|bf)\s*\{([^{}\n]{0,200})\}")
MARKUP = re.compile(r"\*+|`+|__|\$+|\\[()\[\]]")
BULLET = re.compile(r"^ ?(?:[-•>·] |#{1,6} ?)", re.M)
SPACES = re.compile(r"[^\S\n]+")
HEADING = re.compile(r"\n\s?(?:(?:next |new )?question|Q|문제|다음 문제) ?\d{0,3} ?[:.)]", re.I)
# The first lines of a list of options below the line of a question.
NEXT_LIST = re.compile(r"(?:\?|__|것은|:) ?\n\s?(?:\(?A[).:]|①)[^\n]*\n\s?(?:\(?B[).:]|②)")
# A shorter question, such as "pH?", stands in many an answer by chance.
FEWEST_CHARACTERS = 12


def own_text(reply: str) -> str:
    """Return the reply after its thinking, as it is compared.

    That is: NFKC, but circled digits stay; dashes and primes alike; no Markdown, LaTeX or special
    tokens; single spaces. Lines stay. A thought that was cut off leaves nothing: what a model
    weighs is not what it answers.
    """
    text = reply.rpartition(THOUGHT_END)[2].partition(THOUGHT)[0]
    text = KEY_CAP.sub(lambda m: CIRCLED[int(m[1]) - 1], text).translate(OTHER_CIRCLES)
    text = NOT_CIRCLED.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text).translate(ALIKE)
    text = "".join(c for c in text if c not in INVISIBLE or c == "^")
    text = SPECIAL_TOKEN.sub(" ", text.replace("、", ",").replace("。", "."))
    text = SPACES.sub(" ", MARKUP.sub("", WRAPPED.sub(r"\1", text)))
    return BULLET.sub("", text).strip()


def without_echo(text: str, question: Question) -> str:
    """Return a text without the question and without whole lists of its options.

    A list is the options one behind the other, each behind its label: it chooses none of them.

    Args:
        text: As `own_text` returns it.
        question: What was asked.
    """
    asked = own_text(question.text)
    if len(asked) >= FEWEST_CHARACTERS:
        text = text.replace(asked, "\n")
    listed = [
        rf"[(\[]?{re.escape(label)}[)\].:]?[).:]?\s?{words_pattern(option)}"
        for label, option in zip(question.labels, question.options, strict=True)
    ]
    return re.sub(r"[\s,;./|]{0,4}".join(listed) + r"(?!\w)", "\n", text).strip()


def words_pattern(option: str) -> str:
    """Return a pattern of an option's words, between which a line may end."""
    words = (own_text(option) or option).split()
    return r"\s{1,2}".join(re.escape(word) for word in words)


def before_next_question(text: str) -> str:
    """Return what stands before a question that the model goes on to make up, or the whole text."""
    heading, following = HEADING.search(text), NEXT_LIST.search(text)
    ends = [heading.start()] if heading else []
    if following:
        # The question is the paragraph above its list.
        ends.append(max(text.rfind("\n\n", 0, following.start()), 0))
    return (text[: min(ends)].strip() if ends else "") or text
