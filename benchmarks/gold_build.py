"""`build --gold` on two corpora: gold as recorded replies, with one kind of error at a time.

    python benchmarks/gold_build.py --bc5cdr FILE.tsv --sofc FOLDER

BC5CDR is put to the task of named entities; SOFC-Exp to a task of property records that is written
for it here: cells with their power density, voltage and so on, each with its temperature where the
frame has one. For every kind of error a data set is built whose replies hold one such error each,
wherever one can be made, and is compared with the untouched gold. Shown are the answers that differ
from the gold and were rejected, with Wilson's 95% interval, and F1 of the field that suffers most,
of all answers and of those that the checks accepted. An error that leaves the answer equal to the
gold, or whose string stands in the passage as well, is no error and is not counted.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gold as strings

from chemtune.dataset.build import build
from chemtune.documents.document import Document

Answer = dict[str, Any]
UNIT = re.compile(r"\d[\d.,± ]*[^\W\d]|\d[\d.,± ]*%")
Change = Callable[[Answer, str, random.Random], Answer | None]
PROPERTIES = {
    "power_density": ("PD", "power density", ["maximum power density", "peak power density"],
                      ["W/cm2", "mW cm-2"]),
    "open_circuit_voltage": ("OCV", "open circuit voltage", ["open-circuit voltage"], ["V", "mV"]),
    "resistance": ("R", "resistance", ["polarization resistance", "ASR"], ["ohm cm2", "ohm"]),
    "current_density": ("J", "current density", [], ["A/cm2", "mA cm-2"]),
    "conductivity": ("S", "conductivity", ["electrical conductivity"], ["S/cm"]),
    "thickness": ("T", "thickness", [], ["um", "nm", "mm"]),
}  # fmt: skip
CELL = ("device", "electrolyte_material", "cathode_material", "anode_material")
TASK = """\
kind: records
title: Cells
instruction: "Extract the values of each cell: {synonyms}. Do not extract: {stop}. JSON."
group: CELLS
stop: [degradation rate, working temperature, fuel flow]
properties:
"""


def cells(folder: Path) -> Iterator[tuple[Document, Answer]]:
    """Passages of six sentences with the frames that stand in them whole."""
    for file in sorted((folder / "annotations/frames").glob("*.csv")):
        text = (folder / "texts" / f"{file.stem}.txt").read_text(encoding="utf-8")
        sentences = [
            [int(cell) for cell in line.split("\t")[-2:]]
            for line in (folder / "annotations/sentences" / file.name).read_text().splitlines()
        ]
        spans, frames = {}, []
        for line in file.read_text(encoding="utf-8").splitlines():
            cell = line.split("\t")
            if cell[0] == "SPAN":
                origin = sentences[int(cell[3]) - 1][0]
                spans[cell[1]] = (origin + int(cell[4]), origin + int(cell[5]))
            elif cell[0] == "EXPERIMENT":
                frames.append(defaultdict(list))
            elif cell[0] == "" and len(cell) > 2:
                frames[-1][cell[1]].append(cell[2])
        for first in range(0, len(sentences), strings.SENTENCES):
            inside = sentences[first : first + strings.SENTENCES]
            begin, end = inside[0][0], inside[-1][1]
            gold: dict[str, dict[str, list[str]]] = {}
            for frame in frames:
                of_frame = [spans[s] for slot in frame.values() for s in slot if s in spans]
                if not of_frame or min(of_frame)[0] < begin or max(e for _, e in of_frame) > end:
                    continue

                said = {
                    slot: [" ".join(text[slice(*spans[s])].split()) for s in of_slot]
                    for slot, of_slot in frame.items()
                    if all(s in spans for s in of_slot)
                }
                name = next((n for slot in CELL for n in said.get(slot, [])), None)
                heat = said.get("working_temperature", [])
                for slot, (key, *_) in PROPERTIES.items():
                    for value in said.get(slot, []) if name else []:
                        whole = f"{value} at {heat[0]}" if len(heat) == 1 else value
                        values = gold.setdefault(str(name), {}).setdefault(key, [])
                        # Of a list the gold may hold the number alone; the task wants units.
                        if UNIT.match(value) and whole not in values:
                            values.append(whole)
            gold = {name: {k: v for k, v in values.items() if v} for name, values in gold.items()}
            gold = {name: values for name, values in gold.items() if values}
            if gold:
                yield Document(f"{file.stem}-{first}", text[begin:end]), {"CELLS": gold}


def places(answer: Answer) -> list[tuple[str, str, int]]:
    return [
        (cell, key, i)
        for cell, values in answer["CELLS"].items()
        for key, listed in values.items()
        for i in range(len(listed))
    ]


def value_by(change: Callable[[str, random.Random], str | None]) -> Change:
    def changed(answer: Answer, text: str, rng: random.Random) -> Answer | None:
        for cell, key, i in rng.sample(places(answer), len(places(answer))):
            value, at, heat = answer["CELLS"][cell][key][i].partition(" at ")
            new = change(value, rng)
            if new is not None and new not in text:
                answer["CELLS"][cell][key][i] = new + at + heat
                return answer
        return None

    return changed


def moved(answer: Answer, text: str, rng: random.Random) -> Answer | None:
    """A value under another property, in place of that one's."""
    del text
    pairs = [(a, b) for a in places(answer) for b in places(answer) if a[1] != b[1]]
    if not pairs:
        return None
    (cell, key, i), (other, name, j) = rng.choice(pairs)
    answer["CELLS"][cell][key][i] = answer["CELLS"][other][name][j]
    return answer


def of_another_cell(answer: Answer, text: str, rng: random.Random) -> Answer | None:
    """The same property's values of two cells swapped."""
    del text
    pairs = [(a, b) for a in places(answer) for b in places(answer) if a[0] < b[0] and a[1] == b[1]]
    if not pairs:
        return None
    (cell, key, i), (other, _, j) = rng.choice(pairs)
    one, two = answer["CELLS"][cell][key], answer["CELLS"][other][key]
    one[i], two[j] = two[j], one[i]
    return answer


def other_heat(answer: Answer, text: str, rng: random.Random) -> Answer | None:
    """A value at another temperature of the passage."""
    heats = set(re.findall(r"\d{3,4} ?°C", text))
    for cell, key, i in rng.sample(places(answer), len(places(answer))):
        value, at, heat = answer["CELLS"][cell][key][i].partition(" at ")
        others = sorted(h for h in heats if h.split("°")[0].strip() not in heat)
        if at and others:
            answer["CELLS"][cell][key][i] = f"{value} at {rng.choice(others)}"
            return answer
    return None


def other_name(answer: Answer, text: str, rng: random.Random) -> Answer | None:
    del text
    cell = rng.choice(sorted(answer["CELLS"]))
    answer["CELLS"][cell + " nanosheets"] = answer["CELLS"].pop(cell)
    return answer


def left_out(answer: Answer, text: str, rng: random.Random) -> Answer | None:
    del text
    if len(places(answer)) < 2:
        return None
    cell, key, _ = rng.choice(places(answer))
    if len(answer["CELLS"][cell]) < 2:
        return None
    del answer["CELLS"][cell][key]
    return answer


RECORD_ERRORS: dict[str, Change] = {
    "none": lambda answer, text, rng: answer,
    "a digit changed": value_by(strings.change_digit),
    "another unit": value_by(strings.other_unit),
    "moved to another property": moved,
    "at another temperature": other_heat,
    "of another cell": of_another_cell,
    "a word added to a name": other_name,
    "a property left out": left_out,
}


def name_by(change: Callable[[str, random.Random], str | None]) -> Change:
    def changed(answer: Answer, text: str, rng: random.Random) -> Answer | None:
        names = answer["chemical"]
        for i in rng.sample(range(len(names)), len(names)):
            new = change(names[i], rng)
            if new is not None and new not in text:
                names[i] = new
                return answer
        return None

    return changed


NAME_ERRORS: dict[str, Change] = {
    "none": lambda answer, text, rng: answer,
    "a digit changed": name_by(strings.change_digit),
    "a letter changed": name_by(strings.change_letter),
    "a word added": name_by(strings.longer),
    "a name left out": lambda answer, text, rng: (
        answer | {"chemical": answer["chemical"][1:]} if len(answer["chemical"]) > 1 else None
    ),
}


def measure(
    corpus: str, task: str, passages: list[tuple[Document, Answer]], kinds: dict[str, Change]
) -> None:
    print(f"{corpus}: {len(passages)} passages, task {task}")
    for kind, change in kinds.items():
        rng = random.Random(0)
        with tempfile.TemporaryDirectory() as folder:
            result = _built(Path(folder), task, passages, change, rng)
        caught = next(iter(result["gold"]["caught"]), None)
        if caught is None:
            continue
        of_all, of_accepted = (
            {r["field"]: r for r in result["gold"]["fields"] if r["accepted"] is accepted}
            for accepted in (False, True)
        )
        field = min(of_all, key=lambda name: of_all[name]["f1"])
        after = of_accepted.get(field, {"f1": float("nan")})
        low, high = caught["wrong_interval"]
        wrong = f"{caught['wrong_rejected']} of {caught['wrong']} [{low:.3f}, {high:.3f}]"
        right = f"{caught['right_rejected']} of {caught['right']}"
        print(
            f"  {kind:26} rejected {wrong if caught['wrong'] else '-':28} "
            f"right ones rejected {right:12} "
            f"{field}: F1 {of_all[field]['f1']:.3f} -> {after['f1']:.3f}"
        )


def _built(
    folder: Path,
    task: str,
    passages: list[tuple[Document, Answer]],
    change: Change,
    rng: random.Random,
) -> dict[str, Any]:
    tasks = folder / "domain/tasks"
    tasks.mkdir(parents=True)
    (folder / "domain/domain.yaml").write_text("title: Gold\nexam: {}\n", encoding="utf-8")
    rows = [
        f"  {key}: {json.dumps({'title': title, 'synonyms': names, 'units': units})}\n"
        for key, title, names, units in PROPERTIES.values()
    ]
    (tasks / "cells.yaml").write_text(TASK + "".join(rows), encoding="utf-8")
    shipped = Path(build.__code__.co_filename).parents[1] / "domains/chemistry/tasks"
    text = (shipped / "named_entities.yaml").read_text(encoding="utf-8")
    (tasks / "named_entities.yaml").write_text(text, encoding="utf-8")
    documents, gold, replies = [], [], []
    for document, answer in passages:
        # One in five stays as it is, so that what the checks do with right answers shows as well.
        spared = rng.random() < 0.2
        wrong = None if spared else change(json.loads(json.dumps(answer)), document.text, rng)
        wrong = answer if wrong is None else wrong
        documents.append({"id": document.name, "text": document.text, "split": "train"})
        named = {"document": document.name, "task": task}
        gold.append({**named, "reply": json.dumps(answer)})
        replies.append({**named, "reply": json.dumps(wrong)})
    for name, lines in (("documents", documents), ("gold", gold), ("replies", replies)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    source = {"path": "documents.jsonl", "tasks": [task], "language": "en", "max_characters": 99999}
    recipe = {
        "domain": "domain",
        "documents": [source],
        "near_duplicates": None,
        "teacher": {"kind": "recorded", "replies": "replies.jsonl"},
    }
    (folder / "recipe.yaml").write_text(json.dumps(recipe), encoding="utf-8")
    with contextlib.redirect_stderr(io.StringIO()):
        return build(folder / "recipe.yaml", gold=folder / "gold.jsonl")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bc5cdr", type=Path)
    parser.add_argument("--sofc", type=Path)
    options = parser.parse_args()
    if options.bc5cdr:
        empty = {"chemical": [], "material": [], "property": [], "value": []}
        passages = [(d, empty | g) for d, g in strings.bc5cdr(options.bc5cdr) if g["chemical"]]
        measure("BC5CDR", "named_entities", passages, NAME_ERRORS)
    if options.sofc:
        measure("SOFC-Exp", "cells", list(cells(options.sofc)), RECORD_ERRORS)


if __name__ == "__main__":
    main()
