"""Column: what one of the three says, and what is said of it."""

from __future__ import annotations

import time
from collections.abc import Callable

from nicegui import ui

from chemtune.checks.finding import Finding
from chemtune.teachers.teacher import Reply
from chemtune.use.side_by_side.bench import Heard
from chemtune.use.side_by_side.saying import Said
from chemtune.use.side_by_side.teachers import Offer
from chemtune.use.side_by_side.verdict import Verdict
from chemtune.web.words import Words, marked

SEVERITY = {"error": marked("Error"), "warning": marked("Warning")}
# A text is sent whole whenever it is shown.
PAUSE_S = 0.1
MOST_FINDINGS = 20


class Column:
    """One column.

    Args:
        words: The reader's words.
        title: Who answers, in the reader's language.
    """

    def __init__(self, words: Words, title: str) -> None:
        self._words = words
        self._shown = 0.0
        with ui.element("section").classes("compare-column") as section:
            section.props["aria-label"] = title
            with ui.element("h2"):
                ui.label(title)
            self._state = ui.label().classes("quiet")
            self._text = ui.label().classes("compare-text").props("translate=no tabindex=0")
            self._text.props["aria-label"] = words("What {who} says", who=title)
            self._counts = ui.label().classes("quiet")
            self._verdict = ui.element("div")
            self._offer = ui.element("div")
        self.clear()

    def clear(self, note: str = "") -> None:
        """Show nothing but a note."""
        self._state.set_text(note)
        self._set_text("")
        self._counts.set_text("")
        self._verdict.clear()
        self._offer.clear()

    def show(self, said: Said) -> None:
        """Show an answer as far as it has come."""
        growing = said.state == "answering"
        if growing and time.monotonic() - self._shown < PAUSE_S:
            return
        self._shown = time.monotonic()
        self._state.set_text(self._state_of(said))
        self._set_text(said.text)
        if said.tokens:
            self._counts.set_text(self._counts_of(said))

    def show_stopped(self, said: Said) -> None:
        """Show an answer that the reader stopped."""
        self._set_text(said.text)
        self._state.set_text(self._words("Stopped"))
        self._counts.set_text(self._counts_of(said) if said.tokens else "")

    def show_reply(self, reply: Reply, note: str) -> None:
        """Show a teacher's reply."""
        words = self._words
        self.clear(note)
        self._set_text(reply.text)
        counts = [reply.model]
        if reply.completion_tokens is not None:
            counts.append(words("{tokens} tokens", tokens=reply.completion_tokens))
        if reply.finish_reason == "length":
            counts.append(words("cut off"))
        self._counts.set_text(" · ".join(counts))

    def show_offer(self, offer: Offer, ask: Callable[[], None]) -> None:
        """Offer to ask a teacher, where it answers while one waits."""
        words = self._words
        if offer.kind == "none":
            self.clear(words("This run has no teacher."))
        elif offer.kind == "recorded":
            self.clear(words("There is no recorded reply of this teacher."))
        elif offer.kind == "batch":
            self.clear(words("This teacher answers in batches; `chemtune build` asks it."))
        else:
            self.clear(words("{name} has not been asked this yet.", name=offer.name))
            with self._offer:
                ui.button(words("Ask the teacher"), on_click=ask).props("no-caps outline")
                ui.label(self._cost_of(offer)).classes("quiet")

    def show_fault(self, heard: Heard) -> None:
        """Show why there is nothing of a teacher."""
        self.clear(heard.fault)

    def judge(self, verdict: Verdict) -> None:
        """Show what the parser and the checks say."""
        words = self._words
        self._verdict.clear()
        with self._verdict:
            if verdict.unreadable:
                said = words("Not readable: {why}", why=verdict.unreadable)
                ui.label(said).classes("compare-bad")
                return
            if verdict.rejected:
                said = words("Readable; the checks reject it, or a part of it")
                ui.label(said).classes("compare-bad")
            else:
                ui.label(words("Readable; the checks accept it")).classes("compare-good")
            if verdict.grounded:
                said = words("Values that stand in the document: {n}", n=verdict.grounded)
                ui.label(said).classes("quiet")
            if verdict.findings:
                self._list(verdict.findings)

    def _list(self, findings: tuple[Finding, ...]) -> None:
        with ui.element("ul").classes("compare-findings"):
            for finding in findings[:MOST_FINDINGS]:
                with ui.element("li").classes(finding.severity):
                    ui.label(self._words(SEVERITY[finding.severity])).classes("severity")
                    place = " ".join(part for part in (finding.field, finding.value) if part)
                    ui.label(f"{place}: {finding.message}" if place else finding.message)
        more = len(findings) - MOST_FINDINGS
        if more > 0:
            ui.label(self._words("and {n} more", n=more)).classes("quiet")

    def _set_text(self, text: str) -> None:
        self._text.set_text(text)
        self._text.set_visibility(bool(text))

    def _state_of(self, said: Said) -> str:
        words = self._words
        if said.state == "loading":
            return words("The model is being read into memory…")
        if said.state == "waiting" and said.ahead:
            return words("Waiting; answers before this one: {n}", n=said.ahead)
        if said.state == "waiting":
            return words("Reading the prompt…")
        if said.state == "answering":
            return words("Answering…")
        if said.state == "failed":
            return words("Failed: {why}", why=said.error)
        if said.finish == "length":
            return words("Cut off after {n} tokens", n=said.tokens)
        return words("Done") if said.finish == "stop" else words("Stopped")

    def _counts_of(self, said: Said) -> str:
        return self._words(
            "{tokens} tokens · {rate} tokens/s · {seconds} s",
            tokens=said.tokens,
            rate=f"{said.tokens_per_second:.1f}",
            seconds=f"{said.seconds:.1f}",
        )

    def _cost_of(self, offer: Offer) -> str:
        words = self._words
        if offer.most_usd is None:
            return words("Its price is not known.")
        if not offer.most_usd:
            return words("It costs nothing.")
        return words("It costs {usd} US dollars at most.", usd=f"{offer.most_usd:.2g}")
