"""Examples as the model meets them: which tokens are read and which are learned."""

from __future__ import annotations

from typing import Any

from chemtune.dataset.example import read_examples
from chemtune.domains import find_domain
from chemtune.models.load import load_tokenizer
from chemtune.models.resolve import resolve_model
from chemtune.models.template import Template
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe
from chemtune.tuning.encode import encode, token_count
from chemtune.tuning.epoch import epoch_of


def preview_tokens(recipe: Recipe) -> dict[str, Any]:
    """Return the first training example of each task that is tuned on, decoded from its tokens.

    Returns:
        `examples`, each with `task`, `tokens` and `learned` (counts), `prompt` and `answer`: the
        text of the tokens that are read and of those that are learned, special tokens shown.
    """
    tokenizer = load_tokenizer(resolve_model(recipe.model, recipe.folder))
    template = Template.of(tokenizer)
    shown = []
    examples = epoch_of(
        read_examples(RunFolder(recipe.run_folder).dataset / "train.parquet"),
        recipe.tuning.mixture,
        find_domain(recipe.domain, recipe.folder).mixtures,
        lambda example: token_count(example, template),
    )
    for task in dict.fromkeys(example.task for example in examples):
        first = next(example for example in examples if example.task == task)
        (encoded,) = encode([first], template)
        start = encoded.answer_start
        shown.append(
            {
                "task": task,
                "tokens": len(encoded.ids),
                "learned": encoded.label_count,
                "prompt": tokenizer.decode(encoded.ids[:start]),
                "answer": tokenizer.decode(encoded.ids[start:]),
            }
        )
    return {"examples": shown}
