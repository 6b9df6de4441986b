"""The card of an exported model: what it is made of, how well it does, and under which licences."""

from __future__ import annotations

import json
from pathlib import Path

from chemtune.experiment.comparison import compare
from chemtune.experiment.measure import SIDES
from chemtune.experiment.results import Results
from chemtune.experiment.same_answers import Sameness
from chemtune.files import write_text

SETTINGS = ("batch_size", "batches", "learning_rate", "schedule", "weigh", "max_tokens")


def write_model_card(path: Path, results: Results, sameness: Sameness, kind: str) -> None:
    """Write the card of an export as Markdown with the hub's YAML head.

    Args:
        path: The file.
        results: What the run's folder holds.
        sameness: How alike the export answers.
        kind: How the weights are stored.
    """
    parts = [
        _head(results),
        f"# {_cell(results.recipe.name)}\n\n{_base(results)} with a LoRA adapter by chemtune, "
        f"merged into the weights and stored as {kind}.\n",
        "## Licences\n\n" + _licences(results),
        "## Tuning\n\n" + _tuning(results),
        "## Scores\n\n" + _scores(results),
        "## Export\n\n" + _export(sameness, kind),
        "## Data\n\n" + _data(results),
    ]
    write_text(path, "\n".join(parts))


def licence_of(results: Results) -> str:
    """Return the base model's licence, or "unknown"."""
    return str(((results.tuning or {}).get("model") or {}).get("licence") or "unknown")


def _head(results: Results) -> str:
    licence = licence_of(results)
    languages = sorted({example.language for example in results.examples or []})
    lines = ["---", f"language: {json.dumps(languages)}"]
    known = {"Apache-2.0": "apache-2.0", "MIT": "mit"}.get(licence)
    lines += (
        [f"license: {known}"] if known else ["license: other", _quoted("license_name", licence)]
    )
    if results.base_model and not Path(results.base_model).is_absolute():
        lines.append(_quoted("base_model", results.base_model))
    return "\n".join([*lines, "tags: [chemistry, instruction-tuning, lora, chemtune]", "---", ""])


def _quoted(field: str, text: str) -> str:
    # JSON's strings are YAML's, so that no text of another's ends the line or the head.
    return f"{field}: {json.dumps(text, ensure_ascii=False)}"


def _base(results: Results) -> str:
    base = results.base_model or results.recipe.model
    return _cell(Path(base).name if Path(base).is_absolute() else base)


def _licences(results: Results) -> str:
    return (
        f"The weights stand under the licence of {_base(results)}: {_cell(licence_of(results))}. "
        "The licences of the documents that it learned from, and the terms of the teacher that "
        "wrote the answers, are under Data.\n"
    )


def _tuning(results: Results) -> str:
    tuned, settings = results.tuning or {}, results.recipe.tuning
    lora = settings.lora
    rows: list[tuple[str, object]] = [
        ("steps", tuned.get("steps", "-")),
        ("tokens (learned)", f"{tuned.get('tokens', '-')} ({tuned.get('label_tokens', '-')})"),
        (
            "loss, first and last",
            f"{_rounded(tuned, 'loss_first')} to {_rounded(tuned, 'loss_last')}",
        ),
        ("precision", tuned.get("precision", "-")),
        ("LoRA rank, alpha", f"{lora.rank}, {lora.alpha:g}"),
        (
            "LoRA targets",
            lora.targets if isinstance(lora.targets, str) else ", ".join(lora.targets),
        ),
        *((name, getattr(settings, name)) for name in SETTINGS),
        ("seed", results.recipe.tuning_seed),
        ("identity", tuned.get("identity", "-")),
        *((f"run with {name}", of) for name, of in sorted(results.versions.items())),
    ]
    lines = [f"| {name} | {_cell(str(value))} |" for name, value in rows]
    return "\n".join(["| setting | value |", "|---|---|", *lines]) + "\n"


def _rounded(tuned: dict[str, object], field: str) -> str:
    value = tuned.get(field)
    return f"{value:.3f}" if isinstance(value, float) else "-"


def _scores(results: Results) -> str:
    compared = compare(results.scores or {}, results.question_predictions())
    if not compared.rows:
        return "Not evaluated yet.\n"
    sides = [side for side in SIDES if side in compared.sides]
    lines = [f"| | measure | {' | '.join(sides)} |", "|---|---|" + "---|" * len(sides)]
    for title, measure in compared.rows:
        shown = dict(zip(SIDES, measure.sides, strict=True))
        cells = [str(shown[side]) if shown[side] else "-" for side in sides]
        lines.append(f"| {' | '.join(map(_cell, (title, measure.name, *cells)))} |")
    for exam in compared.exams:
        told = [f"McNemar {exam.paired}"] if exam.paired else []
        lines += ["", *(f"- {_cell(exam.name)}: {_cell(line)}" for line in (*told, *exam.notes))]
    lines += ["", "Counts are k/n, [low, high] is the 95% interval; measured with the adapter."]
    return "\n".join(lines) + "\n"


def _export(sameness: Sameness, kind: str) -> str:
    noise = "not measured" if sameness.noise is None else f"{sameness.noise:.2g}"
    return (
        f"{sameness.prompts} prompts were answered greedily by the adapter in float32 and by this "
        f"export ({kind}): {sameness.alike} answers are the same to the last token. Noise of the "
        f"log-odds: {noise} logits (at most {sameness.bound:g} for {kind}); a differing token is "
        f"explained by the precision where the adapter prefers its own by at most "
        f"{sameness.tolerance:.2g} logits. "
        f"{'All are.' if sameness.passed else 'THIS EXPORT FAILED THE CHECK; do not use it.'}\n"
    )


def _data(results: Results) -> str:
    """The data set's card, without its head and title, a level of headings lower."""
    path = results.folder.dataset / "README.md"
    if not path.is_file():
        return "The data set is not with the run any more.\n"
    body = path.read_text(encoding="utf-8").partition("\n---\n")[2]
    lines = [line for line in body.strip().splitlines() if not line.startswith("# ")]
    lowered = [f"#{line}" if line.startswith("## ") else line for line in lines]
    return "\n".join(lowered).strip() + "\n"


def _cell(text: str) -> str:
    """Text in a table's cell: on one line, without what would end the cell or begin HTML."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;") or "-"
