"""What a build would make of the documents: used, left out and why, splits, licences."""

from __future__ import annotations

from chemtune.dataset.ledger import Ledger
from chemtune.dataset.licences import asks, warnings_for
from chemtune.documents.document import SPLITS
from chemtune.experiment.doctor.chart import Chart, Level
from chemtune.experiment.doctor.survey import Survey
from chemtune.recipe.schema import Recipe

SHOWN = 3
LANGUAGES = {"en": "English", "ko": "Korean"}
# What a reason of the ledger means for the user; the others are notes.
REASONS: dict[str, tuple[Level, str]] = {
    "unreadable file": (
        "warning",
        "mend or remove them (scanned pages need OCR first); `faulty: stop` ends the build there",
    ),
    "empty document": ("warning", "scanned pages need OCR first; or name another column of text"),
    "another language": ("warning", "`language: en` or `ko` at the source, where that is wrong"),
    "duplicate document": ("note", "each is used once"),
    "near-duplicate": ("note", "near_duplicates: {similarity: ...} sets the limit, null keeps all"),
    "contamination": ("note", "kept out, since the evaluation asks the same"),
}


def look_at_documents(chart: Chart, recipe: Recipe, met: Survey) -> None:
    """Say what was met on a walk through the documents."""
    if met.fault is not None:
        chart.failed(met.fault, "documents")
    if not met.documents:
        if not chart.faults:
            why = ", ".join(f"{n} {reason}" for reason, n in met.ledger.by_reason().items())
            said = f"none is left to build from ({why or 'the files are empty'})"
            chart.fault("documents", said, "put documents there, or name others in the recipe")
        _left_out(chart, met.ledger)
        return
    languages = ", ".join(
        f"{count} {LANGUAGES.get(name, name)}" for name, count in sorted(met.languages.items())
    )
    said = f"{met.documents} to use: {languages}; {met.count} examples to make of them"
    chart.ok("documents", f"{said}{met.part}")
    if not met.whole:
        said = "only a part was read; the counts here are of that part"
        chart.note("documents", said, "chemtune build RECIPE --dry-run reads all")
    _splits(chart, recipe, met)
    _left_out(chart, met.ledger)
    _licences(chart, met)


def _splits(chart: Chart, recipe: Recipe, met: Survey) -> None:
    said = ", ".join(f"{met.splits[split]} {split}" for split in SPLITS) + met.part
    evaluation, wanted = recipe.evaluation, recipe.evaluation.split
    if not met.splits["train"]:
        chart.fault("splits", f"{said}: nothing to learn from", "lower split.test and .validation")
    elif (evaluation.tasks or evaluation.losses) and not met.splits[wanted]:
        remedy = f"raise split.{wanted}, add documents, or evaluation: {{tasks: false}}"
        chart.warn("splits", f"{said}: no document to compare before and after on", remedy)
    elif recipe.tuning.early_stopping is not None and not met.splits["validation"]:
        said += ": early stopping has nothing to look at"
        chart.warn("splits", said, "raise split.validation, or take tuning.early_stopping out")
    elif evaluation.tasks and met.splits[wanted] < 10:
        said += ": with so few held out, only large changes are seen"
        chart.note("splits", said, f"more documents, or raise split.{wanted}")
    else:
        chart.ok("splits", said)


def _left_out(chart: Chart, ledger: Ledger) -> None:
    for reason, count in ledger.by_reason().items():
        of_reason = [one for one in ledger.entries if one.reason == reason]
        names = ", ".join(entry.document for entry in of_reason[:SHOWN])
        more = "" if count <= SHOWN else " and others"
        level, remedy = REASONS.get(reason, ("note", ""))
        detail = f" ({of_reason[0].detail})" if of_reason else ""
        chart.add(level, f"left out, {reason}", f"{count}: {names}{more}{detail}", remedy)
    if ledger.cut:
        said = f"{ledger.cut} documents are longer than max_characters, and are cut there"
        chart.note("cut", said, "documents: chunk: {tokens: 1200} uses them in whole, in parts")


def _licences(chart: Chart, met: Survey) -> None:
    unknown = {name: n for name, n in met.licences.items() if asks(name) == ("unknown",)}
    known = {name: n for name, n in met.licences.items() if name not in unknown}
    for sentence in warnings_for(known):
        chart.warn("licences", sentence, "leave these documents out, or keep model and data in")
    for sentence in warnings_for(unknown):
        chart.note("licences", sentence, "documents: licence: NAME, where you know it")
    if known and not warnings_for(known):
        chart.ok("licences", f"{', '.join(known)}: nothing that hinders")
