"""A very short summary, and the chemical compounds that the text mentions."""

from __future__ import annotations

import json
import re
from typing import Literal

from chemtune.checks.finding import Finding
from chemtune.checks.grounding import GroundText, ground
from chemtune.checks.wording import check_wording
from chemtune.documents.document import Document
from chemtune.tasks.reading import distinct, excerpt, find_value
from chemtune.tasks.task import Answer, Scored, Task, Unreadable, fold

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

    def check(self, answer: Answer, document: Document) -> list[Finding]:
        """The summary is a short text in the task's language; every name stands in the document."""
        text = GroundText.of(document.content)
        findings = check_wording(
            "summary", answer["summary"], language=self.language, max_words=self.max_words
        )
        return findings + [ground(text, "names", name) for name in answer["names"]]

    def render(self, answer: Answer) -> str:
        """Write the two lines."""
        pairs = (f"{i}: {json.dumps(n, ensure_ascii=False)}" for i, n in enumerate(answer["names"]))
        return f"Summary: {answer['summary']}\nChemnames: {{{', '.join(pairs)}}}"

    def scored(self, answer: Answer) -> Scored:
        """F1 of the names, similarity of the summary."""
        names = frozenset(fold(name) for name in answer["names"])
        return Scored({"names": names}, {"summary": answer["summary"]})
