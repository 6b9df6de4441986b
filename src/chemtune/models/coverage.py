"""How well a vocabulary covers Korean and English: tokens a Hangul syllable, tokens a word."""

from __future__ import annotations

import re
from typing import Any

# Plain sentences of chemistry; the tokens of spaces and marks are counted too.
KOREAN = (
    "전해질의 이온 전도도는 온도가 높을수록 커진다. 촉매를 넣으면 반응의 활성화 에너지가 낮아져 "
    "같은 온도에서도 생성물이 더 빨리 만들어진다. 산과 염기가 만나면 물과 염이 생기며, 이때 나오는 "
    "열을 중화열이라고 한다. 금속 표면의 산화막은 부식을 늦추지만, 염화 이온이 있으면 쉽게 깨진다."
)
ENGLISH = (
    "The ionic conductivity of an electrolyte grows with temperature. A catalyst lowers the "
    "activation energy of a reaction, so that the product forms faster at the same temperature. "
    "An acid and a base give water and a salt, and the heat that they release is called the heat "
    "of neutralization. An oxide film slows the corrosion of a metal, but chloride breaks it."
)
SYLLABLE = re.compile("[가-힣]")


def tokens_per_syllable(tokenizer: Any) -> float:
    """Return how many tokens `tokenizer` spends on a Hangul syllable of a Korean text.

    0.8 to 1.1 for vocabularies with Korean words (Gemma 3, Llama 3.1, Qwen3). From 2 upward (Llama
    2, SmolLM2) many or all syllables are spelled in bytes, three of them a syllable: Korean is then
    slow, takes much of the context, and is hard to learn.
    """
    return _count(tokenizer, KOREAN) / len(SYLLABLE.findall(KOREAN))


def tokens_per_word(tokenizer: Any) -> float:
    """Return how many tokens `tokenizer` spends on a word of an English text."""
    return _count(tokenizer, ENGLISH) / len(ENGLISH.split())


def _count(tokenizer: Any, text: str) -> int:
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])
