"""Evaluation by several processes: each answers its share, and all get every row.

torchrun starts the processes; they write to files of their own beside the one that is wanted, and
the first puts the rows together. A row does not depend on who computed it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from chemtune.evaluation.predictions import PredictionFile
from chemtune.tuning.processes import is_main, rank, wait_for_all, world_size


class Identified(Protocol):
    """What is answered has an id."""

    @property
    def id(self) -> str:
        """Unique in its set."""
        ...


Asked = TypeVar("Asked", bound=Identified)
Answering = Callable[[Sequence[Asked], PredictionFile], list[dict[str, Any]]]


def in_shares(
    asked: Sequence[Asked], file: PredictionFile, answer: Answering[Asked]
) -> list[dict[str, Any]]:
    """Let `answer` fill `file` with a row for each of `asked`; return them in their order.

    Args:
        asked: What is to be answered, the same in every process.
        file: Where the rows are kept; with several processes the first one writes it.
        answer: Answers those of its argument that the file beside it does not hold.
    """
    if world_size() == 1:
        return answer(asked, file)
    _join()
    _collect(file)
    wanted = [one for one in asked if one.id not in file.rows]
    number, count = rank(), world_size()
    own = wanted[number * len(wanted) // count : (number + 1) * len(wanted) // count]
    part = PredictionFile(file.path.with_suffix(f".part{number}"))
    answer(own, part)
    wait_for_all()
    _collect(file)
    return [file.rows[one.id] for one in asked]


def _join() -> None:
    import torch.distributed

    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("gloo")


def _collect(file: PredictionFile) -> None:
    """Put the rows of all parts, also of an interrupted run, into the file; all processes do."""
    if is_main():
        for path in sorted(file.path.parent.glob(f"{file.path.stem}.part*")):
            rows = PredictionFile(path).rows
            file.append(row for name, row in rows.items() if name not in file.rows)
            path.unlink()
    wait_for_all()
    file.rows.update(PredictionFile(file.path).rows)
    # Nobody writes a part again before all have read.
    wait_for_all()
