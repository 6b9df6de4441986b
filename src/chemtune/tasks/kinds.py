"""The kinds of task there are, told apart by `kind` in a domain's YAML."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chemtune.tasks.answer import FreeAnswer
from chemtune.tasks.choice import Choice
from chemtune.tasks.classification import Classification
from chemtune.tasks.entities import Entities
from chemtune.tasks.keywords import Keywords
from chemtune.tasks.questions import Questions
from chemtune.tasks.records import Records
from chemtune.tasks.slots import Slots
from chemtune.tasks.summary_names import SummaryNames
from chemtune.tasks.task import Task

AnyTask = Annotated[
    SummaryNames
    | Questions
    | Slots
    | Records
    | Keywords
    | FreeAnswer
    | Choice
    | Entities
    | Classification,
    Field(discriminator="kind"),
]
__all__ = ["AnyTask", "Task"]
