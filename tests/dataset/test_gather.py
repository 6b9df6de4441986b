from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chemtune.dataset.gather import Bought, gather
from chemtune.teachers.endpoint import EndpointTeacher
from chemtune.teachers.journal import Journal
from chemtune.teachers.prices import Price
from chemtune.teachers.teacher import Request

if TYPE_CHECKING:
    from chat_server import ChatServer


def test_the_cost_is_that_of_this_run_alone(server: ChatServer, tmp_path: Path) -> None:
    requests = [Request("t", str(n), ({"role": "user", "content": str(n)},)) for n in range(30)]
    teacher = EndpointTeacher(server.url, "m", api_key=None)
    with Journal(tmp_path / "journal.sqlite") as journal:
        bought = Bought(teacher, journal, Price(1.0, 2.0))
        first = gather(bought, requests[:10], 10)
        # Another process that shares the journal.
        journal.note_spending("other", 5.0, None)
        second = gather(bought, requests, 30)
        assert journal.spent_usd() == pytest.approx(5.0 + 30 * 13e-6)
    assert first.cost_usd == pytest.approx(10 * 13e-6)
    assert second.cost_usd == pytest.approx(20 * 13e-6)
    assert (first + second).cost_usd == pytest.approx(30 * 13e-6)
