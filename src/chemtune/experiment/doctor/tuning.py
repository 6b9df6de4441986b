"""What the tuning of a recipe would take: tokens, examples that are too long, memory, time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chemtune.dataset.example import Example
from chemtune.dataset.ledger import Ledger
from chemtune.domains import Domain
from chemtune.errors import ChemtuneError
from chemtune.experiment.doctor.chart import Chart, span
from chemtune.experiment.doctor.operations import operations_of
from chemtune.experiment.doctor.student import LEVELS, add_checks
from chemtune.models.load import Student, operations_per_second
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe
from chemtune.tuning import preflight as look
from chemtune.tuning.encode import Encoded, encode, fitting, token_count
from chemtune.tuning.epoch import epoch_of
from chemtune.tuning.fit import batches_of, pad_id, planned_steps
from chemtune.tuning.learner import learner
from chemtune.tuning.material import Chosen, Material, by_stage, choose
from chemtune.tuning.memory import estimate_for, free_bytes
from chemtune.tuning.tune import SUMMARY


def look_at_settings(chart: Chart, recipe: Recipe) -> None:
    """Look at what a tuning asks for of the installation, whatever its model is."""
    settings = recipe.tuning
    add_checks(chart, look.check_reports(settings.report_to))
    four_bit = settings.method == "lora" and settings.lora.base == "nf4"
    if settings.sharded:
        add_checks(chart, [look.check_sharing(1, four_bit=four_bit)])
    if four_bit:
        _four_bit(chart)


def look_at_tuning(
    recipe: Recipe, domain: Domain, student: Student, planned: Sequence[Example]
) -> Chart:
    """Look at what the tuning would take; nothing is loaded or run but a short measurement.

    Args:
        recipe: The recipe.
        domain: Its domain.
        student: The model, without weights.
        planned: The examples that a build would make, an answer of the teacher empty; looked at
            where the run has no data set yet.
    """
    chart = Chart("tuning")
    try:
        chosen, built = _chosen(recipe, domain, student, planned)
        if not chosen.train:
            return chart
        encoded = encode(chosen.train, student.template)
        _languages(chart, chosen.train, encoded, built=built)
        fits = _fitting(chart, recipe, student, chosen.train, encoded, built=built)
        if fits:
            staged = by_stage(fits, chosen.stages)
            _costs(chart, recipe, student, Material(fits, [], [], staged), built=built)
    except ChemtuneError as error:
        chart.failed(error, "tuning")
    return chart


def _chosen(
    recipe: Recipe, domain: Domain, student: Student, planned: Sequence[Example]
) -> tuple[Chosen, bool]:
    """The examples to learn from: the data set's, else those that are planned, in no stages."""
    dataset = RunFolder(recipe.run_folder).dataset

    def tokens_of(example: Example) -> int:
        return token_count(example, student.template)

    if (dataset / "train.parquet").is_file():
        return choose(dataset, recipe.tuning, domain, tokens_of), True
    train = [example for example in planned if example.split == "train"]
    return Chosen(epoch_of(train, recipe.tuning.mixture, domain.mixtures, tokens_of), []), False


def _languages(
    chart: Chart, epoch: Sequence[Example], encoded: Sequence[Encoded], *, built: bool
) -> None:
    """Say how the tokens of an epoch are shared between the languages of the answers."""
    total = sum(len(one.ids) for one in encoded)
    parts = []
    for language, name in (("en", "English"), ("ko", "Korean")):
        both = zip(epoch, encoded, strict=True)
        own = [len(one.ids) for example, one in both if example.language == language]
        if own:
            mean, share = sum(own) / len(own), sum(own) / total
            parts.append(f"{len(own)} with {name} answers ({share:.0%} of tokens, {mean:.0f} each)")
    what = "the data set" if built else "planned; the teacher's answers come on top"
    chart.ok("examples", f"{len(epoch)} in an epoch, {total:,} tokens ({what}): {', '.join(parts)}")


def _fitting(
    chart: Chart,
    recipe: Recipe,
    student: Student,
    epoch: Sequence[Example],
    encoded: Sequence[Encoded],
    *,
    built: bool,
) -> list[Encoded]:
    """The examples that are not too long; says how many are."""
    wanted = recipe.tuning.max_tokens
    most = min(wanted, student.context)
    if wanted > student.context:
        said = f"{wanted}, and the model's context has {student.context} tokens: that counts"
        chart.note("tuning.max_tokens", said, f"max_tokens: {student.context}")
    fits = fitting(encoded, epoch, max_tokens=most, ledger=Ledger())
    longest = max(len(one.ids) for one in encoded)
    what = "examples" if built else "prompts"
    said = f"{len(epoch) - len(fits)} of {len(epoch)} {what} have more than {most} tokens"
    said += f" (the longest: {longest})"
    remedy = "raise tuning.max_tokens to the longest, or lower max_characters of the documents"
    if not fits:
        chart.fault("tuning.max_tokens", f"{said}: nothing is left to learn from", remedy)
    elif len(fits) < len(epoch):
        chart.warn("tuning.max_tokens", f"{said}, and would be left out whole", remedy)
    else:
        chart.ok("tuning.max_tokens", said)
    if built and fits:
        add_checks(chart, look.check_examples(fits, student.template, 0, pad_id(student)))
    return fits


def _costs(
    chart: Chart, recipe: Recipe, student: Student, material: Material, *, built: bool
) -> None:
    settings = recipe.tuning
    if settings.lora.base == "nf4" and settings.method == "lora":
        chart.note("memory", "not estimated for weights in four bits")
        return
    student = replace(student, model=learner(student.model, settings, student.files.base_name))
    learned = [p for p in student.model.parameters() if p.requires_grad]
    layers = sum(p.dim() > 1 for p in learned) // (2 if settings.method == "lora" else 1)
    add_checks(chart, look.check_model(student, sum(p.numel() for p in learned), layers))
    estimated = estimate_for(
        student.model, material.train, tokens_per_pass=settings.tokens_per_pass
    )
    memory = look.check_memory(estimated, free_bytes(), 0)
    remedy = memory.said.partition(": ")[2]
    chart.add(LEVELS[memory.status], "memory", memory.said.partition(": ")[0], remedy)
    _time(chart, recipe, student, material, built=built)


def _four_bit(chart: Chart) -> None:
    import torch
    from transformers.utils import is_bitsandbytes_available

    if not (torch.cuda.is_available() and is_bitsandbytes_available()):
        said = "nf4: four-bit weights need a GPU and the package bitsandbytes"
        chart.fault("tuning.lora.base", said, "base: plain")


def _time(
    chart: Chart, recipe: Recipe, student: Student, material: Material, *, built: bool
) -> None:
    """Say how long: by the last tuning of this run, else what the multiplications alone take."""
    import torch

    settings = recipe.tuning
    batches = batches_of(material, settings, recipe.tuning_seed)
    steps = planned_steps(len(batches), settings)
    run = round(batches.tokens_run * steps / len(batches))
    said = f"{steps} steps, {run:,} tokens to run"
    summary = RunFolder(recipe.run_folder).adapter / SUMMARY
    if summary.is_file():
        last: dict[str, Any] = json.loads(summary.read_text(encoding="utf-8"))
        if last.get("tokens_run") and last.get("wall_s"):
            seconds = run * last["wall_s"] / last["tokens_run"]
            said += f": about {span(seconds)}, as fast as this run's last tuning"
            chart.ok("time", said)
            return
    if torch.cuda.is_available():
        chart.ok("time", f"{said}; the first steps show how long")
        return
    labels = sum(one.label_count for one in material.train) * steps / len(batches)
    seconds = operations_of(student.model, run, labels) / operations_per_second(student.precision)
    rest = "" if built else ", the teacher's answers not counted"
    said += f": {span(seconds)} for the matrix products alone, as fast as they are now{rest}"
    if seconds > 86400:
        remedy = "a smaller model, fewer epochs, lora.last_layers, or a machine with a GPU"
        chart.warn("time", said, remedy)
    else:
        chart.ok("time", said)
