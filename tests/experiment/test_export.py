from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from transformers import LlamaForCausalLM

import chemtune
from chemtune.errors import ChemtuneError, InputError
from chemtune.experiment import export as exporting
from chemtune.experiment.export_answers import Answer, answers_of_folder
from chemtune.experiment.same_answers import compare_answers
from chemtune.files import write_json
from chemtune.models.load import Student, load_student
from chemtune.models.resolve import resolve_model
from chemtune.models.template import Template
from chemtune.recipe.run_folder import RunFolder

PROMPTS = [[{"role": "user", "content": f"What is {what}?"}] for what in ("KOH", "water", "a mol")]


@pytest.fixture
def student(tiny_model: Path) -> Student:
    return load_student(resolve_model(str(tiny_model)), precision="float32")


def greedy(student: Student, prompt: list[int], count: int) -> Answer:
    """One token at a time, the whole prefix anew: a naive loop."""
    said: list[int] = []
    logprobs: list[float | None] = []
    for _ in range(count):
        with torch.inference_mode():
            logits = student.model(torch.tensor([[*prompt, *said]])).logits[0, -1].double()
        token = int(logits.argmax())
        if token == student.template.end_id:
            return Answer(said, logprobs, True)
        said.append(token)
        logprobs.append(float(logits.log_softmax(-1)[token]))
    return Answer(said, logprobs, False)


def test_the_same_model_answers_alike(student: Student) -> None:
    ids = [student.template.prompt_ids(prompt) for prompt in PROMPTS]
    answers = [greedy(student, one, 20) for one in ids]
    found = compare_answers(student, PROMPTS, answers, precision="float32", limit=20)
    assert (found.alike, found.differences, found.passed) == (3, (), True)
    assert found.noise is not None
    assert found.noise < 1e-4


def test_a_token_that_differs_is_judged_by_the_adapters_own_gap(student: Student) -> None:
    ids = [student.template.prompt_ids(prompt) for prompt in PROMPTS]
    answers = [greedy(student, one, 20) for one in ids]
    prefix = [*ids[1], *answers[1].tokens[:4]]
    with torch.inference_mode():
        logits = student.model(torch.tensor([prefix])).logits[0, -1]
    best, second = logits.topk(2).indices.tolist()
    assert best == answers[1].tokens[4]
    gap = float(logits[best] - logits[second])
    changed = Answer([*answers[1].tokens[:4], second, *answers[1].tokens[5:]], [], False)
    # Nearly a tie for one precision, a fault for another.
    for precision, explained in (("q4_k_m", gap <= 9.6), ("float32", gap <= 0.04)):
        found = compare_answers(student, PROMPTS[1:2], [changed], precision=precision, limit=20)
        (difference,) = found.differences
        assert (difference.prompt, difference.token, found.tokens) == (0, 4, 4)
        assert difference.gap == pytest.approx(gap, abs=1e-4)
        assert difference.explained is explained
        assert found.passed is explained


def test_noise_beyond_the_precision_fails(student: Student) -> None:
    ids = [student.template.prompt_ids(prompt) for prompt in PROMPTS]
    answers = [greedy(student, one, 20) for one in ids]
    noisy = [
        Answer(a.tokens, [p - 0.5 if p is not None else None for p in a.logprobs], a.ended)
        for a in answers
    ]
    found = compare_answers(student, PROMPTS, noisy, precision="f16", limit=20)
    assert not found.differences
    assert found.noise is not None
    assert found.noise > 0.4
    assert not found.passed


@pytest.fixture
def tuned(make_run: Any, tmp_path: Path, tiny_model: Path, adapt: Any) -> Path:
    """A run that is built and evaluated, with an adapter that changes what the model says."""
    recipe = make_run()
    chemtune.build(recipe)
    run = RunFolder(tmp_path / "run")
    adapted = adapt(LlamaForCausalLM.from_pretrained(tiny_model))
    adapted.peft_config["default"].base_model_name_or_path = str(tiny_model)
    adapted.save_pretrained(run.adapter)
    model = {"name": "tiny", "origin": "folder", "licence": 'MIT"\nx: 1'}
    write_json(run.adapter / "tuning.json", {"steps": 3, "loss_first": 2.0, "model": model})
    chemtune.evaluate(recipe)
    return run.path


def test_a_run_is_exported_with_its_card(tuned: Path, tmp_path: Path) -> None:
    result = chemtune.export(tuned, "hf", out=tmp_path / "out")
    check = result["check"]
    assert check["passed"]
    assert check["alike"] == check["prompts"] > 0
    assert result["stored"] == "float32"
    assert json.loads((tmp_path / "out/export.json").read_text())["check"]["prompts"] > 0
    card = (tmp_path / "out/README.md").read_text(encoding="utf-8")
    assert "## Sources and licences" in card
    assert "| keyword_extraction |" in card
    assert "95% interval" in card
    head = yaml.safe_load(card.split("---\n")[1])
    assert (head["license"], head["license_name"]) == ("other", 'MIT"\nx: 1')
    assert "x" not in head
    assert "0/" in card or "1/" in card
    assert str(tmp_path) not in card.partition("## Data")[0]
    # Again over itself, never over anything else.
    chemtune.export(tuned, "hf", quantize="bfloat16", out=tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        chemtune.export(tuned, "hf", out=tmp_path / "mine")


def test_an_export_that_answers_otherwise_fails(
    tuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exported file is spoilt before it answers, as a fault of merging would."""
    real = exporting._answers

    def spoilt(place: Path, *rest: Any) -> list[Answer]:
        path = place / "model.safetensors"
        weights = load_file(path)
        name = "model.layers.0.self_attn.q_proj.weight"
        weights[name] = weights[name].flip(0)
        save_file({n: w.clone() for n, w in weights.items()}, path, {"format": "pt"})
        return real(place, *rest)

    monkeypatch.setattr(exporting, "_answers", spoilt)
    with pytest.raises(ChemtuneError, match="does not answer as the adapter does") as caught:
        chemtune.export(tuned, "hf", out=tmp_path / "out")
    assert caught.value.exit_code == 1


def test_another_prompt_than_in_tuning_fails(tuned: Path, tmp_path: Path) -> None:
    chemtune.export(tuned, "hf", out=tmp_path / "out")
    student = load_student(resolve_model(str(tmp_path / "out")), precision="float32")
    other = Template(student.tokenizer, student.template.text + "\n!", 2, own=True)
    with pytest.raises(ChemtuneError, match="other tokens than in tuning"):
        answers_of_folder(tmp_path / "out", other, PROMPTS, 4)


@pytest.mark.parametrize(("to", "stored"), [("gguf", "f16"), ("ollama", "q8_0")])
def test_llama_answers_alike(tuned: Path, tmp_path: Path, to: str, stored: str) -> None:
    pytest.importorskip("xllamacpp")
    result = chemtune.export(tuned, to, quantize=stored, out=tmp_path / "out")
    assert result["check"]["passed"]
    assert f"small-{stored}.gguf" in result["files"]
    assert ("Modelfile" in result["files"]) is (to == "ollama")


def test_what_is_asked_wrongly_is_told_before_anything_is_loaded(tuned: Path) -> None:
    with pytest.raises(InputError, match=r"q8_0.*bfloat16"):
        chemtune.export(tuned, "hf", quantize="q8_0")
    (tuned / "adapter/adapter_config.json").unlink()
    with pytest.raises(InputError, match="chemtune tune"):
        chemtune.export(tuned, "hf")
