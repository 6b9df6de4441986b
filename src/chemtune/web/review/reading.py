"""Reading: one reader at the page of review, and what each key and button does."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from urllib.parse import urlencode

from nicegui import background_tasks, run, ui
from nicegui.events import KeyEventArguments

from chemtune.checks.finding import Finding
from chemtune.dataset.review.filters import Filters
from chemtune.dataset.review.item import Item
from chemtune.dataset.review.review import Checked
from chemtune.dataset.review.store import Overtaken
from chemtune.web.review.answer_form import AnswerForm
from chemtune.web.review.decision_bar import FOCUS, KEYS, DecisionBar, show_keys
from chemtune.web.review.desk import Desk
from chemtune.web.review.document_view import DocumentView
from chemtune.web.review.filters_bar import VALUES, FiltersBar, filters_told
from chemtune.web.review.findings_view import FindingsView
from chemtune.web.review.overtaken import ask_which
from chemtune.web.review.queue_view import QueueView
from chemtune.web.review.sample_dialog import SampleDialog
from chemtune.web.site import Site
from chemtune.web.visitor import Visitor

STYLE = files("chemtune.web.review").joinpath("review.css").read_text(encoding="utf-8")


class Reading:
    """One reader at the page.

    Args:
        site: What all pages share.
        visitor: Who reads.
        filters: Which items are looked at, at first.
        item: The item to begin with, or "".
    """

    def __init__(self, site: Site, visitor: Visitor, filters: Filters, item: str) -> None:
        ui.add_css(STYLE)
        self._review, self._words = site.review, visitor.words
        self._desk = Desk(site.review, visitor.reviewer, filters)
        self._findings: list[Finding] = []
        self._checks = 0
        facets = site.review.facets(visitor.reviewer)
        self._filters = FiltersBar(self._words, facets, filters, self._narrow)
        self._progress_line()
        titles = {name: task.title for name, task in site.review.tasks.items()}
        with ui.element("div").classes("desk"):
            self._queue = QueueView(self._words, titles, self._take_up)
            self._document = DocumentView(self._words, self._from_document)
            self._answer_pane()
        self._samples = SampleDialog(self._words, site.review, self._desk, self._sampled)
        ui.keyboard(self._key, repeating=False, ignore=["input", "select", "textarea"])
        ui.run_javascript(FOCUS)
        self._desk.start(item)
        self._show()

    def _progress_line(self) -> None:
        words = self._words
        with ui.element("div").classes("progress-line"):
            self._bar = ui.linear_progress(0, show_value=False, size="6px").classes("progress")
            self._bar.props["aria-label"] = words("Decided")
            self._progress = ui.label().props('aria-live="polite"')
            ui.space()
            ui.button(words("Sample"), icon="casino", on_click=lambda: self._samples.open()).props(
                "flat dense no-caps"
            )
            ui.button(words("Keys"), icon="keyboard", on_click=lambda: show_keys(words)).props(
                "flat dense no-caps"
            )

    def _answer_pane(self) -> None:
        section = ui.element("section").classes("pane answer-pane")
        section.props["aria-label"] = self._words("Answer")
        with section:
            self._title = ui.label().classes("pane-title").props('role="heading" aria-level="2"')
            self._about = ui.label().classes("quiet")
            self._others = ui.element("div").classes("others")
            self._said = FindingsView(self._words, self._document.show_span)
            self._form = AnswerForm(
                self._words, self._edited, self._document.show_span, self._correct
            )
            self._decisions = DecisionBar(self._words, self._act)

    # What stands on the page

    def _show(self) -> None:
        item = self._desk.item
        self._queue.show(self._desk)
        self._show_progress()
        self._decisions.enable(item is not None)
        self._keep_address()
        if item is None:
            self._title.text = self._words("There is nothing to review here.")
            return
        mine = self._desk.decision
        corrected = mine.answer if mine and mine.decision == "corrected" else ""
        checked = self._review.checked(item.id, corrected or item.answer)
        self._findings = self._of(item, checked, is_own=bool(corrected))
        self._title.text = self._review.tasks[item.task].title
        self._about.text = self._said_of(item)
        self._document.show(item, self._findings)
        self._document.to_top()
        self._said.show(self._findings, checked.unreadable)
        task = self._review.tasks[item.task]
        self._form.show(task, corrected or item.answer, checked.answer, self._findings)
        self._decisions.show(mine, changed=False)
        self._show_others(item)

    def _of(self, item: Item, checked: Checked, *, is_own: bool) -> list[Finding]:
        """What is said of an answer; of the teacher's also what only the build could say."""
        if is_own:
            return checked.findings
        known = set(checked.findings)
        return [*checked.findings, *(f for f in item.findings if f not in known)]

    def _said_of(self, item: Item) -> str:
        words = self._words
        parts = [words("teacher: {name}", name=item.teacher) if item.teacher else ""]
        if item.status == "rejected":
            parts.append(words("rejected by the checks: {reason}", reason=item.reason))
        if item.agreement is not None:
            share = f"{item.agreement:.2f}"
            parts.append(words("a second teacher agrees to {share}", share=share))
        return " · ".join(part for part in parts if part)

    def _show_others(self, item: Item) -> None:
        """What other reviewers decided, where this one has decided too: before it would sway."""
        self._others.clear()
        if self._desk.decision is None or self._desk.decision.decision == "withdrawn":
            return
        latest = self._review.store.latest(item.id)
        with self._others:
            for reviewer, decision in latest.items():
                if reviewer == self._desk.reviewer or decision.decision not in VALUES:
                    continue
                said = self._words(VALUES[decision.decision])
                note = f" ({decision.note})" if decision.note else ""
                ui.label(f"{reviewer}: {said}{note}").classes("quiet")

    def _show_progress(self) -> None:
        decided, total = self._desk.progress()
        place = self._desk.place()
        self._bar.value = decided / total if total else 0
        said = self._words("{decided} of {total} decided", decided=decided, total=total)
        if place is not None:
            said += " · " + self._words("number {n}", n=place + 1)
        self._progress.text = said

    def _keep_address(self) -> None:
        """So that a page that is loaded again, or sent to a colleague, shows the same."""
        told = filters_told(self._desk.filters)
        if self._desk.item is not None:
            told["item"] = self._desk.item.id
        ui.navigate.history.replace(f"/review?{urlencode(told)}")

    # What the reader does

    def _act(self, action: str) -> None:
        """Do what a key or a button says."""
        if action in ("accepted", "rejected", "skipped"):
            self._decide(action)
        elif action == "corrected":
            self._correct()
        elif action == "undo":
            self._undo()
        elif action == "restore":
            self._show()
        elif action == "keys":
            show_keys(self._words)
        else:
            self._move(action)

    def _key(self, event: KeyEventArguments) -> None:
        if not event.action.keydown:
            return
        held = event.modifiers
        if (held.ctrl or held.meta) and event.key.enter:
            self._act("corrected")
        elif not (held.ctrl or held.meta or held.alt):
            action = KEYS.get(("Shift+" if held.shift else "") + event.key.code)
            if action:
                self._act(action)

    def _decide(self, decision: str, *, answer: str = "") -> None:
        if self._desk.item is None:
            return
        if self._form.is_changed and decision in ("accepted", "rejected"):
            self._warn(
                self._words("You changed the answer: save it (Ctrl+Enter) or take it back (Esc).")
            )
            return
        try:
            self._desk.decide(decision, answer=answer, note=self._decisions.note)
        except Overtaken as overtaken:
            ask_which(
                self._words, overtaken.latest, self._take_theirs, self._take_mine(decision, answer)
            )
            return
        self._show()

    def _correct(self) -> None:
        item = self._desk.item
        if item is None:
            return
        text = self._form.text
        checked = self._review.checked(item.id, text)
        if checked.answer is None:
            self._warn(self._words("The answer cannot be read: {why}", why=checked.unreadable))
            return
        if text.strip() == item.answer.strip():
            self._warn(self._words("Nothing is changed: accept it (A), or change a field."))
            return
        self._decide("corrected", answer=text)

    def _take_theirs(self) -> None:
        self._desk.open(self._desk.item.id if self._desk.item else None)
        self._show()

    def _take_mine(self, decision: str, answer: str) -> Callable[[], None]:
        def take() -> None:
            assert self._desk.item is not None
            self._desk.decision = self._review.store.latest(self._desk.item.id).get(
                self._desk.reviewer
            )
            self._desk.decide(decision, answer=answer, note=self._decisions.note)
            self._show()

        return take

    def _undo(self) -> None:
        undone = self._desk.undo()
        if undone is None:
            self._warn(self._words("There is nothing to undo."))
            return
        said = self._words(VALUES[undone.decision])
        ui.notify(self._words("Taken back: {decision}", decision=said), position="top")
        self._show()

    def _move(self, action: str) -> None:
        moved = self._desk.move(forward=action != "previous", with_findings=action == "findings")
        if not moved:
            self._warn(self._words("There is no further one."))
            return
        self._show()

    def _take_up(self, item_id: str) -> None:
        self._desk.open(item_id)
        self._show()

    def _narrow(self, filters: Filters) -> None:
        self._desk.narrow(filters)
        self._show()

    def _sampled(self, name: str) -> None:
        self._filters.refresh(self._review.facets(self._desk.reviewer))
        self._filters.choose("sample", name)

    def _from_document(self, number: int) -> None:
        """A span was clicked: set it off, with everything of its finding."""
        self._document.show_span(number)
        if number < len(self._findings):
            finding = self._findings[number]
            how = f" ({finding.how})" if finding.how else ""
            ui.notify(f"{finding.field}: {finding.value}{how}", timeout=2500, position="top")

    def _edited(self) -> None:
        """Look at an answer that was changed, when the typing pauses."""
        self._decisions.show(self._desk.decision, changed=self._form.is_changed)
        self._checks += 1
        if self._desk.item is not None:
            background_tasks.create(self._check(self._desk.item, self._form.text, self._checks))

    async def _check(self, item: Item, text: str, number: int) -> None:
        checked = await run.io_bound(self._review.checked, item.id, text)
        # Another answer, or another item, may stand here by now.
        if checked is None or number != self._checks or self._desk.item is not item:
            return
        self._findings = checked.findings
        self._said.show(self._findings, checked.unreadable)
        self._document.show(item, self._findings)

    def _warn(self, said: str) -> None:
        ui.notify(said, type="warning", position="top")
