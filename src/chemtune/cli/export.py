"""`chemtune export`: the tuned model for other programs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from chemtune.cli.shared import AsJson, OutFolder, RunPath, give_out

NAME = "export"
SHOWN = 60


class Target(StrEnum):
    """What the export is for."""

    hf = "hf"
    gguf = "gguf"
    ollama = "ollama"


def command(
    run: RunPath,
    to: Annotated[
        Target, typer.Option("--to", help="A folder of transformers, llama.cpp's file, or Ollama.")
    ] = Target.hf,
    quantize: Annotated[
        str | None,
        typer.Option(
            "--quantize",
            help="How weights are stored. hf: float32, bfloat16, float16 (as the base has them); "
            "gguf: f16, q8_0, q4_k_m, bf16, f32 (f16); ollama: the same (q8_0).",
        ),
    ] = None,
    as_json: AsJson = False,
    out: OutFolder = None,
) -> None:
    """Merge the adapter and write the model; checked to answer as the adapter did."""
    from chemtune.experiment.export import export

    give_out(export(run, to.value, quantize=quantize, out=out), as_json, show)


def show(result: dict[str, Any]) -> None:
    """Show what was written, and the answers that differ."""
    check = result["check"]
    noise = "not measured" if check["noise"] is None else f"{check['noise']:.2g} logits"
    print(
        f"Export: {result['to']}, {result['stored']}, {result['bytes'] / 2**20:.0f} MiB; "
        f"{check['alike']} of {check['prompts']} answers the same as the adapter's, "
        f"noise {noise}  ({result['export']})"
    )
    if result["untied"]:
        print("  Embeddings and output, one matrix in the base, are two: the adapter changes one.")
    for one in check["differences"]:
        print(
            f"  prompt {one['prompt'] + 1}, token {one['token'] + 1}: {one['adapter']!r} became "
            f"{one['export']!r}; {one['gap']:.2g} logits apart, "
            f"{check['tolerance']:.2g} are explained by {result['stored']}"
        )
        print(f"    adapter: {_short(one['adapter_answer'])}")
        print(f"    export:  {_short(one['export_answer'])}")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
