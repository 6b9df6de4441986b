from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chemtune.evaluation.predictions import PredictionFile
from chemtune.evaluation.scorecard import score_questions
from chemtune.files import write_json

from ..conftest import MARKUP, FakeRun, make_example

LETTERS = "ABCD"
SETS = {"MMLU": ("en", ("high school",)), "Exams": ("ko", ("high school", "college"))}
GENERAL = "History"
# How often each cell is right, by language; every letter else is drawn.
SKILLS = {"none": (0.3, 0.3), "english": (0.8, 0.3), "korean": (0.3, 0.8)}
Rows = list[dict[str, Any]]


def answered(name: str, count: int, skill: float, seed: int) -> Rows:
    """Rows of a question set as `ask_questions` makes them, with cyclic orders."""
    language, levels = SETS.get(name, ("en", ("",)))
    keys = np.random.default_rng(7).integers(0, 4, count).tolist()
    generator = np.random.default_rng(seed)
    rows = []
    for at, key in enumerate(keys):
        picks = [
            int(key) if generator.random() < skill else int(generator.integers(0, 4))
            for _ in range(4)
        ]
        rows.append(
            {
                "id": f"q{at}",
                "key": LETTERS[key],
                "chosen": LETTERS[picks[0]],
                "status": "answered",
                "correct": picks[0] == key,
                "language": language,
                "level": levels[at % len(levels)] or None,
                "orders": [LETTERS[pick] for pick in picks],
            }
        )
    return rows


class FakeCell(FakeRun):
    """A cell's run folder, filled by the writers that a real one uses."""

    def asked(self, side: str, sets: dict[str, Rows], readable: int) -> None:
        """Evaluate a side: these question sets, and so many readable answers of each task."""
        numbers = {e.id: int(e.document_id, 16) for e in self.examples}
        self.evaluate(
            side, {e.id: e.answer if numbers[e.id] < readable else MARKUP for e in self.examples}
        )
        for name, rows in sets.items():
            file = PredictionFile(self.folder.evaluation / side / f"questions-{name}.jsonl")
            file.append(rows)
            card = {**score_questions(rows), "identity": "q", "predictions": file.path.name}
            self.scores[side]["questions"][name] = card | {"general": name == GENERAL}
        write_json(self.folder.evaluation / "scores.json", self.scores)


def fill_cell(path: Path, mixture: str, seed: int, count: int) -> None:
    """An untuned model ("none") or one tuned on a mixture."""
    cell = FakeCell(path)
    train = [make_example("keyword_extraction", 100 + i, "train") for i in range(3)]
    train += [make_example("summarization_translation", 200 + i, "train") for i in range(2)]
    cell.build([*train, *(make_example("keyword_extraction", i) for i in range(8))])
    tokens = {e.id: 400 if e.language == "ko" else 100 for e in train}
    path.joinpath("tokens").mkdir()
    table = pa.table(
        {
            "example": list(tokens),
            "ids": [list(range(n)) for n in tokens.values()],
            "answer_start": [n - 20 for n in tokens.values()],
        }
    )
    pq.write_table(table, path / "tokens/train.parquet")
    english, korean = SKILLS[mixture]
    sets = {
        "MMLU": answered("MMLU", count, english, 10 + seed),
        "Exams": answered("Exams", count, korean, 20 + seed),
        GENERAL: answered(GENERAL, count, 0.3, 30 + seed),
    }
    if mixture == "none":
        cell.asked("before", sets, readable=2)
        return
    cell.tune(probe_loss=[[0, 3.0], [4, 3.4]])
    cell.asked("after", sets, readable=7)


def make_grid(
    folder: Path,
    starts: tuple[str, ...] = ("small", "large"),
    seeds: tuple[int, ...] = (0, 1),
    count: int = 60,
    done: Callable[[str], bool] = lambda _: True,
) -> Path:
    """A grid's folder: models, each as it is and tuned on two mixtures; they answer alike."""
    cells = []
    for start in starts:
        for mixture in SKILLS:
            for seed in seeds if mixture != "none" else (0,):
                axes: dict[str, Any] = {"start": start, "mixture": mixture}
                if mixture != "none":
                    axes["seed"] = seed
                name = "--".join(map(str, axes.values()))
                if done(name) and start == starts[0]:
                    fill_cell(folder / "cells" / name, mixture, seed, count)
                elif done(name):
                    same = name.replace(start, starts[0], 1)
                    shutil.copytree(folder / "cells" / same, folder / "cells" / name)
                cells.append(
                    {
                        "id": name,
                        "axes": axes,
                        "state": "done" if done(name) else "failed",
                        "why": "" if done(name) else f"out of memory {MARKUP}",
                        "run": f"cells/{name}",
                        "own_start": f"{start}--none",
                        "tuned": mixture != "none",
                        "wall_s": 61.0 if done(name) else None,
                        "peak_memory_bytes": 2**30 if done(name) else None,
                        "tokens": 1000 if mixture != "none" and done(name) else None,
                    }
                )
    axes_of = {"start": list(starts), "mixture": list(SKILLS), "seed": list(seeds)}
    write_json(folder / "cells.json", {"grid": "fake", "axes": axes_of, "cells": cells})
    return folder


@pytest.fixture(scope="session")
def whole_grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished grid of two models and two seeds, shared by the tests that only read it."""
    return make_grid(tmp_path_factory.mktemp("grid") / "whole")
