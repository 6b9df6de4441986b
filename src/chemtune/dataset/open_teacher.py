"""The teacher that a recipe names."""

from __future__ import annotations

from pathlib import Path

from chemtune.documents.read import find_files
from chemtune.errors import InputError, Problem
from chemtune.recipe.schema import AnyTeacher, EndpointTeacher, LocalTeacher, ServedTeacher
from chemtune.teachers.prices import Price, listed_price
from chemtune.teachers.teacher import Teacher


def open_teacher(asked: AnyTeacher, base: Path) -> Teacher:
    """Return the teacher that a recipe in the folder `base` names.

    Raises:
        InputError: Its replies are not there, or its key is not set.
    """
    if isinstance(asked, EndpointTeacher):
        from chemtune.teachers import endpoint

        return endpoint.EndpointTeacher(
            asked.base_url,
            asked.model,
            api_key=endpoint.api_key_from_env(asked.api_key_env),
            temperature=asked.temperature,
            max_tokens=asked.max_tokens,
            seed=asked.seed,
            concurrency=asked.concurrency,
            timeout_s=asked.timeout_s,
            retries=asked.retries,
            flavour=asked.flavour,
            api_version=asked.api_version,
            json_schema=asked.json_schema,
            rpm=asked.rpm,
            tpm=asked.tpm,
            extra=asked.extra,
        )
    if isinstance(asked, LocalTeacher):
        from chemtune.teachers import local

        return local.LocalTeacher(
            base / asked.path,
            temperature=asked.temperature,
            max_tokens=asked.max_tokens,
            seed=asked.seed,
            context=asked.context,
            parallel=asked.parallel,
            threads=asked.threads,
        )
    from chemtune.teachers.recorded import RecordedTeacher

    return RecordedTeacher(find_files(asked.replies, base))


def price_of(asked: AnyTeacher, *, needed: bool = False) -> Price | None:
    """Return what a teacher costs: the recipe's price, else the table's; None where not known.

    A teacher who is not asked over the network costs nothing.

    Raises:
        InputError: The price is needed, for there is a budget, and is not known.
    """
    if not isinstance(asked, ServedTeacher):
        return Price(0.0, 0.0)
    if asked.price is not None:
        return Price(asked.price.input, asked.price.output)
    listed = listed_price(asked.model, asked.base_url)
    if listed is None and needed:
        fault = f"the price of {asked.model!r} at {asked.base_url} is not known"
        remedy = "write `price: {input: ..., output: ...}`, US dollars for a million tokens"
        raise InputError(Problem(fault, field="teacher.price", remedy=remedy))
    return listed
