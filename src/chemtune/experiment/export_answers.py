"""Greedy answers of an export, by the library that its users will load it with."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from chemtune.errors import ChemtuneError, InputError, Problem
from chemtune.messages import Message
from chemtune.models.template import Template
from chemtune.progress import progress

# Prompts answered side by side.
TOGETHER = 10


@dataclass(frozen=True)
class Answer:
    """An answer as tokens.

    Attributes:
        tokens: Without the token that ended it.
        logprobs: The natural logarithm of each token's probability; None where it is not told.
        ended: Whether it came to its end.
    """

    tokens: list[int]
    logprobs: list[float | None]
    ended: bool


def answers_of_folder(
    folder: Path, template: Template, prompts: Sequence[list[Message]], limit: int
) -> list[Answer]:
    """Answer prompts with an exported folder through transformers' own `generate`.

    Args:
        folder: What `save_merged` wrote; its own tokenizer, template and decoding are used.
        template: The template of tuning, whose tokens the prompts must have.
        prompts: As messages.
        limit: Most tokens of an answer.

    Raises:
        ChemtuneError: A prompt has other tokens than in tuning.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", use_safetensors=True)
    model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    stops = set(model.generation_config.eos_token_id)
    ids = []
    for messages in prompts:
        asked = tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_dict=True
        )["input_ids"]
        _same_prompt(asked, template.prompt_ids(messages), folder)
        ids.append(asked)
    answers: list[Answer] = []
    with progress("Answers of the export", len(ids), "answers") as advance:
        for start in range(0, len(ids), TOGETHER):
            answers += _generated(model, ids[start : start + TOGETHER], stops, limit)
            advance(len(ids[start : start + TOGETHER]))
    return answers


@torch.inference_mode()
def _generated(model: Any, prompts: list[list[int]], stops: set[int], limit: int) -> list[Answer]:
    width = max(map(len, prompts))
    # What stands in the padding is not seen; it need only be a token.
    padded = torch.tensor([[0] * (width - len(ids)) + ids for ids in prompts], device=model.device)
    mask = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts])
    said = model.generate(
        padded,
        attention_mask=mask.to(model.device),
        max_new_tokens=limit,
        output_logits=True,
        return_dict_in_generate=True,
    )
    tokens = said.sequences[:, width:]
    logprobs = torch.stack(said.logits, dim=1).float().log_softmax(-1)
    chosen = logprobs.gather(-1, tokens[..., None])[..., 0].tolist()
    answers = []
    for row, probable in zip(tokens.tolist(), chosen, strict=True):
        end = next((at for at, token in enumerate(row) if token in stops), None)
        answers.append(Answer(row[:end], probable[:end], end is not None))
    return answers


def check_llama() -> None:
    """Check that llama.cpp is there to answer with.

    Raises:
        InputError: It is not installed.
    """
    if find_spec("xllamacpp") is None:
        fault = "a GGUF file is checked by the package xllamacpp, which is not installed"
        raise InputError(Problem(fault, field="--to", remedy="pip install 'chemtune[local]'"))


def answers_of_gguf(
    path: Path, template: Template, prompts: Sequence[list[Message]], limit: int
) -> list[Answer]:
    """Answer prompts with a GGUF file through llama.cpp, in this process.

    Args:
        path: The file; its own tokenizer and chat template are used.
        template: The template of tuning, whose text and tokens the prompts must have.
        prompts: As messages.
        limit: Most tokens of an answer.

    Raises:
        InputError: xllamacpp is not installed.
        ChemtuneError: llama.cpp cannot load the file, or a prompt is another one than in tuning.
    """
    check_llama()
    wanted = [template.prompt_ids(messages) for messages in prompts]
    server = _server(path, context=max(map(len, wanted)) + limit + 8)
    answers = []
    with progress("Answers of the export", len(prompts), "answers") as advance:
        for messages, ids in zip(prompts, wanted, strict=True):
            text = _post(server, "/apply-template", {"messages": messages})["prompt"]
            asked = {"content": text, "add_special": True, "parse_special": True}
            # As llama.cpp does for a chat: it puts a BOS before the text, so the template's goes.
            _same_prompt(_post(server, "/tokenize", asked)["tokens"], ids, path)
            wish = {"prompt": ids, "n_predict": limit, "temperature": 0, "n_probs": 1}
            said = _post(server, "/completion", {**wish, "return_tokens": True})
            answers.append(_answer(said, path, template))
            advance()
    return answers


def _answer(said: dict[str, Any], path: Path, template: Template) -> Answer:
    if "tokens" not in said:
        raise ChemtuneError(f"{path}: llama.cpp gives no answer: {str(said)[:200]}")
    told = iter(said.get("completion_probabilities") or [])
    tokens, logprobs = [], []
    step = next(told, None)
    for token in said["tokens"]:
        # llama.cpp tells no probability of a token that ends within a character.
        known = step is not None and step["id"] == token
        tokens.append(token)
        logprobs.append(step["logprob"] if known and step else None)
        step = next(told, None) if known else step
    ended = said["stop_type"] == "eos"
    if ended and tokens and tokens[-1] in template.tokenizer.all_special_ids:
        tokens.pop()
    return Answer(tokens, logprobs[: len(tokens)], ended)


def _server(path: Path, context: int) -> Any:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = context
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
    # Errors alone: the library tells of every layer and request on standard error.
    parameters.verbosity = -1
    try:
        return xllamacpp.Server(parameters)
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise ChemtuneError(f"{path}: llama.cpp cannot load the model: {reason}") from None


def _post(server: Any, place: str, body: dict[str, Any]) -> dict[str, Any]:
    # The server listens in this process, on loopback; no proxy stands between.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(
        server.listening_address + place,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with opener.open(request, timeout=60) as reply:
        found: dict[str, Any] = json.load(reply)
    return found


def _same_prompt(ids: list[int], wanted: list[int], place: Path) -> None:
    if list(ids) == wanted:
        return
    at = next(
        (i for i, pair in enumerate(zip(ids, wanted, strict=False)) if pair[0] != pair[1]),
        min(len(ids), len(wanted)),
    )
    raise ChemtuneError(
        f"{place}: a prompt has other tokens than in tuning, from token {at} on: "
        f"{list(ids[at : at + 5])}, not {wanted[at : at + 5]}"
    )
