"""What noise in the labels costs, and how much of that the checks save: a grid on BC5CDR.

    python benchmarks/label_noise.py --bc5cdr FOLDER --out FOLDER [--dry-run]

FOLDER holds BC5CDR's train.tsv and devel.tsv (tokens with IOB tags of chemicals). A model is tuned
on sentences of the one, each with a name, and asked for the chemicals of sentences of the other,
whose labels stay right. A share of the training labels is made wrong, half of them in either way:
"invented", a name is replaced by one of another sentence, which the checks can see; "wrong", a name
is left out or replaced by another word of its sentence, which no check can see. The wrong labels of
a lower share are among those of a higher one. Off, the checks have no consequence.

The task has one label and is written here: the domain's `named_entities` asks for materials,
properties and values too, of which BC5CDR says nothing. What was run before is in `--out`.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import gold
import pyarrow.parquet as pq
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # type: ignore[import-untyped]

import chemtune
from chemtune.checks.finding import errors
from chemtune.cli.experiment import show_estimate
from chemtune.documents.document import Document
from chemtune.evaluation.families import holm
from chemtune.evaluation.paired import RatioDifference, ratio_difference
from chemtune.evaluation.statistics import ratio_interval
from chemtune.experiment.grid_report.cells import read_grid
from chemtune.experiment.open_runs import open_side
from chemtune.experiment.pairing import Parts, common_examples
from chemtune.files import write_json, write_text
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import CheckName
from chemtune.tasks.load import load_tasks

NOISE = ("0", "0.2", "0.5")
NONE = "none"
SHORTEST, LONGEST = 8, 60  # words
TASK, LABEL, MEASURE = "chemicals", "chemical", "F1 entities"
TASK_FILE = {
    "kind": "entities",
    "title": "Chemicals",
    "instruction": "Find in the text above every chemical (drugs, compounds, elements, ions), "
    f'written exactly as in the text.\nAnswer as JSON: {{"{LABEL}": ["..."]}}',
    "labels": {LABEL: "drugs, compounds, elements, ions"},
    "chemicals": [LABEL],
}
# The rest is the recipe's default: batches of 8 by length, rank 16, alpha 32, all layers.
TUNING = {"epochs": 1, "learning_rate": 1e-3, "tokens_per_pass": 2048, "max_tokens": 512}
NOT_NOUNS = ("ed", "ing", "ly", "ous", "al", "ic", "ive", "able")

Group = tuple[str, str]  # the share of noise, and the checks "on" or "off"


@dataclass(frozen=True)
class Sentence:
    """A sentence with the names that are said to stand in it; `error` says how they are wrong."""

    id: str
    text: str
    names: tuple[str, ...]
    error: Literal["", "invented", "wrong"] = ""


def sentences(path: Path) -> list[Sentence]:
    """All sentences of usable length, each text once."""
    found: dict[str, Sentence] = {}
    for document, names in gold.bc5cdr(path, sentences=1):
        if SHORTEST <= len(document.text.split()) <= LONGEST:
            one = Sentence(f"{path.stem}-{document.name}", document.text, tuple(names[LABEL]))
            found.setdefault(one.text, one)
    return list(found.values())


def invented(one: Sentence, names: Sequence[str], rng: random.Random) -> tuple[str, ...]:
    """The sentence's names, one of them replaced by a name that does not stand in it."""
    # Spaces and dashes are written in several ways: "22 - oxacalcitriol".
    text = _plain(one.text)
    foreign = rng.choice([name for name in names if _plain(name) not in text])
    at = rng.randrange(len(one.names))
    return (*one.names[:at], foreign, *one.names[at + 1 :])


def wrong(one: Sentence, chemical: frozenset[str], rng: random.Random) -> tuple[str, ...]:
    """The sentence's names without one of them, or with another word of the sentence for it.

    The other word is in lower case none of `chemical`, and by its ending it may be a noun.
    """
    words = [
        word
        for word in dict.fromkeys(one.text.split())
        if word.isalpha()
        and len(word) > 3
        and word.casefold() not in chemical | ENGLISH_STOP_WORDS
        and not word.endswith(NOT_NOUNS)
    ]
    at = rng.randrange(len(one.names))
    left_out = len(one.names) > 1 and rng.random() < 0.5
    instead = () if left_out or not words else (rng.choice(words),)
    return (*one.names[:at], *instead, *one.names[at + 1 :])


def corrupted(
    train: Sequence[Sentence], names: Sequence[str], rng: random.Random
) -> list[Sentence]:
    """All sentences with a wrong label, in an order drawn: of the first N half are of either kind.

    `names` are those of all sentences that one may be taken from.
    """
    chemical = frozenset(word.casefold() for name in names for word in name.split())
    found = []
    for position, one in enumerate(rng.sample(train, len(train))):
        if position % 2:
            found.append(replace(one, names=wrong(one, chemical, rng), error="wrong"))
        else:
            found.append(replace(one, names=invented(one, names, rng), error="invented"))
    return found


def of_noise(wrongs: Sequence[Sentence], noise: str) -> Sequence[Sentence]:
    return wrongs[: 2 * round(float(noise) * len(wrongs) / 2)]


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def write_data(out: Path, bc5cdr: Path, train: int, test: int) -> list[Sentence]:
    """Write the domain, the documents and the replies of each share; return the wrong labels."""
    rng = random.Random(0)
    named = [one for one in sentences(bc5cdr / "train.tsv") if one.names]
    known = {one.text for one in named}
    unseen = [one for one in sentences(bc5cdr / "devel.tsv") if one.text not in known]
    drawn = {"train": rng.sample(named, train), "test": rng.sample(unseen, test)}
    names = sorted({name for one in named for name in one.names})
    wrongs = corrupted(drawn["train"], names, rng)
    write_json(out / "domain/domain.yaml", {"title": "Chemicals", "exam": {}})
    write_json(out / f"domain/tasks/{TASK}.yaml", TASK_FILE)
    splits = [(one, split) for split, of_split in drawn.items() for one in of_split]
    documents = ({"id": one.id, "text": one.text, "split": split} for one, split in splits)
    _write_lines(out / "documents.jsonl", documents)
    _write_lines(out / "corrupted.jsonl", map(asdict, wrongs))
    for noise in NOISE:
        labels = {one.id: one.names for one, _ in splits}
        labels |= {one.id: one.names for one in of_noise(wrongs, noise)}
        replies = (
            {"document": name, "task": TASK, "reply": json.dumps({LABEL: of_text})}
            for name, of_text in labels.items()
        )
        _write_lines(out / f"replies/{noise}.jsonl", replies)
    return wrongs


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def gold_passes(out: Path) -> bool:
    """Whether the checks object to no right label, so that the clean data are the same without."""
    task = load_tasks(out / "domain/tasks")[TASK]
    replies = [json.loads(line) for line in (out / "replies/0.jsonl").open(encoding="utf-8")]
    documents = [json.loads(line) for line in (out / "documents.jsonl").open(encoding="utf-8")]
    return not any(
        errors(task.check(task.read(reply["reply"]), Document(document["id"], document["text"])))
        for document, reply in zip(documents, replies, strict=True)
    )


def grid_of(seeds: int, *, same: bool) -> dict[str, Any]:
    """The grid; `same` leaves out the clean labels without checks."""
    teachers = {
        noise: {"teacher": {"kind": "recorded", "replies": f"replies/{noise}.jsonl"}}
        for noise in NOISE
    }
    ignored = {check: {"action": "ignore"} for check in get_args(CheckName)}
    return {
        "name": "label-noise",
        "recipe": {
            "domain": "domain",
            "documents": [{"path": "documents.jsonl", "tasks": [TASK], "language": "en"}],
            "near_duplicates": None,
            **teachers[NOISE[0]],
            "model": "smollm2-135m",
            "tuning": TUNING | {"probe": False},
            # The untuned model is a cell of its own.
            "evaluation": {"max_new_tokens": 64, "texts": False, "baseline": False},
        },
        "axes": {
            "noise": {NONE: None, **teachers},
            "checks": {"on": {"checks": {}}, "off": {"checks": ignored}},
            "seed": list(range(seeds)),
        },
        "exclude": [{"noise": [NONE, NOISE[0]] if same else [NONE], "checks": "off"}],
    }


@dataclass(frozen=True)
class Measured:
    """The parts of F1 of every test sentence, by group and seed, and each group's run folder."""

    parts: dict[Group, dict[str, Parts]]
    runs: dict[Group, Path]
    clusters: list[str]

    @classmethod
    def of(cls, folder: Path) -> Measured:
        cells = read_grid(folder).done
        runs = [open_side(cell.run, "after" if cell.tuned else "before") for cell in cells]
        common = common_examples(runs, [run.tasks[TASK, MEASURE] for run in runs])
        parts: dict[Group, dict[str, Parts]] = {}
        folders: dict[Group, Path] = {}
        for cell, of_cell in zip(cells, common.runs, strict=True):
            group = cell.axes["noise"], cell.axes["checks"]
            folders.setdefault(group, cell.run)
            parts.setdefault(group, {})[cell.axes.get("seed", "-")] = of_cell
        return cls(parts, folders, common.clusters)

    def joined(self, group: Group, seeds: Iterable[str]) -> tuple[list[float], list[float]]:
        """The parts of several seeds, one after another."""
        found = [self.parts[group][seed] for seed in seeds]
        return [n for above, _ in found for n in above], [n for _, below in found for n in below]

    def difference(self, first: Group, second: Group) -> RatioDifference | None:
        """Second less first, over the seeds that both have."""
        seeds = [seed for seed in self.parts.get(first, {}) if seed in self.parts[second]]
        sides = self.joined(first, seeds), self.joined(second, seeds)
        return ratio_difference(*sides, self.clusters * len(seeds)) if seeds else None


def scores(found: Measured, wrongs: Sequence[Sentence]) -> Iterator[str]:
    """The lines of the table of F1."""
    yield f"| noise | checks | left out | of the wrong | F1 by seed | F1 |\n|{'---|' * 6}"
    for group, by_seed in found.parts.items():
        above, below = found.joined(group, by_seed)
        low, high = ratio_interval(above, below, found.clusters * len(by_seed))
        single = " ".join(f"{sum(a) / sum(b):.3f}" for a, b in by_seed.values())
        pooled = f"{sum(above) / sum(below):.3f} [{low:.3f}, {high:.3f}]"
        left = ("-", "-") if group[0] == NONE else left_out(found.runs[group], group[0], wrongs)
        yield f"| {' | '.join((*group, *left, single, pooled))} |"


def left_out(run: Path, noise: str, wrongs: Sequence[Sentence]) -> tuple[str, str]:
    """How many training examples the checks left out, and how many of the wrong ones."""
    rows = pq.read_table(RunFolder(run).dataset / "rejected.parquet").to_pylist()
    rejected = {row["document"] for row in rows if row["outcome"] == "rejected"}
    every, wrong_ones = ({one.id for one in of} for of in (wrongs, of_noise(wrongs, noise)))
    of_wrong = f"{len(rejected & wrong_ones)} of {len(wrong_ones)}" if wrong_ones else "-"
    return f"{len(rejected & every)} of {len(every)}", of_wrong


def differences(found: Measured) -> Iterator[str]:
    """The lines of the table of differences: to clean labels, and by the checks."""
    clean = (NOISE[0], "on")
    pairs = [(clean, of) for of in found.parts if of[0] != NONE and of != clean]
    pairs += [((n, "off"), (n, "on")) for n in NOISE[1:] if (n, "on") in found.parts]
    compared = {pair: of for pair in pairs if (of := found.difference(*pair)) is not None}
    adjusted = holm([of.p for of in compared.values()])
    yield f"| compared | difference of F1 | p | p by Holm |\n|{'---|' * 4}"
    for (pair, of), p in zip(compared.items(), adjusted, strict=True):
        said = " less ".join(f"noise {noise}, checks {checks}" for noise, checks in reversed(pair))
        low, high = of.interval
        yield f"| {said} | {of.difference:+.3f} [{low:+.3f}, {high:+.3f}] | {of.p:.4f} | {p:.4f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bc5cdr", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    for name, default in (("--train", 240), ("--test", 120), ("--seeds", 3)):
        parser.add_argument(name, type=int, default=default)
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args()
    wrongs = write_data(options.out, options.bc5cdr, options.train, options.test)
    grid = options.out / "grid.yaml"
    write_json(grid, grid_of(options.seeds, same=gold_passes(options.out)))
    folder = options.out / "grid"
    result = chemtune.experiment_(grid, dry_run=options.dry_run, out=folder)
    if options.dry_run:
        show_estimate(result)
        return
    if result["done"]:
        found = Measured.of(folder)
        print("\n".join([*scores(found, wrongs), "", *differences(found)]))
        print(f"\n{len(set(found.clusters))} test sentences; the seeds are taken as given.")
    if result["failed"]:
        raise SystemExit(f"{result['failed']} cells failed; see {folder}/cells.json")


if __name__ == "__main__":
    main()
