"""How near `chemtune experiment --dry-run` comes: a cell's estimate beside what it then takes.

    python benchmarks/estimate.py GRID --only CELL [--only CELL ...]
    python benchmarks/estimate.py grids/medium.yaml --only mine--total--0 --random FOLDER

The cells are run in a folder that is thrown away, so each is estimated by measurement alone. With
`--random` they start from a model of Qwen3-1.7B's shape (1.7 billion parameters in bfloat16) with
random weights, which is made for it with the tokenizer in FOLDER: it runs as any of its size does,
but for its answers, which rarely come to an end. `--share 8` divides the numbers of the grid
(documents, questions, texts, examples of a mixture) by 8, so that a cell takes minutes.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

import chemtune
from chemtune.files import write_text

GIB = 2**30
# Qwen3-1.7B as its configuration tells it.
SHAPE = {
    "vocab_size": 151936,
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 40960,
    "tie_word_embeddings": True,
    "bos_token_id": 151643,
    "eos_token_id": 151645,
}
# Of a grid what the time grows with.
COUNTS = ("documents", "limit")


def random_model(tokenizer: Path, out: Path) -> None:
    """Write a model with random weights and the tokenizer of `tokenizer`."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    Qwen3ForCausalLM(Qwen3Config(**SHAPE)).save_pretrained(out)
    torch.set_default_dtype(torch.float32)
    for path in tokenizer.iterdir():
        shutil.copy(path, out)


def smaller(value: Any, share: int, *, counted: bool = False) -> Any:
    """The part of a grid with every count divided by `share`, and sets without one limited."""
    if isinstance(value, list):
        return [smaller(one, share) for one in value]
    if isinstance(value, Mapping):
        made = {
            name: _divided(one, share)
            if isinstance(one, int) and not isinstance(one, bool) and (counted or name in COUNTS)
            else smaller(one, share, counted=name == "count")
            for name, one in value.items()
        }
        is_set = {"name", "path"} <= made.keys()
        return made | {"limit": made.get("limit", _divided(96, share))} if is_set else made
    return value


def _divided(count: int, share: int) -> int:
    return max(1, round(count / share))


def prepared(grid: Path, tokenizer: Path | None, share: int, folder: Path) -> Path:
    """The grid to run: as it is, or made smaller and started from a random model."""
    if tokenizer is None and share == 1:
        return grid
    content = yaml.safe_load(grid.read_text(encoding="utf-8"))
    content = smaller(content, share) if share > 1 else content
    if tokenizer is not None:
        random_model(tokenizer, folder / "model")
        for changes in content["axes"]["start"].values():
            changes["model"] = str(folder / "model")
    made = folder / grid.name
    write_text(made, yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    return made


def told(estimated: Mapping[str, Any], taken: Mapping[str, Any]) -> list[str]:
    """The lines of a cell's table."""
    rows = [("all", estimated["wall_s"], taken["wall_s"])]
    rows += [(name, s, taken["seconds"].get(name)) for name, s in estimated["seconds"].items()]
    lines = [f"\n{estimated['id']}", f"{'':8} {'estimated':>10} {'taken':>10}  ratio"]
    for name, before, after in rows:
        if after:
            lines.append(f"{name:8} {before:8.0f} s {after:8.0f} s  {before / after:5.2f}")
    before, after = (row["memory_bytes"] for row in (estimated, taken))
    lines.append(
        f"{'memory':8} {before / GIB:6.2f} GiB {after / GIB:6.2f} GiB  {before / after:5.2f}"
    )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("grid", type=Path)
    parser.add_argument("--only", action="append", default=[], required=True)
    parser.add_argument("--random", type=Path, metavar="FOLDER")
    parser.add_argument("--share", type=int, default=1)
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        grid = prepared(options.grid, options.random, options.share, folder)
        how = {"only": options.only, "out": folder / "out"}
        estimated = chemtune.experiment_(grid, dry_run=True, **how)["cells"]
        chemtune.experiment_(grid, **how)
        # A cell that is done tells what it took, in the place of an estimate.
        taken = chemtune.experiment_(grid, dry_run=True, **how)["cells"]
    for before, after in zip(estimated, taken, strict=True):
        print("\n".join(told(before, after)))


if __name__ == "__main__":
    main()
