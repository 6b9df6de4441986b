"""What is looked at before the first step: faults that would else show after hours, or never."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

from chemtune.dataset.example import Example
from chemtune.documents.language import HANGUL
from chemtune.errors import InputError, Problem
from chemtune.models.coverage import tokens_per_syllable
from chemtune.models.load import Student
from chemtune.models.template import Template
from chemtune.tuning.encode import Encoded
from chemtune.tuning.memory import MemoryEstimate

# From here upward syllables are spelled in bytes.
MANY_TOKENS_A_SYLLABLE = 1.8
GIB = 2**30


@dataclass(frozen=True)
class Check:
    """One line of the preflight.

    Attributes:
        about: What was looked at.
        status: "ok", "warning", or "error", with which tuning does not begin.
        said: What was found, and what to do.
    """

    about: str
    status: Literal["ok", "warning", "error"]
    said: str

    def __str__(self) -> str:
        mark = "" if self.status == "ok" else f"{self.status.upper()}: "
        return f"{self.about}: {mark}{self.said}"


def passed(checks: Sequence[Check]) -> None:
    """Raise InputError with every check that is an error."""
    errors = [check for check in checks if check.status == "error"]
    if errors:
        raise InputError(*(Problem(check.said, field=check.about) for check in errors))


def check_template(template: Template, examples: Sequence[Example]) -> list[Check]:
    """Check that prompts are what other tools make of the same template, and begin and end once.

    Args:
        template: The student's.
        examples: One of each task will do.
    """
    tokenizer = template.tokenizer
    checks = [
        Check("template", "ok", "the model's own")
        if template.own
        else Check("template", "warning", "the model has none (a base model): '### User' is used")
    ]
    for example in examples:
        ours = template.prompt_ids(example.messages)
        theirs = tokenizer.apply_chat_template(
            example.messages, chat_template=template.text, add_generation_prompt=True, tokenize=True
        )["input_ids"]
        if ours[: len(theirs)] != list(theirs):
            said = f"those of {example.task} differ from what transformers renders"
            checks.append(Check("prompt ids", "error", said))
            break
    else:
        said = "as transformers renders them; the same in tuning, evaluation and export"
        checks.append(Check("prompt ids", "ok", said))
    begins = [template.prompt_ids(example.messages)[:2] for example in examples]
    return [*checks, _begin(tokenizer, begins), _end(template)]


def check_examples(
    encoded: Sequence[Encoded], template: Template, left_out: int, pad_id: int
) -> list[Check]:
    """Check that every answer is whole, is learned to its end, and that padding is no end."""
    longest = max(len(one.ids) for one in encoded)
    unended = [one.example for one in encoded if one.ids[-1] != template.end_id]
    empty = [one.example for one in encoded if one.label_count < 2]
    said = f"{len(encoded)} examples of at most {longest} tokens, none cut"
    if left_out:
        said += f"; {left_out} longer ones are left out whole (too_long.parquet)"
    checks = [Check("labels", "ok", said)]
    if unended or empty:
        said = f"{len(unended)} answers are not learned to their end, {len(empty)} are empty"
        checks.append(Check("labels", "error", said))
    if pad_id == template.end_id:
        checks.append(Check("padding", "error", "is the token that ends an answer"))
    return checks


def check_languages(tokenizer: Any, examples: Sequence[Example]) -> list[Check]:
    """Warn of Korean examples for a vocabulary that spells Hangul in bytes."""
    korean = sum(bool(HANGUL.search(example.answer)) for example in examples)
    if not korean:
        return []
    rate = tokens_per_syllable(tokenizer)
    said = f"{korean} answers hold Korean; the vocabulary spends {rate:.1f} tokens on a syllable"
    if rate <= MANY_TOKENS_A_SYLLABLE:
        return [Check("vocabulary", "ok", said)]
    advice = "slow to read and write and hard to learn; Gemma 3, Qwen3 or Llama 3.1 know Hangul"
    return [Check("vocabulary", "warning", f"{said}: {advice}")]


def check_model(student: Student, learned: int, layers: int) -> list[Check]:
    """Say what is learned of how much, and under which licence."""
    total = sum(parameter.numel() for parameter in student.model.parameters())
    share = f"{learned / 1e6:.2f} of {total / 1e6:.0f} million parameters in {layers} layers"
    licence = student.files.licence
    known: Literal["ok", "warning"] = "warning" if licence in ("", "unknown") else "ok"
    said = licence if known == "ok" else "unknown; look it up before you give the model away"
    return [
        Check("learned", "ok" if learned else "error", f"{share}, in {student.precision}"),
        Check("licence of the model", known, said),
    ]


def check_memory(estimated: MemoryEstimate, free: int, loaded: int) -> Check:
    """Compare what tuning will take with what is free.

    Args:
        estimated: Of the whole process.
        free: Bytes that are free now.
        loaded: Bytes of the weights, which are in memory already.
    """
    needed = estimated.total - loaded
    said = f"about {estimated.total / GIB:.1f} GiB at most, {(free + loaded) / GIB:.1f} GiB there"
    if needed <= free:
        return Check("memory", "ok", said)
    remedy = "lower tuning.tokens_per_pass or max_tokens, or adapt fewer layers (lora.last_layers)"
    return Check("memory", "warning", f"{said}: {remedy}")


def check_end(student: Student, prompt: list[int], most: int) -> Check:
    """Have the model answer one prompt, and say whether it comes to an end."""
    import torch

    ids = torch.tensor([prompt], device=student.model.device)
    with torch.no_grad():
        said = student.model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=most,
            do_sample=False,
            eos_token_id=student.template.end_id,
            pad_token_id=student.template.end_id,
        )[0, len(prompt) :].tolist()
    if said[-1] == student.template.end_id:
        return Check("end of an answer", "ok", f"generation stops at it, after {len(said)} tokens")
    said_so = f"not written within {most} tokens by the model as it is; tuning teaches it"
    return Check("end of an answer", "warning", said_so)


def check_sharing(processes: int, *, four_bit: bool) -> Check:
    """Check that weights can be shared out over `processes`."""
    if four_bit:
        said = "weights in four bits are not shared out: lora.base: plain, or sharded: false"
        return Check("sharded", "error", said)
    if processes == 1:
        said = "one process has all weights; start several by torchrun"
        return Check("sharded", "warning", said)
    return Check("sharded", "ok", f"each of {processes} processes holds its part of the weights")


def check_reports(wanted: Sequence[str]) -> list[Check]:
    """Check that the packages are there which the log is to go to."""
    missing = [name for name in wanted if find_spec(name) is None]
    return [
        Check("report_to", "error", f"the package {name} is not installed: pip install {name}")
        for name in missing
    ]


def _begin(tokenizer: Any, begins: Sequence[list[int]]) -> Check:
    bos = tokenizer.bos_token_id
    if any(len(ids) > 1 and ids[0] == ids[1] == bos for ids in begins):
        return Check("begin of a text", "error", f"{tokenizer.bos_token!r} stands twice")
    # Some tokenizers put one before every text; their models were never without.
    wanted = bos is not None and tokenizer("a")["input_ids"][:1] == [bos]
    if wanted and any(ids[:1] != [bos] for ids in begins):
        said = f"{tokenizer.bos_token!r} is missing, which this tokenizer puts before every text"
        return Check("begin of a text", "warning", said)
    return Check("begin of a text", "ok", "no token stands twice")


def _end(template: Template) -> Check:
    token = template.tokenizer.convert_ids_to_tokens(template.end_id)
    if template.exact:
        return Check("end of a text", "ok", f"{token!r} is learned, and ends an answer")
    said = f"{token!r} is learned; answers begin with other tokens than in the template's whole"
    return Check("end of a text", "warning", said)
