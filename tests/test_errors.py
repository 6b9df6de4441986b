from __future__ import annotations

from chemtune.errors import SHOWN, InputError, Problem


def test_of_many_faults_the_first_are_told_and_the_rest_counted() -> None:
    problems = [Problem(f"fault {i}", "a.jsonl", i) for i in range(1, SHOWN + 3)]
    lines = InputError(*problems).told().splitlines()
    assert lines[:2] == ["a.jsonl:1: fault 1", "a.jsonl:2: fault 2"]
    assert len(lines) == SHOWN + 1
    assert lines[-1] == "and 2 more like these"
    assert (
        InputError(*problems[:SHOWN]).told().splitlines()[-1] == f"a.jsonl:{SHOWN}: fault {SHOWN}"
    )
    # A program that catches it has all of them.
    assert len(str(InputError(*problems)).splitlines()) == len(problems)
