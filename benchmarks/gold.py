"""What the checks catch: gold answers of two corpora with known errors injected.

    python benchmarks/gold.py --bc5cdr FILE.tsv --sofc FOLDER

BC5CDR (tokens with IOB tags of chemicals, a sentence a block) and SOFC-Exp (articles with spans of
materials and values). Each passage is put to the task of named entities with its gold answer; then
one error of each kind is injected, and the checks are asked. An error counts as found where a
finding that rejects names the changed string; a rewriting that is harmless must not be.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from scipy.stats import binomtest

from chemtune.checks.finding import errors
from chemtune.documents.document import Document
from chemtune.domains import find_domain
from chemtune.tasks.load import load_tasks

Gold = dict[str, list[str]]
SENTENCES = 6
TASK = load_tasks(find_domain("chemistry").task_folder)["named_entities"]


def bc5cdr(path: Path, sentences: int = SENTENCES) -> Iterator[tuple[Document, Gold]]:
    blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    for first in range(0, len(blocks), sentences):
        words: list[str] = []
        names: list[str] = []
        for line in "\n".join(blocks[first : first + sentences]).splitlines():
            word, _, tag = line.partition("\t")
            words.append(word)
            if tag.startswith("B"):
                names.append(word)
            elif tag.startswith("I") and names:
                names[-1] += f" {word}"
        yield Document(f"bc-{first}", " ".join(words)), {"chemical": list(dict.fromkeys(names))}


def sofc(folder: Path) -> Iterator[tuple[Document, Gold]]:
    for frames in sorted((folder / "annotations/frames").glob("*.csv")):
        text = (folder / "texts" / f"{frames.stem}.txt").read_text(encoding="utf-8")
        sentences = [
            [int(cell) for cell in line.split("\t")[-2:]]
            for line in (folder / "annotations/sentences" / frames.name).read_text().splitlines()
        ]
        spans = [line.split("\t") for line in frames.read_text(encoding="utf-8").splitlines()]
        for first in range(0, len(sentences), SENTENCES):
            begin, end = sentences[first][0], sentences[first : first + SENTENCES][-1][1]
            gold: Gold = defaultdict(list)
            for span in spans:
                if span[0] == "SPAN" and span[2] in ("MATERIAL", "VALUE"):
                    # Offsets are those within the sentence, which is counted from 1.
                    origin = sentences[int(span[3]) - 1][0]
                    start, stop = origin + int(span[4]), origin + int(span[5])
                    if begin <= start and stop <= end:
                        gold[span[2].lower()].append(text[start:stop].strip())
            if gold:
                yield Document(f"{frames.stem}-{first}", text[begin:end]), dict(gold)


def change_digit(string: str, rng: random.Random) -> str | None:
    digits = [m.start() for m in re.finditer(r"\d", string)]
    if not digits:
        return None
    at = rng.choice(digits)
    return string[:at] + str((int(string[at]) + rng.randrange(1, 9)) % 10) + string[at + 1 :]


def other_unit(string: str, rng: random.Random) -> str | None:
    del rng
    match = re.search(r"(?<=\d)(\s*)(mS|S|mW|W|mV|V|mA|A|nm|µm|μm|mm|h|°C|K)\b", string)
    if match is None:
        return None
    swapped = match[2][1:] if match[2] in ("mS", "mW", "mV", "mA") else "m" + match[2]
    return string[: match.start(2)] + swapped + string[match.end(2) :]


def change_letter(string: str, rng: random.Random) -> str | None:
    letters = [m.start() for m in re.finditer(r"[a-z]", string)]
    if len(letters) < 4:
        return None
    at = rng.choice(letters)
    return string[:at] + ("x" if string[at] != "x" else "q") + string[at + 1 :]


def longer(string: str, rng: random.Random) -> str | None:
    del rng
    return f"{string} nanosheets" if re.search(r"[A-Za-z]$", string) else None


def dashes(string: str, rng: random.Random) -> str | None:
    del rng
    changed = string.replace("-", "–").replace("−", "-")
    return changed if changed != string else None


def spaces(string: str, rng: random.Random) -> str | None:
    del rng
    changed = string.replace(" ", "\u202f")
    return changed if changed != string else None


ERRORS: dict[str, Callable[[str, random.Random], str | None]] = {
    "a digit changed": change_digit,
    "another unit": other_unit,
    "a letter changed": change_letter,
    "a word added": longer,
}
HARMLESS = {"dashes rewritten": dashes, "spaces rewritten": spaces}


def caught(document: Document, answer: Gold, string: str) -> bool:
    whole = {
        label: answer.get(label, []) for label in ("chemical", "material", "property", "value")
    }
    return any(finding.value == string for finding in errors(TASK.check(whole, document)))


def measure(name: str, passages: list[tuple[Document, Gold]], rng: random.Random) -> None:
    counts: Counter[str] = Counter()
    found: Counter[str] = Counter()
    others = [string for _, gold in passages for strings in gold.values() for string in strings]
    for document, gold in passages:
        for label, strings in gold.items():
            for string in strings:
                counts["untouched gold"] += 1
                found["untouched gold"] += caught(document, {label: [string]}, string)
                for kind, change in {**ERRORS, **HARMLESS}.items():
                    changed = change(string, rng)
                    stands = changed is not None and changed in document.text
                    if changed is None or (stands and kind in ERRORS):
                        continue
                    counts[kind] += 1
                    found[kind] += caught(document, {label: [changed]}, changed)
            foreign = rng.choice(others)
            if foreign.casefold() not in document.text.casefold():
                counts["of another document"] += 1
                found["of another document"] += caught(document, {label: [foreign]}, foreign)
    print(f"{name}: {len(passages)} passages")
    for kind in ("untouched gold", *HARMLESS, *ERRORS, "of another document"):
        if counts[kind]:
            low, high = binomtest(found[kind], counts[kind]).proportion_ci(method="wilson")
            what = "objected to" if kind in HARMLESS or kind == "untouched gold" else "found"
            print(f"  {kind:22} {what:12} {found[kind]:>6} of {counts[kind]:<6} "
                  f"[{low:.3f}, {high:.3f}]")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bc5cdr", type=Path)
    parser.add_argument("--sofc", type=Path)
    options = parser.parse_args()
    rng = random.Random(0)
    if options.bc5cdr:
        measure("BC5CDR", list(bc5cdr(options.bc5cdr)), rng)
    if options.sofc:
        measure("SOFC-Exp", list(sofc(options.sofc)), rng)


if __name__ == "__main__":
    main()
