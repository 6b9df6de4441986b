"""Finding a domain: one that ships with chemtune, or a folder of the user's own."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from chemtune.errors import InputError, Problem, nearest
from chemtune.recipe.located import LocatedYaml

HERE = Path(__file__).parent


class ExamWording(BaseModel):
    """How a multiple-choice question is put in one language.

    Attributes:
        header: Stands before everything; `{subject}` is filled in.
        answer: Stands before an answer whose likelihood is scored.
        ask: What is asked for where an answer is generated.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    header: str
    answer: str
    ask: str = "Reply with the label of the right option alone."


class Benchmark(BaseModel):
    """A known set of multiple-choice questions, at the hub.

    Attributes:
        hub: The data set's name.
        config: Its configuration.
        split: The split that is asked.
        shots_split: The split that solved questions are taken from.
        level: Such as "college", or "".
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    hub: str
    config: str
    split: str = "test"
    shots_split: str = "dev"
    level: str = ""


class JudgeWording(BaseModel):
    """How a judge is asked whether an answer is right."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    template: str = Field(description="with {prompt} and {answer}; asks for a JSON verdict")

    @field_validator("template")
    @classmethod
    def _whole(cls, template: str) -> str:
        missing = [place for place in ("{prompt}", "{answer}") if place not in template]
        if missing:
            raise ValueError(f"lacks {' and '.join(missing)}")
        return template


class DomainFile(BaseModel):
    """What stands in a domain's `domain.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    tasks: str = "tasks"
    probe: str | None = None
    texts: dict[str, str] = Field(default_factory=dict)
    exam: dict[str, ExamWording]
    mixtures: dict[str, dict[str, int]] = Field(default_factory=dict)
    judge: JudgeWording | None = None
    sources: dict[str, dict[str, str]] = Field(default_factory=dict)
    benchmarks: dict[str, Benchmark] = Field(default_factory=dict)


class Domain:
    """A domain: its folder and what its `domain.yaml` says."""

    def __init__(self, folder: Path) -> None:
        """Read the domain in `folder`.

        Raises:
            InputError: There is no `domain.yaml`, or it has faults.
        """
        self.folder = folder
        self.name = folder.name
        file: DomainFile = LocatedYaml(folder / "domain.yaml").read_as(DomainFile)
        self.title, self.exam, self.mixtures = file.title, file.exam, file.mixtures
        self.judge, self.sources = file.judge, file.sources
        self.benchmarks = file.benchmarks
        self.task_folder = folder / file.tasks
        self.probe = folder / file.probe if file.probe else None
        self.texts = {name: folder / path for name, path in file.texts.items()}


def find_domain(name: str, base: Path | None = None) -> Domain:
    """Return the domain `name`: one of chemtune's, or a folder relative to `base`.

    Raises:
        InputError: There is no such domain.
    """
    shipped = sorted(p.parent.name for p in HERE.glob("*/domain.yaml"))
    if name in shipped:
        return Domain(HERE / name)
    folder = (base or Path.cwd()) / name
    if (folder / "domain.yaml").is_file():
        return Domain(folder)
    message = f"unknown domain {name!r}: neither a shipped one nor a folder with a domain.yaml"
    raise InputError(Problem(message, field="domain", remedy=nearest(name, shipped)))
