"""The data set in the formats of other trainers: Alpaca and ShareGPT."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal, TextIO

from chemtune.dataset.example import Example
from chemtune.files import write_json, written_whole

Format = Literal["alpaca", "sharegpt"]
ROLES = {"user": "human", "assistant": "gpt"}


def alpaca(example: Example) -> dict[str, str]:
    """Return an example as Alpaca has it: `instruction`, `input`, `output`, and `system`.

    The whole prompt is the instruction: trainers put the input after it, and the document would no
    longer come first.
    """
    system = next((m["content"] for m in example.messages if m["role"] == "system"), "")
    prompt = "\n".join(m["content"] for m in example.messages if m["role"] == "user")
    return {"instruction": prompt, "input": "", "output": example.answer, "system": system}


def sharegpt(example: Example) -> dict[str, Any]:
    """Return an example as ShareGPT has it: `conversations` of `from` and `value`, and `system`."""
    system = next((m["content"] for m in example.messages if m["role"] == "system"), "")
    turns = [m for m in example.messages if m["role"] != "system"]
    turns.append({"role": "assistant", "content": example.answer})
    said = [{"from": ROLES[turn["role"]], "value": turn["content"]} for turn in turns]
    return {"conversations": said, "system": system}


class FormatWriter:
    """Takes examples one at a time, for each format that is wanted; made by `formats_written`."""

    def __init__(self, files: dict[Format, TextIO]) -> None:
        self._files = files

    def write(self, example: Example) -> None:
        """Write one example as a line of each format."""
        for name, file in self._files.items():
            row = alpaca(example) if name == "alpaca" else sharegpt(example)
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


@contextmanager
def formats_written(folder: Path, split: str, formats: Sequence[Format]) -> Iterator[FormatWriter]:
    """Yield a writer of `SPLIT.FORMAT.jsonl` files that take their places when the block ends."""
    with ExitStack() as stack:
        files: dict[Format, TextIO] = {}
        for name in formats:
            path = stack.enter_context(written_whole(folder / f"{split}.{name}.jsonl"))
            files[name] = stack.enter_context(path.open("w", encoding="utf-8"))
        yield FormatWriter(files)


def write_info(folder: Path, splits: Sequence[str], formats: Sequence[Format]) -> None:
    """Write `dataset_info.json`, by which LLaMA-Factory finds the files and their columns."""
    columns: dict[Format, dict[str, Any]] = {
        "alpaca": {
            "columns": {
                "prompt": "instruction", "query": "input", "response": "output",
                "system": "system",
            }
        },
        "sharegpt": {
            "formatting": "sharegpt",
            "columns": {"messages": "conversations", "system": "system"},
            "tags": {
                "role_tag": "from", "content_tag": "value", "user_tag": "human",
                "assistant_tag": "gpt",
            },
        },
    }  # fmt: skip
    info = {
        f"{split}_{name}": {"file_name": f"{split}.{name}.jsonl", **columns[name]}
        for name in formats
        for split in splits
    }
    write_json(folder / "dataset_info.json", info)
