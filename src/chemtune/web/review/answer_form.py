"""The answer of an item, as a form that can be changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from chemtune.checks.finding import Finding
from chemtune.tasks.records import Records
from chemtune.tasks.task import Answer, Task
from chemtune.web.review.form import Field, Group, answer_of, empty_group, form_of, said_of
from chemtune.web.words import Words

# Typing is looked at when it pauses for so long, in milliseconds.
PAUSE_MS = 400
# A field that is left gives out what was typed last; only then is the answer saved.
ON_KEY = """(event) => {
  if (event.isComposing) return;
  if (event.key === "Escape") { event.target.blur(); event.stopPropagation(); }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    // Outside a field the same keys save too, and the field is left now.
    event.stopPropagation();
    event.target.blur();
    setTimeout(() => emit(), 50);
  }
}"""


class AnswerForm:
    """An answer's fields; or its text, where it cannot be read or the reader prefers it.

    Args:
        words: The reader's words.
        changed: Called when the reader has changed something.
        chosen: Told the number of a finding whose span is to be shown.
        save: Called by Ctrl+Enter in a field.
    """

    def __init__(
        self,
        words: Words,
        changed: Callable[[], None],
        chosen: Callable[[int], None],
        save: Callable[[], None],
    ) -> None:
        self._words, self._changed, self._chosen = words, changed, chosen
        self._task: Task | None = None
        self._groups: list[Group] = []
        self._findings: Sequence[Finding] = ()
        self._text, self._as_text, self._before = "", True, ""
        self._box = ui.element("div").classes("answer-form")
        self._box.on("keydown", lambda _: save(), js_handler=ON_KEY)

    @property
    def text(self) -> str:
        """The answer as the form has it, as the task writes it."""
        if self._as_text or self._task is None:
            return self._text
        return self._task.render(answer_of(self._task, self._groups))

    @property
    def is_changed(self) -> bool:
        """Whether it is another answer than the one that was shown."""
        return self.text.strip() != self._before.strip()

    def show(
        self, task: Task, text: str, answer: Answer | None, findings: Sequence[Finding]
    ) -> None:
        """Show an answer; `answer` is None where its text cannot be read."""
        self._task, self._text, self._findings = task, text, findings
        self._as_text = answer is None
        self._groups = form_of(task, answer) if answer is not None else []
        self._before = self.text
        self._draw()

    def _draw(self) -> None:
        self._box.clear()
        with self._box:
            if self._as_text:
                self._text_area()
                return
            for group in self._groups:
                self._group(group)
            if isinstance(self._task, Records):
                ui.button(self._words("Add a material"), icon="add", on_click=self._add).props(
                    "flat dense no-caps"
                )

    def _text_area(self) -> None:
        def keep(text: str) -> None:
            self._text = text
            self._changed()

        label = self._words("Answer as text")
        area = ui.textarea(label, value=self._text, on_change=lambda e: keep(e.value or ""))
        area.props(f"outlined autogrow debounce={PAUSE_MS}").classes("field-input")

    def _group(self, group: Group) -> None:
        if not group.kind:
            for one in group.fields:
                self._field(one, one.key)
            return
        with ui.element("fieldset").classes("group"):
            with ui.element("div").classes("group-head"):
                name = ui.input(
                    group.kind, value=group.name, on_change=lambda e: self._rename(group, e.value)
                ).props(f"outlined dense debounce={PAUSE_MS}")
                name.classes("field-input")
                supports = [
                    n
                    for n in said_of(self._findings, group.kind)
                    if self._findings[n].value == group.name
                ]
                self._span_button(supports, group.kind)
                remove = ui.button(icon="delete", on_click=lambda: self._remove(group))
                remove.props("flat dense round")
                remove.props["aria-label"] = self._words("Remove {name}", name=group.name)
            for one in group.fields:
                self._field(one, one.key)

    def _field(self, one: Field, label: str) -> None:
        def keep(value: str) -> None:
            one.value = value
            self._changed()

        about = said_of(self._findings, one.name)
        with ui.element("div").classes("field"):
            shown = f"{label} · {self._words('one a line')}" if one.listed else label
            made: ui.input | ui.select
            if one.options:
                options = list(dict.fromkeys([*one.options, one.value]))
                made = ui.select(
                    options, label=shown, value=one.value, on_change=lambda e: keep(e.value or "")
                ).props("outlined dense")
            else:
                made = ui.textarea(
                    shown, value=one.value, on_change=lambda e: keep(e.value or "")
                ).props(f"outlined dense autogrow debounce={PAUSE_MS}")
            made.classes("field-input")
            self._span_button(about, label)
        for number in about:
            finding = self._findings[number]
            if finding.severity != "grounded":
                said = f"{finding.value!r} {finding.message}" if finding.value else finding.message
                ui.label(said).classes(f"field-finding {finding.severity}")

    def _span_button(self, about: Sequence[int], label: str) -> None:
        """A button that shows where the document supports a field: its spans in turn."""
        spans = [n for n in about if self._findings[n].start is not None]
        if not spans:
            return
        turn = iter(range(len(spans) * 1000))

        def show_next() -> None:
            self._chosen(spans[next(turn, 0) % len(spans)])

        button = ui.button(icon="my_location", on_click=show_next).props("flat dense round")
        words = self._words("Show {field} in the document ({n})", field=label, n=len(spans))
        button.props["aria-label"] = words
        button.tooltip(words)

    def _rename(self, group: Group, name: str | None) -> None:
        group.name = name or ""
        self._changed()

    def _add(self) -> None:
        assert isinstance(self._task, Records)
        self._groups.append(empty_group(self._task))
        self._draw()

    def _remove(self, group: Group) -> None:
        self._groups.remove(group)
        self._draw()
        self._changed()
