"""A tokenizer of transformers as llama.cpp wants it: tokens, merges or scores, splitting."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from gguf import GGUFWriter, TokenType

from chemtune.errors import InputError, Problem
from chemtune.models.template import Template

# The regular expressions by which byte-level tokenizers split a text, and llama.cpp's name for each
# but for the digits, of which one to three (Llama 3) or one (Qwen) make a piece.
LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPLITS = {LLAMA_3: "llama-bpe", LLAMA_3.replace("{1,3}", ""): "qwen2"}
SPACE = "▁"


@dataclass(frozen=True)
class Vocabulary:
    """What a GGUF file says of a tokenizer.

    Attributes:
        model: "gpt2" (byte-level merges) or "llama" (SentencePiece's merges, as scores).
        pre: llama.cpp's name for how a text is split before the merges.
        tokens: By id.
        types: llama.cpp's kind of each token.
        merges: "a b" each, the first to be made first; None in "llama".
        scores: The larger, the sooner a token is made; None in "gpt2".
        space_prefix: Whether a space is put before a text; None in "gpt2".
        add_bos: Whether the tokenizer puts a BOS before a text that no template wrote.
    """

    model: str
    pre: str
    tokens: list[str]
    types: list[int]
    merges: list[str] | None
    scores: list[float] | None
    space_prefix: bool | None
    add_bos: bool

    def write(self, writer: GGUFWriter, template: Template) -> None:
        """Write the vocabulary, its special tokens and the chat template."""
        tokenizer = template.tokenizer
        writer.add_tokenizer_model(self.model)
        writer.add_tokenizer_pre(self.pre)
        writer.add_token_list(self.tokens)
        writer.add_token_types(self.types)
        if self.merges is not None:
            writer.add_token_merges(self.merges)
        if self.scores is not None:
            writer.add_token_scores(self.scores)
        if self.space_prefix is not None:
            writer.add_add_space_prefix(self.space_prefix)
        for kind in ("bos", "eos", "unk", "pad"):
            token = getattr(tokenizer, f"{kind}_token_id", None)
            if token is not None:
                getattr(writer, f"add_{kind}_token_id")(int(token))
        if template.end_id != tokenizer.eos_token_id:
            writer.add_eot_token_id(template.end_id)
        writer.add_add_bos_token(self.add_bos)
        writer.add_chat_template(template.text)


def read_vocabulary(tokenizer: Any, size: int) -> Vocabulary:
    """Return the vocabulary of a tokenizer.

    Args:
        tokenizer: Of transformers, with a backend of the tokenizers library.
        size: Rows of the model's embeddings; those without a token are filled up.

    Raises:
        InputError: It splits texts in a way that llama.cpp has no name for, or is no BPE.
    """
    whole = json.loads(tokenizer.backend_tokenizer.to_str())
    if whole["model"].get("type") != "BPE":
        raise _unknown(f"its model is {whole['model'].get('type')}, not BPE")
    if whole["model"].get("byte_fallback"):
        return _sentence_pieces(tokenizer, whole, size)
    tokens, types = _tokens(tokenizer, size, byte_tokens=False)
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in _merges(whole)]
    pre = _splitting(whole)
    return Vocabulary("gpt2", pre, tokens, types, merges, None, None, adds_bos(tokenizer))


def _sentence_pieces(tokenizer: Any, whole: dict[str, Any], size: int) -> Vocabulary:
    tokens, types = _tokens(tokenizer, size, byte_tokens=True)
    # SentencePiece makes the token with the largest score first; merges are in that order.
    rank: dict[str, int] = {}
    for order, pair in enumerate(_merges(whole)):
        made = pair.replace(" ", "", 1) if isinstance(pair, str) else "".join(pair)
        rank.setdefault(made, order)
    scores = [-float(rank.get(token, len(rank))) for token in tokens]
    return Vocabulary(
        "llama",
        "default",
        tokens,
        types,
        None,
        scores,
        _space_first(tokenizer),
        adds_bos(tokenizer),
    )


def _tokens(tokenizer: Any, size: int, *, byte_tokens: bool) -> tuple[list[str], list[int]]:
    by_id = {number: token for token, number in tokenizer.get_vocab().items()}
    added = tokenizer.added_tokens_decoder
    tokens, types = [], []
    for number in range(size):
        token = by_id.get(number)
        if token is None:
            tokens.append(f"[PAD{number}]")
            types.append(TokenType.UNUSED)
            continue
        if number in added:
            special = added[number].special
            kind = TokenType.CONTROL if special else TokenType.USER_DEFINED
            token = added[number].content
        elif byte_tokens and re.fullmatch("<0x[0-9A-Fa-f]{2}>", token):
            kind = TokenType.BYTE
        else:
            kind = TokenType.NORMAL
        if number == tokenizer.unk_token_id and byte_tokens:
            kind = TokenType.UNKNOWN
        tokens.append(token)
        types.append(kind)
    return tokens, [int(kind) for kind in types]


def _merges(whole: dict[str, Any]) -> list[Any]:
    return list(whole["model"]["merges"])


def _splitting(whole: dict[str, Any]) -> str:
    steps = _steps(whole.get("pre_tokenizer"))
    if whole.get("normalizer") not in (None, {"type": "NFC"}):
        raise _unknown("it normalizes texts")
    kinds = [step["type"] for step in steps]
    own_regex = bool(steps) and kinds[-1] == "ByteLevel" and steps[-1].get("use_regex", True)
    if any(step.get("add_prefix_space") for step in steps):
        raise _unknown("it puts a space before texts")
    if kinds == ["ByteLevel"] and own_regex:
        return "gpt-2"
    if kinds == ["Digits", "ByteLevel"] and steps[0].get("individual_digits") and own_regex:
        return "smollm"
    if kinds == ["Split", "ByteLevel"] and not own_regex:
        name = SPLITS.get(steps[0]["pattern"].get("Regex", ""))
        if name is not None:
            return name
    raise _unknown(f"it splits texts by {', '.join(kinds) or 'nothing'} in a way of its own")


def _steps(pre_tokenizer: dict[str, Any] | None) -> list[dict[str, Any]]:
    if pre_tokenizer is None:
        return []
    if pre_tokenizer["type"] == "Sequence":
        return [step for part in pre_tokenizer["pretokenizers"] for step in _steps(part)]
    return [pre_tokenizer]


def _space_first(tokenizer: Any) -> bool:
    """Whether a space is put before a text, behind the BOS where prompts begin with one.

    Some tokenizers put it before a text's first word alone, which a BOS keeps from being the first.
    """
    before = tokenizer.bos_token if adds_bos(tokenizer) else ""
    ids = tokenizer(f"{before}a", add_special_tokens=False)["input_ids"]
    first = tokenizer.convert_ids_to_tokens(ids[1 if before else 0])
    return bool(first.startswith(SPACE))


def adds_bos(tokenizer: Any) -> bool:
    """Return whether a tokenizer puts a BOS before a text that no template wrote."""
    ids = tokenizer("a")["input_ids"]
    return tokenizer.bos_token_id is not None and ids[:1] == [tokenizer.bos_token_id]


def _unknown(reason: str) -> InputError:
    remedy = "export with --to hf, and convert with llama.cpp's own convert_hf_to_gguf.py"
    return InputError(Problem(f"llama.cpp has no such tokenizer: {reason}", remedy=remedy))
