"""A tuned model for other programs: transformers, llama.cpp, Ollama; checked to answer alike."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from chemtune.errors import ChemtuneError, InputError, Problem
from chemtune.experiment.model_card import licence_of, write_model_card
from chemtune.experiment.results import Results, read_results
from chemtune.experiment.same_answers import Sameness, compare_answers
from chemtune.files import write_json, write_text
from chemtune.messages import Message
from chemtune.models.identity import weights_identity
from chemtune.models.load import Student, is_tuned, load_student
from chemtune.models.resolve import ModelFiles, resolve_model
from chemtune.progress import say
from chemtune.recipe.run_folder import RunFolder

if TYPE_CHECKING:
    from chemtune.experiment.export_answers import Answer

Target = Literal["hf", "gguf", "ollama"]
# How weights can be stored, the default first; None is the base model's own precision.
KINDS: dict[str, tuple[str | None, ...]] = {
    "hf": (None, "float32", "bfloat16", "float16"),
    "gguf": ("f16", "q8_0", "q4_k_m", "bf16", "f32"),
    "ollama": ("q8_0", "q4_k_m", "f16", "bf16", "f32"),
}
RECORD = "export.json"
PROMPTS = 20
NEW_TOKENS = 64


def export(
    run: Path | str,
    to: Target = "hf",
    *,
    quantize: str | None = None,
    out: Path | str | None = None,
) -> dict[str, Any]:
    """Merge a run's adapter into its base model, write it, and check that it answers alike.

    Args:
        run: A run's folder, tuned; or its recipe.
        to: "hf" (a folder of transformers), "gguf" (a file of llama.cpp) or "ollama" (the same
            with a Modelfile).
        quantize: How weights are stored: of hf "float32", "bfloat16" or "float16", by default as
            the base model has them; else "f16" (default of gguf), "q8_0" (default of ollama),
            "q4_k_m", "bf16" or "f32".
        out: The folder to write; `export/TO` or `export/TO-QUANTIZE` of the run by default.

    Returns:
        `export` (the folder), `files`, `to`, `stored`, `bytes` (of all files), `untied` (whether
        embeddings and output have become two matrices), `check` (see `Sameness`), `identity` (of
        base and adapter) and `wall_s`. The folder holds them as `export.json`, and a model card.

    Raises:
        InputError: The run is not tuned, its model cannot be written so, or the folder holds
            something else.
        ChemtuneError: The export does not answer as the adapter does, beyond what its precision
            explains; it is left in the folder for a look.
    """
    started = time.monotonic()
    results = read_results(run)
    stored = _check(results.folder, to, quantize)
    folder = (
        Path(out)
        if out
        else results.folder.path / "export" / "-".join(filter(None, (to, quantize)))
    )
    _check_out(folder)
    files = resolve_model(results.recipe.model, results.recipe.folder)
    prompts = _prompts(results)
    student = load_student(files, precision="float32", adapter=results.folder.adapter)
    prompts = _fitting(student, prompts)[:PROMPTS]
    name = results.recipe.name
    with _written_folder(folder) as place:
        say(f"Merging the adapter ({student.files.name})")
        stored, untied = _write(student, place, to, stored, name, licence_of(results))
        del student
        answers = _answers(place, to, files, prompts)
        # Loaded again: merging has changed the first one, and two at once need twice the memory.
        reference = load_student(files, precision="float32", adapter=results.folder.adapter)
        check = compare_answers(reference, prompts, answers, precision=stored, limit=NEW_TOKENS)
        write_model_card(place / "README.md", results, check, stored)
        result = {
            "export": str(folder),
            "files": [*sorted(path.name for path in place.iterdir()), RECORD],
            "to": to,
            "stored": stored,
            "bytes": sum(path.stat().st_size for path in place.iterdir()),
            "untied": untied,
            "check": check.as_dict(),
            "identity": [weights_identity(files.folder), weights_identity(results.folder.adapter)],
            "wall_s": round(time.monotonic() - started, 1),
        }
        write_json(place / RECORD, result)
    if not check.passed:
        raise ChemtuneError(_verdict(check, folder))
    return result


def _check(folder: RunFolder, to: str, quantize: str | None) -> str | None:
    """Check what can be checked before anything is loaded; return how weights are stored."""
    from chemtune.experiment.export_answers import check_llama
    from chemtune.tuning.gguf_quantize import MIXED, check_quantizer

    if to not in KINDS:
        raise InputError(Problem(f"{to!r}", field="--to", remedy=f"one of {', '.join(KINDS)}"))
    if quantize is not None and quantize not in KINDS[to]:
        known = ", ".join(kind for kind in KINDS[to] if kind)
        raise InputError(
            Problem(f"{quantize!r} is none of {to}'s", field="--quantize", remedy=f"one of {known}")
        )
    if not is_tuned(folder.adapter):
        raise InputError(Problem("no such adapter", folder.adapter, remedy="run `chemtune tune`"))
    stored = quantize or KINDS[to][0]
    if to != "hf":
        check_llama()
    if stored == MIXED:
        check_quantizer()
    return stored


def _check_out(folder: Path) -> None:
    if folder.is_file() or (
        folder.is_dir() and any(folder.iterdir()) and not (folder / RECORD).is_file()
    ):
        remedy = "name a new folder, or one of an earlier export"
        raise InputError(Problem("holds something else", folder, field="--out", remedy=remedy))


@contextmanager
def _written_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder that takes the place of `folder` when the block ends well."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    place = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    try:
        yield place
        if folder.is_dir():
            shutil.rmtree(folder)
        place.replace(folder)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _write(
    student: Student, place: Path, to: str, stored: str | None, name: str, licence: str
) -> tuple[str, bool]:
    """Write the merged model; return how its weights are stored, and whether they were untied."""
    from chemtune.tuning.gguf_file import check_architecture, write_gguf
    from chemtune.tuning.merge import base_precision, merge, save_merged

    template = student.template
    if to == "hf":
        stored = stored or base_precision(student.files.folder)
        merged = merge(student)
        save_merged(merged, template, place, stored)
        return stored, merged.untied
    assert stored is not None
    check_architecture(student.model.config.get_text_config())
    if to == "ollama":
        from chemtune.tuning.ollama import read_turns

        turns = read_turns(template)
    stops = _stops(student)
    merged = merge(student)
    path = place / f"{name}-{stored}.gguf"
    write_gguf(merged.model, template, path, kind=stored, name=name, licence=licence)
    if to == "ollama":
        from chemtune.tuning.gguf_vocabulary import adds_bos
        from chemtune.tuning.ollama import modelfile

        text = modelfile(
            turns, template, path.name, stops=stops, adds_bos=adds_bos(template.tokenizer)
        )
        write_text(place / "Modelfile", text)
    return stored, merged.untied


def _stops(student: Student) -> list[int]:
    from chemtune.tuning.merge import stop_ids

    return stop_ids(student.template, student.model.generation_config)


def _answers(place: Path, to: str, files: ModelFiles, prompts: list[list[Message]]) -> list[Answer]:
    from chemtune.experiment.export_answers import answers_of_folder, answers_of_gguf
    from chemtune.models.load import load_tokenizer
    from chemtune.models.template import Template

    # The base model's own template: what the export brings must write the same tokens.
    template = Template.of(load_tokenizer(files))
    if to == "hf":
        return answers_of_folder(place, template, prompts, NEW_TOKENS)
    return answers_of_gguf(next(place.glob("*.gguf")), template, prompts, NEW_TOKENS)


def _prompts(results: Results) -> list[list[Message]]:
    """Prompts of the examples that were not learned, of all tasks by turns; else the domain's."""
    held_out = [e for e in results.examples or [] if e.split in ("test", "validation")]
    by_task: dict[str, list[list[Message]]] = {}
    for example in held_out:
        by_task.setdefault(example.task, []).append(example.messages)
    rounds = zip_longest(*by_task.values())
    return [prompt for one in rounds for prompt in one if prompt] or _of_domain(results)


def _of_domain(results: Results) -> list[list[Message]]:
    from chemtune.domains import find_domain

    domain = find_domain(results.recipe.domain, results.recipe.folder)
    lines = [
        json.loads(line)
        for path in sorted((domain.folder / "sample").glob("questions*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    if not lines:
        remedy = "run `chemtune build`, so that there are prompts to compare the answers by"
        raise InputError(Problem("holds no held-out example", results.folder.path, remedy=remedy))
    return [[{"role": "user", "content": line["question"]}] for line in lines]


def _fitting(student: Student, prompts: list[list[Message]]) -> list[list[Message]]:
    room = student.context - NEW_TOKENS
    fits = [p for p in prompts[: 10 * PROMPTS] if len(student.template.prompt_ids(p)) <= room]
    if not fits:
        raise InputError(Problem(f"no prompt leaves {NEW_TOKENS} tokens for an answer"))
    return fits


def _verdict(check: Sameness, folder: Path) -> str:
    beyond = [difference for difference in check.differences if not difference.explained]
    parts = [f"{folder}: the export does not answer as the adapter does"]
    if check.noise is not None and check.noise > check.bound:
        parts.append(f"its noise is {check.noise:.3g} logits, over {check.bound:g}")
    parts += [
        f"prompt {one.prompt + 1}, token {one.token + 1}: {one.adapter!r} became {one.export!r}, "
        f"against {one.gap:.3g} logits (the precision explains {check.tolerance:.3g})"
        for one in beyond[:3]
    ]
    return "; ".join(parts)
