"""A very short summary, and the chemical compounds that the text mentions."""

from __future__ import annotations

import json
import re
from typing import Literal

from chemtune.checks.finding import Finding
from chemtune.checks.grounding import GroundText, ground
from chemtune.checks.names import check_names
from chemtune.checks.wording import check_wording
from chemtune.documents.document import Document
from chemtune.tasks.aspects import Aspect, Names, Prose
from chemtune.tasks.reading import distinct, excerpt, find_value
from chemtune.tasks.task import Answer, Task, Unreadable

# "**Summary:**" is how some models write a heading.
NAMES = re.compile(r"(?:\*\*)?Chemnames(?:\*\*)?\s*:(?:\s*\*\*)?\s*", re.I)
SUMMARY = re.compile(
    rf"Summary(?:\*\*)?\s*:(?:\s*\*\*)?\s*+(?!{NAMES.pattern})(?P<summary>.+?)\s*(?:\n|{NAMES.pattern}|$)",
    re.DOTALL | re.I,
)


class SummaryNames(Task):
    """Answers `Summary: ...` and, on a line of its own, `Chemnames: {0: "...", 1: "..."}`."""

    kind: Literal["summary_names"]
    max_words: int = 40

    def read(self, reply: str) -> Answer:
        """Read the summary and the numbered names; see `Task.read`."""
        summary, names = SUMMARY.search(reply), NAMES.search(reply)
        if summary is None:
            raise Unreadable(f"holds no 'Summary:': {excerpt(reply)}")
        if names is None:
            raise Unreadable(f"holds no 'Chemnames:': {excerpt(reply)}")
        rest = reply[names.end() :]
        found = find_value(rest, "[" if rest.startswith("[") else "{")
        values = list(found.values()) if isinstance(found, dict) else found
        return {"summary": summary["summary"].strip(), "names": distinct(values)}

    def departures(self, reply: str) -> str:
        """What is not two lines in the form asked for; see `Task.departures`."""
        lines = [line for line in reply.strip().splitlines() if line.strip()]
        whole = len(lines) == 2 and lines[0].startswith("Summary: ")
        strict = whole and lines[1].startswith("Chemnames: {") and lines[1].rstrip().endswith("}")
        return "" if strict else "the two lines were found among other text, or written otherwise"

    def check(self, answer: Answer, document: Document) -> list[Finding]:
        """The summary is a short text in the task's language; every name stands in the document.

        A name that nothing speaks for is a warning.
        """
        text = GroundText.of(document.content)
        findings = check_wording(
            "summary", answer["summary"], language=self.language, max_words=self.max_words
        )
        findings += [ground(text, "names", name) for name in answer["names"]]
        return findings + check_names("names", answer["names"])

    def without(self, answer: Answer, finding: Finding) -> Answer | None:
        """The answer without a name; see `Task.without`."""
        if finding.field != "names":
            return None
        return answer | {"names": [name for name in answer["names"] if name != finding.value]}

    def render(self, answer: Answer) -> str:
        """Write the two lines."""
        pairs = (f"{i}: {json.dumps(n, ensure_ascii=False)}" for i, n in enumerate(answer["names"]))
        return f"Summary: {answer['summary']}\nChemnames: {{{', '.join(pairs)}}}"

    def scored(self, answer: Answer) -> tuple[Aspect, ...]:
        """The names and the summary."""
        names = Names("names", {"names": tuple(answer["names"])})
        return names, Prose("summary", answer["summary"], "summary")
