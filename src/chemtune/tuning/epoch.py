"""What an epoch holds: the examples of a data set, mixed as a recipe says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chemtune.dataset.example import Example
from chemtune.dataset.mixture import (
    by_count,
    by_share,
    by_share_of_tokens,
    by_temperature,
    by_times,
    counts_of,
    mixed,
)
from chemtune.errors import InputError, Problem, nearest
from chemtune.progress import say
from chemtune.recipe.schema import Mixture


def epoch_of(
    examples: Sequence[Example],
    mixture: Mixture | None,
    presets: Mapping[str, Mapping[str, int]],
    tokens_of: Callable[[Example], int],
) -> list[Example]:
    """Return the training examples of one epoch.

    Args:
        examples: The examples of the training split.
        mixture: The recipe's; None is every example once.
        presets: The domain's mixtures by name, each the number of examples by task.
        tokens_of: Counts the tokens of an example; asked only where the mixture is by tokens.

    Raises:
        InputError: There is no preset of the mixture's name, or no example is left.
    """
    if mixture is None:
        return list(examples)
    there = counts_of(examples)
    if mixture.by == "tokens" and mixture.share is not None:
        tokens = dict.fromkeys(there, 0)
        for example in examples:
            if example.task in mixture.share:
                tokens[example.task] += tokens_of(example)
        counts = by_share_of_tokens(tokens, there, mixture.share, mixture.total)
    else:
        counts = _counts(mixture, there, presets)
    chosen = mixed(examples, counts)
    if examples and not chosen:
        message = f"takes no example: it names {', '.join(counts) or 'no task'}, and there are "
        message += ", ".join(f"{n} of {task}" for task, n in there.items())
        raise InputError(Problem(message, field="tuning.mixture"))
    return chosen


def _counts(
    mixture: Mixture, there: Mapping[str, int], presets: Mapping[str, Mapping[str, int]]
) -> dict[str, int]:
    if mixture.times is not None:
        return by_times(there, mixture.times)
    if mixture.share is not None:
        return by_share(there, mixture.share, mixture.total)
    if mixture.temperature is not None:
        return by_temperature(there, mixture.temperature, mixture.total)
    wanted: Mapping[str, int] = mixture.count or {}
    if mixture.preset is not None:
        if mixture.preset not in presets:
            remedy = nearest(mixture.preset, list(presets))
            message = f"the domain has no mixture {mixture.preset!r}"
            raise InputError(Problem(message, field="tuning.mixture.preset", remedy=remedy))
        wanted = presets[mixture.preset]
    for task, number in wanted.items():
        if number > there.get(task, 0):
            say(f"the mixture asks for {number} examples of {task}; there are {there.get(task, 0)}")
    return by_count(there, wanted)
