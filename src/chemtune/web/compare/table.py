"""One reader's table: what is chosen, who is answering, and what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any

from nicegui import background_tasks, events, ui

from chemtune.errors import ChemtuneError
from chemtune.teachers.teacher import Request
from chemtune.use.opened import Which
from chemtune.use.side_by_side.bench import Bench, Heard, request_of
from chemtune.use.side_by_side.held_out import Case
from chemtune.use.side_by_side.models import WHICH, Wish
from chemtune.use.side_by_side.saying import Said, say_all
from chemtune.web.compare.chooser import Chooser
from chemtune.web.compare.column import Column
from chemtune.web.compare.reference import Reference
from chemtune.web.words import Words

TEACHER = "teacher"
# A connection that is lost is mostly there again at once; a tab that was closed never.
LOST_S = 3.0


class Table:
    """The page's middle.

    Args:
        words: The reader's words.
        bench: The run's models, documents and teachers.
    """

    def __init__(self, words: Words, bench: Bench) -> None:
        self._words, self._bench = words, bench
        self._case: Case | None = None
        self._said: Said | None = None
        self._asking: asyncio.Task[None] | None = None
        # What belongs to an earlier document or prompt is not shown any more.
        self._turn = 0
        self._client = ui.context.client
        who = {
            "untuned": words("Untuned model"),
            "tuned": words("Tuned model"),
            TEACHER: words("Teacher"),
        }
        self._who = who
        with ui.element("div").classes("compare") as middle:
            self._chooser = Chooser(words, self._choose)
            with ui.element("div").classes("compare-bar"):
                ui.button(words("Ask"), icon="play_arrow", on_click=self.ask).props("no-caps")
                stop = ui.button(words("Stop"), icon="stop", on_click=self.stop)
                stop.props("no-caps outline")
                hint = words("Ctrl+Enter: ask · Esc: stop · N, P: next and previous document")
                ui.label(hint).classes("quiet")
            self._status = (
                ui.label().classes("compare-status").props("role=status aria-live=polite")
            )
            with ui.expansion(words("The prompt")).classes("w-full") as self._shown:
                self._prompt = ui.label().classes("compare-text").props("tabindex=0")
                self._prompt.props["aria-label"] = words("The prompt")
            with ui.element("div").classes("compare-columns"):
                self._columns = {name: Column(words, title) for name, title in who.items()}
            self._reference = Reference(words, who)
        # Before the control that has the focus, which may take Enter for itself.
        middle.on("keydown.ctrl.enter.capture.stop.prevent", self.ask)
        middle.on("keydown.escape", self.stop)
        ui.keyboard(self._key, repeating=False, ignore=["input", "select", "textarea"])
        self._client.on_disconnect(self._lost)
        self._client.on_delete(self.stop)

    async def open(self, item: str) -> None:
        """Look the held-out documents up, and choose one."""
        self._status.set_text(self._words("Looking up the held-out documents…"))
        try:
            held_out = await asyncio.to_thread(self._bench.held_out)
        except ChemtuneError as error:
            self._status.set_text(str(error))
            return
        if held_out.places:
            self._chooser.offer(held_out, item)
        else:
            self._status.set_text(self._words("This run holds no document out."))

    def ask(self) -> None:
        """Let both models answer."""
        if self._asking is not None and not self._asking.done():
            return
        wish = self._wish()
        if wish is None:
            self._status.set_text(self._words("There is nothing to ask yet."))
            return
        if self._case is None:
            self._turn += 1
        self._asking = background_tasks.create(self._ask(wish, self._turn), name="compare")

    def stop(self) -> None:
        """Stop all answers."""
        if self._asking is None or self._asking.done():
            return
        self._asking.cancel()
        self._asking = None
        said = self._said
        if said is not None:
            self._columns[said.which].show_stopped(said)
        self._status.set_text(self._words("Stopped"))

    def _wish(self) -> Wish | None:
        if self._chooser.own:
            return self._chooser.own_wish()
        if self._case is None:
            return None
        return Wish(self._case.messages, task=self._case.job.task.name)

    async def _ask(self, wish: Wish, turn: int) -> None:
        words = self._words
        for which in WHICH:
            self._reference.forget(which)
            self._columns[which].clear(self._note(which))
        if self._case is None:
            self._later(self._hear(request_of(None, wish), turn))
        self._said = None
        async with aclosing(say_all(self._bench.models, wish)) as changes:
            async for said in changes:
                if said is not self._said or said.state == "answering":
                    self._status.set_text(words("{who} is at work…", who=self._who[said.which]))
                self._said = said
                self._columns[said.which].show(said)
                if said.state == "done":
                    self._later(self._judge(said.which, said.text, turn))
        self._said = None
        self._status.set_text(words("Done"))

    def _choose(self) -> None:
        """Begin anew with what is chosen now."""
        self.stop()
        self._turn += 1
        self._case = None
        for which in WHICH:
            self._columns[which].clear(self._note(which))
        self._columns[TEACHER].clear()
        self._reference.clear()
        self._status.set_text("")
        self._shown.set_visibility(not self._chooser.own)
        if not self._chooser.own:
            self._later(self._open_case(self._turn))

    async def _open_case(self, turn: int) -> None:
        place, task = self._chooser.place, self._chooser.task
        if place is None:
            return
        try:
            held_out = await asyncio.to_thread(self._bench.held_out)
            case = await asyncio.to_thread(held_out.case, task, place)
        except ChemtuneError as error:
            self._status.set_text(str(error))
            return
        if turn != self._turn:
            return
        self._case = case
        self._prompt.set_text("\n\n".join(message["content"] for message in case.messages))
        self._reference.show(case)
        await self._hear(case.job.request(), turn)

    async def _hear(self, request: Request, turn: int) -> None:
        """Show what the teacher said, or what asking it takes."""
        case = self._case
        heard = await asyncio.to_thread(self._bench.heard, case, request)
        if turn == self._turn:
            self._show_heard(heard, request, self._words("From the journal"))
            await self._judge_teacher(heard, turn)

    async def _ask_teacher(self, request: Request, turn: int) -> None:
        self._columns[TEACHER].clear(self._words("Asking the teacher…"))
        self._status.set_text(self._words("Asking the teacher…"))
        heard = await asyncio.to_thread(self._bench.ask_teacher, self._case, request)
        if turn == self._turn:
            self._show_heard(heard, request, self._words("Asked now; the journal keeps it"))
            self._status.set_text(self._words("Done"))
            await self._judge_teacher(heard, turn)

    def _show_heard(self, heard: Heard, request: Request, note: str) -> None:
        column, turn = self._columns[TEACHER], self._turn
        if heard.by_document:
            column.clear(self._words("The document brings its answer; no teacher is asked."))
        elif heard.reply is not None:
            column.show_reply(heard.reply, note)
        elif heard.offer is not None:
            column.show_offer(heard.offer, lambda: self._later(self._ask_teacher(request, turn)))
        else:
            column.show_fault(heard)

    async def _judge_teacher(self, heard: Heard, turn: int) -> None:
        if heard.reply is not None:
            await self._judge(TEACHER, heard.reply.text, turn)

    async def _judge(self, who: str, text: str, turn: int) -> None:
        """Show what the parser and the checks say; of prompts of one's own they say nothing."""
        if self._case is None or turn != self._turn:
            return
        verdict = await asyncio.to_thread(self._bench.judge, self._case, text)
        if turn == self._turn:
            self._columns[who].judge(verdict)
            self._reference.score(who, verdict.agreement)

    def _note(self, which: Which) -> str:
        """What stands in the place of an answer before there is one."""
        if self._bench.models.there[which]:
            return self._words("Not asked yet")
        if which == "tuned":
            return self._words("This run is not tuned yet: `chemtune tune` does that.")
        return self._words("All weights were tuned: there is no adapter to switch off.")

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        background_tasks.create(work, name="compare", context=self._client)

    def _key(self, event: events.KeyEventArguments) -> None:
        if not event.action.keydown or event.modifiers.alt or event.modifiers.meta:
            return
        if event.key.enter and event.modifiers.ctrl:
            self.ask()
        elif event.key.escape:
            self.stop()
        elif not event.modifiers.ctrl and event.key.name in ("n", "p"):
            self._chooser.step(1 if event.key.name == "n" else -1)

    async def _lost(self) -> None:
        await asyncio.sleep(LOST_S)
        if not self._client.has_socket_connection:
            self.stop()
