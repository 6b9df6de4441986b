from __future__ import annotations

import pytest

from chemtune.dataset.example import Example
from chemtune.domains import find_domain
from chemtune.errors import InputError
from chemtune.recipe.schema import Mixture
from chemtune.tasks.load import load_tasks
from chemtune.tuning.epoch import epoch_of

LENGTHS = {"a": 10, "b": 40, "c": 100}


def examples(**counts: int) -> list[Example]:
    common = {"split": "train", "messages": [], "answer": "", "language": "en", "source": ""}
    return [
        Example(document_id=f"{i}", document=f"d{i}", task=task, licence="", teacher="", **common)
        for task, count in counts.items()
        for i in range(count)
    ]


def counted(mixture: Mixture | None) -> dict[str, int]:
    presets = {"few": {"a": 2, "b": 50}}
    chosen = epoch_of(examples(a=16, b=4, c=3), mixture, presets, lambda e: LENGTHS[e.task])
    return {task: sum(e.task == task for e in chosen) for task in "abc"}


def test_each_way(capsys: pytest.CaptureFixture[str]) -> None:
    assert counted(None) == {"a": 16, "b": 4, "c": 3}
    assert counted(Mixture(times={"a": 0.5, "b": 2})) == {"a": 8, "b": 8, "c": 0}
    assert counted(Mixture(share={"a": 1, "c": 1}, total=8)) == {"a": 4, "b": 0, "c": 4}
    assert counted(Mixture(temperature=1)) == {"a": 16, "b": 4, "c": 3}
    assert not capsys.readouterr().err
    assert counted(Mixture(count={"a": 3, "b": 3})) == {"a": 3, "b": 3, "c": 0}
    assert counted(Mixture(preset="few")) == {"a": 2, "b": 4, "c": 0}
    assert "asks for 50 examples of b; there are 4" in capsys.readouterr().err


def test_shares_of_tokens() -> None:
    # There are 160 tokens of a and 300 of c.
    assert counted(Mixture(share={"a": 1, "c": 1}, by="tokens")) == {"a": 23, "b": 0, "c": 2}
    found = counted(Mixture(share={"a": 1, "b": 3}, by="tokens", total=400))
    assert found == {"a": 10, "b": 8, "c": 0}
    assert counted(Mixture(share={"c": 1}, by="tokens", total=30))["c"] == 1


def test_faults() -> None:
    with pytest.raises(InputError, match=r"no mixture 'few-'.*did you mean 'few'"):
        counted(Mixture(preset="few-"))
    with pytest.raises(InputError, match="takes no example: it names d, and there are 16 of a"):
        counted(Mixture(times={"d": 1}))
    with pytest.raises(ValueError, match="not times and count"):
        Mixture(times={"a": 1}, count={"a": 1})
    with pytest.raises(ValueError, match="none is given"):
        Mixture(total=3)
    with pytest.raises(ValueError, match="total goes with share or temperature, not with count"):
        Mixture(count={"a": 1}, total=3)
    with pytest.raises(ValueError, match="by: tokens goes with share, not with count"):
        Mixture(count={"a": 1}, by="tokens")


def test_the_papers_mixtures() -> None:
    """The counts of its table 6."""
    domain = find_domain("chemistry")
    total = domain.mixtures["paper-total"]
    assert set(total) <= set(load_tasks(domain.task_folder))
    assert sum(total.values()) == 30776 + 1345 + 4035 + 3510 + 6269 + 150 + 255 + 12280
    assert domain.mixtures["paper-english"] | domain.mixtures["paper-korean"] == total
