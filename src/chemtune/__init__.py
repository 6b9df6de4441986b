"""chemtune: from a team's chemistry documents to a chemistry-specialized bilingual LLM.

Each command of the command line is a function here: `chemtune.build(recipe)` and so on. They are
loaded when they are first used, so that `import chemtune` is quick.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_FUNCTIONS = {
    "apply": "chemtune.use.apply",
    "average": "chemtune.experiment.average_runs",
    "build": "chemtune.dataset.build",
    "chat": "chemtune.use.chat",
    "compare": "chemtune.experiment.compare_runs",
    "demo": "chemtune.experiment.run",
    "doctor": "chemtune.experiment.doctor.doctor",
    "evaluate": "chemtune.evaluation.evaluate",
    "evaluate_questions": "chemtune.evaluation.evaluate_questions",
    "experiment_": "chemtune.experiment.grid.runner",
    "export": "chemtune.experiment.export",
    "init": "chemtune.experiment.begin",
    "preview": "chemtune.dataset.build",
    "report": "chemtune.experiment.report",
    "review": "chemtune.web.serve",
    "run": "chemtune.experiment.run",
    "serve": "chemtune.use.serve",
    "tune": "chemtune.tuning.tune",
}
__all__ = ["__version__", *_FUNCTIONS]


def __getattr__(name: str) -> Any:
    if name not in _FUNCTIONS:
        raise AttributeError(f"module 'chemtune' has no attribute {name!r}")
    return getattr(importlib.import_module(_FUNCTIONS[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
