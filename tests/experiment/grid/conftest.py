from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EPOCHS = {"tuning.epochs": 1}
AXES: dict[str, Any] = {
    "mixture": {
        "none": None,
        "keywords": {"tuning.mixture": {"times": {"keyword_extraction": 1}}},
        "answers": {"tuning.mixture": {"times": {"question_answering_short": 1}}},
    },
    "seed": [0, 1],
}


@pytest.fixture
def make_grid(make_run: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a grid over a small recipe; its results go to `out` beside it."""

    def make(**changes: Any) -> Path:
        base = make_run()
        grid = {"name": "small", "base": base.name, "axes": AXES} | changes
        path = tmp_path / "grid.yaml"
        path.write_text(json.dumps(grid, indent=1, ensure_ascii=False), encoding="utf-8")
        return path

    return make
