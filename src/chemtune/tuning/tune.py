"""Step 2: LoRA on the examples of all tasks."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chemtune.dataset.example import Example
from chemtune.dataset.ledger import Ledger
from chemtune.domains import Domain, find_domain
from chemtune.errors import ChemtuneError, InputError, Problem
from chemtune.files import held_alone, write_json
from chemtune.models.identity import identity_of, weights_identity
from chemtune.models.load import choose_precision, load_student
from chemtune.models.resolve import ModelFiles, resolve_model
from chemtune.progress import say
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe, Tuning
from chemtune.tuning.average import average_adapters
from chemtune.tuning.encode import token_counter
from chemtune.tuning.material import Chosen, Material, as_tokens, choose
from chemtune.tuning.processes import is_main, wait_for_all, world_size

if TYPE_CHECKING:
    from chemtune.models.load import Student
    from chemtune.tuning.preflight import Check

SUMMARY = "tuning.json"
# Settings that do not change what is learned, or stand in the identity beside the others.
BESIDE = {"report_to", "checkpoint_steps", "probe", "sharded", "seed"}
END_TOKENS = 64
TOLD_WITHIN_S = 120.0


def tune(recipe: Recipe | Path | str) -> dict[str, Any]:
    """Tune the recipe's model on its data set; resume from the last checkpoint where there is one.

    An adapter that was trained on the same data with the same settings is not trained again. Under
    torchrun the processes share every step; the result is that of one process.

    Returns:
        `adapter`, `steps`, `tokens` (of the examples), `tokens_run` (shared ones once),
        `label_tokens`, `tokens_per_second`, `loss_first`, `loss_last`, `validation_loss` and
        `probe_loss` (on general text; both by step), `peak_memory_bytes`, `losses` (by step),
        `left_out` (by reason), `preflight` (lines), `model` (name, origin, licence), `precision`,
        `wall_s`, `identity`; with early stopping `best_step` and `stopped_early`.

    Raises:
        InputError: There is no data set, no example fits, or the preflight found an error.
        Interrupted: Ctrl-C; a checkpoint of the last step is kept.
        ChemtuneError: The loss is no number, or another process tunes in this folder.
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe)
    folder = RunFolder(recipe.run_folder)
    files = resolve_model(recipe.model, recipe.folder)
    domain = find_domain(recipe.domain, recipe.folder)
    chosen = choose(folder.dataset, recipe.tuning, domain, token_counter(files))
    order = [] if chosen.stages is None else [chosen.stages]
    identity = identity_of(
        weights_identity(files.folder),
        recipe.tuning.deciding(BESIDE),
        recipe.tuning_seed,
        [(e.messages, e.answer) for e in (*chosen.train, *chosen.validation)],
        *order,
    )
    done = finished(folder.adapter, identity)
    if done is not None:
        return done
    if not is_main():
        return _tuned(recipe, folder, files, domain, chosen, identity)
    busy = f"{folder.path}: another process tunes in this folder; wait for it or end it"
    with held_alone(folder.path / ".tuning.lock", busy):
        return _tuned(recipe, folder, files, domain, chosen, identity)


def _tuned(
    recipe: Recipe,
    folder: RunFolder,
    files: ModelFiles,
    domain: Domain,
    chosen: Chosen,
    identity: str,
) -> dict[str, Any]:
    from chemtune.tuning.fit import fit

    precision = _precision(recipe.tuning, folder.checkpoints, identity)
    four_bit = recipe.tuning.method == "lora" and recipe.tuning.lora.base == "nf4"
    student = load_student(
        files,
        precision=precision,
        four_bit=four_bit,
        on_processor=recipe.tuning.sharded and world_size() > 1,
    )
    ledger = Ledger()
    material = _material(recipe, folder, student, domain, chosen, ledger)
    student, checks = _ready(recipe, student, material, chosen.train, len(ledger.entries))
    summary = fit(
        student,
        material,
        recipe.tuning,
        seed=recipe.tuning_seed,
        adapter=folder.adapter,
        checkpoints=folder.checkpoints,
        log=folder.tuning_log,
    )
    summary |= {
        "adapter": str(folder.adapter),
        "precision": student.precision,
        "model": {"name": files.name, "origin": files.origin, "licence": files.licence},
        "left_out": ledger.by_reason(),
        "preflight": [str(check) for check in checks],
        "identity": identity,
    }
    if is_main():
        if recipe.tuning.keep < 1:
            # A tuning that ends here goes on from its last step, and writes the whole one again.
            average_adapters([folder.adapter], [recipe.tuning.keep], folder.adapter)
            summary["keep"] = recipe.tuning.keep
        write_json(folder.adapter / SUMMARY, summary)
        shutil.rmtree(folder.checkpoints, ignore_errors=True)
    wait_for_all()
    return summary


def _material(
    recipe: Recipe,
    folder: RunFolder,
    student: Student,
    domain: Domain,
    chosen: Chosen,
    ledger: Ledger,
) -> Material:
    material = as_tokens(
        chosen,
        recipe,
        domain,
        student.template,
        files=student.files,
        context=student.context,
        kept=folder.path / "tokens",
        ledger=ledger,
    )
    if is_main():
        ledger.write(folder.dataset / "too_long.parquet")
    if not material.train:
        remedy = "see too_long.parquet" if ledger.entries else "no document is in the train split"
        raise InputError(Problem("holds no example to train on", folder.dataset, remedy=remedy))
    return material


def _ready(
    recipe: Recipe,
    student: Student,
    material: Material,
    train: Sequence[Example],
    left_out: int,
) -> tuple[Student, list[Check]]:
    """Return the student that is to learn, and what was looked at before; it is said too."""
    from dataclasses import replace

    import torch

    from chemtune.tuning import preflight as look
    from chemtune.tuning.fit import pad_id
    from chemtune.tuning.learner import learner
    from chemtune.tuning.memory import estimate_for, free_bytes

    settings, template = recipe.tuning, student.template
    tasks = dict.fromkeys(example.task for example in train)
    of_each = [next(e for e in train if e.task == task) for task in tasks]
    checks = look.check_template(template, of_each)
    checks += look.check_examples(material.train, template, left_out, pad_id(student))
    checks += look.check_reports(settings.report_to)
    if settings.sharded:
        checks.append(look.check_sharing(world_size(), four_bit=settings.lora.base == "nf4"))
    checks += look.check_languages(student.tokenizer, train)
    shortest = min(material.train, key=lambda one: one.answer_start)
    checks.append(look.check_end(student, shortest.ids[: shortest.answer_start], END_TOKENS))
    torch.manual_seed(recipe.tuning_seed)
    student = replace(student, model=learner(student.model, settings, student.files.base_name))
    learned = [p for p in student.model.parameters() if p.requires_grad]
    layers = sum(p.dim() > 1 for p in learned) // (2 if settings.method == "lora" else 1)
    checks += look.check_model(student, sum(p.numel() for p in learned), layers)
    estimated = estimate_for(
        student.model, material.train, tokens_per_pass=settings.tokens_per_pass
    )
    checks.append(look.check_memory(estimated, free_bytes(), estimated.weights))
    for check in checks:
        say(str(check))
    look.passed(checks)
    return student, checks


def finished(adapter: Path, identity: str) -> dict[str, Any] | None:
    """Return what `tune` returned for an adapter that is done with this identity, or None."""
    path = adapter / SUMMARY
    if not path.is_file():
        return None
    summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return summary if summary.get("identity") == identity else None


def _precision(settings: Tuning, checkpoints: Path, identity: str) -> str:
    """The precision of this tuning; the one it began with where it is resumed.

    Checkpoints of another data set or other settings are put away. Of several processes the first
    decides, for each would measure another speed.
    """
    started = checkpoints / "started.json"
    if not is_main():
        return _told(started, identity)
    begun = _begun(started)
    if begun.get("identity") == identity:
        return str(begun["precision"])
    if begun:
        say("The data or the settings have changed: tuning begins anew")
        shutil.rmtree(checkpoints)
    chosen = choose_precision() if settings.precision == "auto" else settings.precision
    if settings.method == "full":
        chosen = "float32"  # small steps on weights in bfloat16 round away
    write_json(started, {"identity": identity, "precision": chosen})
    return chosen


def _told(started: Path, identity: str) -> str:
    """The precision that the first process has written down, or will."""
    deadline = time.monotonic() + TOLD_WITHIN_S
    while time.monotonic() < deadline:
        begun = _begun(started)
        if begun.get("identity") == identity:
            return str(begun["precision"])
        time.sleep(0.05)
    raise ChemtuneError(f"{started}: the first process has not begun, or on another disk")


def _begun(started: Path) -> dict[str, Any]:
    try:
        begun: dict[str, Any] = json.loads(started.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return begun
