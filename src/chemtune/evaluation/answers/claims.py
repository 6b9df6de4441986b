"""Claims: the places where a reply says outright which option is its answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chemtune.evaluation.answers.options import LABEL, Named, Options

WHICH = r"(?:correct|right|best|final|most [a-z]+|true|only|intended)"
SURE = r"(?:clearly|definitely|probably|(?:most )?likely|indeed|actually|therefore|thus|hence|then)"
BE = r"(?:is|was|(?:would|should|must|will)(?: have to)? be|(?:has|seems|appears) to be)"
# What an answer follows. Behind each of them the option is read by its label or its words.
STATES = re.compile(
    r"(?P<colon>\b(?i:answer|choice|ans|solution|option|conclusion)\b"
    r" ?(?:\([^()\n]{1,20}\))? ?(?:[:=→]|->?)[\s:]*"
    r"|\b(?i:ans)\. |정답(?:은|이)? ?[:=→\])】>]{1,2}\s*"
    r"|(?<![가-힣])(?:답|답안|해답|선택)(?:은)? ?[:=→]\s*"
    r"|\\boxed ?\{ ?|<answer>\s*)"
    rf"|\b(?i:answer|option|choice|solution|one|statement|response|selection)"
    r"(?i: (?:here|(?:to|for) (?:this|the) (?:question|problem)))?"
    rf"(?i:,? {BE}(?: {SURE})?)(?: ?:)?(?: that)?\s*"
    r"|\b(?i:answers|(?:correct|right) (?:options|choices|statements)) are\s*"
    r"|(?<![가-힣])(?:정답|답|해답|답안)(?: ?번호)?(?:은|는|이)? ?(?:바로 |아마도? )?"
    r"|\b(?:I|We|we|I'd|I'll|I would|I will)(?: would| will)? (?:[a-z]+ly )?(?i:choose|chose|pick"
    r"|select|go with|guess|say|answer|opt for|(?:think|believe) (?:that )?(?:it is|it's))"
    r"(?: that)?(?: it is| it's)?\s*"
)
# What an answer follows where it stands by its label alone: too many words follow it else.
CONCLUDES = re.compile(
    r"\b(?i:therefore|thus|hence|so|consequently|finally)\b,? ?(?:it is |it's |it must be )?"
    r"|\b(?i:it (?:must|should|would|could|might|may) be|it is|it's)\b:? "
    r"|\b(?i:maybe|perhaps|probably|either|both|(?:i'm|i am) going with"
    r"|(?:that|this|which) leaves(?: us with)?|leaving)\b:? "
    r"|(?:따라서|그러므로|그래서|결국|결론적으로|즉|아마도?),? ?"
)
CORRECTS = re.compile(
    r"\b(?i:(?:actually|correction|or rather|i mean|instead)\b ?[,:.-]{0,2}"
    r"|(?:wait|sorry|no) ?[,:.-]{1,2}) ?"
    r"(?:it is |it's |it should be |make that )?"
    r"|\b(?i:but)(?: rather)? |(?:아니라|아니고|아니요|아니|정정|다시|수정),? ?:? ?"
)
# What stands behind an option that is the answer: "(B) is the correct answer", "②가 정답이다".
IS_ANSWER = re.compile(
    r"[\"'”’}\]]{0,2} ?(?:(?i:"
    rf"{BE}(?: {SURE})?(?: the| my)? ?(?:{WHICH} )?(?:answer|option|choice|one|solution)\b)"
    r"|(?:이|가|은|는)? ?(?:바로 )?(?:정답|답)(?!은|을|이? ?(?:아니|아닙|아닌|될 수 없))"
    r"|(?:을|를)? ?(?:고르|고른|골라|선택|택하|택한|찍))"
)
# "C입니다." is an answer where it is a sentence of its own.
COPULA = re.compile(r" ?(?:입니다|이다|이에요|예요|이야|임|인 것 같|이라고 생각)(?!\w{3})")
SENTENCE = re.compile(r"(?:^|[.!?:,] ?|\n ?)[\"'“(]?$")
JOINED = re.compile(
    r"[\"'”)]? ?(?:,|/|or|and|&|또는|혹은|및|이나|나|이랑|랑|와|과)(?: either| also| both)? ?"
)
DENIED = re.compile(
    r"[\"'”)]? ?(?:이|가|은|는|번은|번이)? ?(?:정?답이? )?(?:아니|아닙|아닌|아님|될 수 없)"
)
PREDICATE = re.compile(r"[).]? ?(?:(?:is|are|was)\b|[은는이가] )")
SINGULAR = re.compile(r"[\"'”)]? ?(?:(?:is|was)\b|[은는이가] ?)")
ASKED = re.compile(r" ?(?:인가|일까)? ?\?")
SUPPOSED = re.compile(
    r"(?:\b(?i:if|whether|suppose|assuming|why|unless|not)(?: that)?(?: the)?"
    rf"(?: {WHICH})?|만약|만일) $"
)
# What marks the last of several claims as the one that stands.
FINAL = re.compile(
    r"\b(?i:final|finally|therefore|thus|hence|so|actually|correct(?:ion|ed)|wait|instead|rather|but"
    r"|in conclusion|sorry|on second thought|i mean|no[,.])(?!\w)"
    r"|따라서|그러므로|결국|결론|최종|다시|정정|아니|수정|사실|그래서|즉"
)
BEFORE_CLAIM = 40
LINE = re.compile(r"^[^\n]+$", re.M)


@dataclass(frozen=True)
class Claim:
    """One place where a reply says its answer.

    Attributes:
        indices: The options, from 0; several where it names several at once.
        start: Where the claim begins.
        end: Where it ends.
        by: "label" or "text".
        form: "colon" ("Answer: B"), "line" (a line of its own), "lead" (the reply begins with it)
            or "said".
    """

    indices: tuple[int, ...]
    start: int
    end: int
    by: str
    form: str


def find_claims(text: str, options: Options) -> list[Claim]:
    """Return all claims in a text that went through `own_text`, in their order."""
    claims = [*_lines(text, options), *_stated(text, options), *_followed(text, options)]
    # "Answer with A, B, C or D" repeats what was asked.
    claims = [c for c in claims if len(c.indices) < max(len(options.texts), 3)]
    return sorted(claims, key=lambda claim: (claim.end, claim.start))


def decide(claims: list[Claim], text: str) -> tuple[int, ...]:
    """Return the option that claims come to, or several where they leave it open.

    Where they differ, the last one stands if the reply says that it is: by a word of concluding or
    correcting before it, or as the one "Answer: …" after reasoning. Else nothing does.
    """
    said = {claim.indices for claim in claims}
    last = claims[-1]
    if len(said) == 1 or len(last.indices) > 1:
        return last.indices
    others = [claim for claim in claims if claim.indices != last.indices]
    since = max(others[-1].end, last.start - BEFORE_CLAIM)
    marked = FINAL.search(text, max(since, 0), last.end)
    only_colon = last.form == "colon" and all(c.form == "said" for c in others)
    if marked or only_colon:
        return last.indices
    return tuple(sorted({index for claim in claims for index in claim.indices}))


def _lines(text: str, options: Options) -> list[Claim]:
    """Lines of labels alone; and a label that begins the reply, unless others begin lines."""
    alone: list[Claim] = []
    leading: list[tuple[re.Match[str], int]] = []
    for line in LINE.finditer(text):
        start = line.start() + len(line[0]) - len(line[0].lstrip(" \"'“‘"))
        match = LABEL.match(text, start, line.end())
        index = options.index_of(match) if match else None
        if match is None or index is None:
            continue
        if match["bare"] and match["bare"].isalpha() and not options.lettered:
            # Circled digits were asked for; "C" may be carbon.
            continue
        label = Named((index,), match.start(), match.end(), "label")
        indices, end = _all_joined(text, label, options)
        if not text[end : line.end()].strip(" .:;,!)]}\"'”’"):
            alone.append(Claim(indices, match.start(), end, "label", "line"))
        elif _leads(text, match, options, index):
            leading.append((match, index))
    if leading and len({index for _, index in leading}) == 1 and leading[0][0].start() <= 2:
        match, index = leading[0]
        named = options.with_words(text, match, index)
        indices, end = _all_joined(text, named, options)
        alone.append(Claim(indices, match.start(), end, "label", "lead"))
    return alone


def _leads(text: str, match: re.Match[str], options: Options, index: int) -> bool:
    """Whether a label is set off from what follows: "B) salt", "C. The …", "D because", "② 5 L"."""
    behind = text[match.end() : match.end() + 60]
    if JOINED.match(behind) and options.at(text, match.end() + len(_joint(behind))):
        return False
    if DENIED.match(behind) or PREDICATE.match(behind):
        return False
    after = options.words_at(text, match.end())
    if after is not None and index in after.indices:
        return True
    if re.match("[가-힣]|[~-] ?[①-⑩A-J0-9]", behind):
        # A particle or a range: "1번부터 4번까지는 …", "①~④는 …".
        return False
    if match.lastgroup != "bare":
        return True
    if match["bare"].isdigit():
        # "1. First, balance …" begins a list of steps.
        return False
    follows = r"[.:)] |,? (?:because|since|as|due to)\b| [-–—] |,? ?(?:왜냐하면|이유)|[.] ?\S"
    return re.match(follows, behind) is not None and not match["bare"].islower()


def _joint(behind: str) -> str:
    joined = JOINED.match(behind)
    return joined[0] if joined else ""


def _stated(text: str, options: Options) -> list[Claim]:
    found: list[Claim] = []
    for pattern, words in ((STATES, True), (CONCLUDES, False), (CORRECTS, False)):
        reached = 0
        for match in pattern.finditer(text):
            if match.start() < reached:
                continue
            named = options.at(text, match.end())
            if named is None or (named.by == "text" and not words):
                continue
            if SUPPOSED.search(text, max(match.start() - BEFORE_CLAIM, 0), match.start()):
                continue
            asked = ASKED.match(text, named.end) and pattern is not CONCLUDES
            if DENIED.match(text, named.end) or asked:
                continue
            form = "colon" if pattern is STATES and match["colon"] else "said"
            indices, end = _all_joined(text, named, options, own_only=True)
            reached = end
            found.append(Claim(indices, match.start(), end, named.by, form))
    return found


def _followed(text: str, options: Options) -> list[Claim]:
    found: list[Claim] = []
    reached = 0
    for match in LABEL.finditer(text):
        if match.start() < reached or not _stands_apart(text, match):
            continue
        index = options.index_of(match)
        if index is None:
            continue
        words = options.words_at(text, match.end())
        end = words.end if words and index in words.indices else match.end()
        named = Named((index,), match.start(), end, "label")
        indices, end = _all_joined(text, named, options)
        reached = end
        answer = IS_ANSWER.match(text, end)
        if answer is None and match.lastgroup in {"bare", "bracketed", "closed"}:
            before = text[max(match.start() - 3, 0) : match.start()]
            copula = COPULA.match(text, end) if SENTENCE.search(before) else None
        else:
            copula = COPULA.match(text, end) if answer is None else None
        if answer or copula:
            found.append(Claim(indices, match.start(), end, "label", "said"))
    return found


def _stands_apart(text: str, match: re.Match[str]) -> bool:
    """Whether no word, number or bond ends right before a label."""
    before = text[max(match.start() - 1, 0) : match.start()]
    return re.match(r"[A-Za-z0-9=_.°+'-]", before) is None


def _all_joined(
    text: str, named: Named, options: Options, own_only: bool = False
) -> tuple[tuple[int, ...], int]:
    """The options in "A or B"; with `own_only` not what begins a claim: "A, and B is the best"."""
    indices, end = list(named.indices), named.end
    while joined := JOINED.match(text, end):
        another = options.at(text, joined.end())
        if another is None or another.by != named.by or another.end <= end:
            break
        if SINGULAR.match(text, another.end) and (
            own_only or not IS_ANSWER.match(text, another.end)
        ):
            break
        indices += [index for index in another.indices if index not in indices]
        end = another.end
    return tuple(indices), end
