"""The teacher that a recipe names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chemtune.documents.read import find_files
from chemtune.errors import InputError, Problem
from chemtune.recipe import teacher_settings
from chemtune.recipe.teacher_settings import AnyTeacher
from chemtune.teachers.prices import Price, listed_price
from chemtune.teachers.terms import listed_terms

if TYPE_CHECKING:
    from chemtune.teachers.batch import BatchTeacher
    from chemtune.teachers.endpoint import EndpointTeacher
    from chemtune.teachers.teacher import Teacher


def open_teacher(asked: AnyTeacher, base: Path) -> Teacher | BatchTeacher:
    """Return the teacher that a recipe in the folder `base` names.

    Raises:
        InputError: Its replies are not there, or its key is not set.
    """
    if isinstance(asked, teacher_settings.EndpointTeacher):
        return _endpoint(
            asked,
            concurrency=asked.concurrency,
            timeout_s=asked.timeout_s,
            retries=asked.retries,
            rpm=asked.rpm,
            tpm=asked.tpm,
        )
    if isinstance(asked, teacher_settings.BatchTeacher):
        from chemtune.teachers.batch import BatchTeacher

        return BatchTeacher(
            _endpoint(asked, timeout_s=asked.timeout_s, retries=asked.retries),
            poll_s=asked.poll_s,
            wait_s=None if asked.wait_hours is None else asked.wait_hours * 3600,
            most_requests=asked.batch_requests,
            at_once=asked.at_once,
        )
    if isinstance(asked, teacher_settings.LocalTeacher):
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
    if isinstance(asked, teacher_settings.NoTeacher):
        from chemtune.teachers.absent import AbsentTeacher

        return AbsentTeacher()
    from chemtune.teachers.recorded import RecordedTeacher

    return RecordedTeacher(find_files(asked.replies, base))


def _endpoint(asked: teacher_settings.ServedTeacher, **how: Any) -> EndpointTeacher:
    from chemtune.teachers import endpoint

    return endpoint.EndpointTeacher(
        asked.base_url,
        asked.model,
        api_key=endpoint.api_key_from_env(asked.api_key_env),
        temperature=asked.temperature,
        max_tokens=asked.max_tokens,
        seed=asked.seed,
        flavour=asked.flavour,
        api_version=asked.api_version,
        json_schema=asked.json_schema,
        extra=asked.extra,
        **how,
    )


def price_of(asked: AnyTeacher, *, needed: bool = False) -> Price | None:
    """Return what a teacher costs: the recipe's price, else the table's; None where not known.

    A teacher who is not asked over the network costs nothing.

    Raises:
        InputError: The price is needed, for there is a budget, and is not known.
    """
    if not isinstance(asked, teacher_settings.ServedTeacher):
        return Price(0.0, 0.0)
    if asked.price is not None:
        return Price(asked.price.input, asked.price.output)
    batch = isinstance(asked, teacher_settings.BatchTeacher)
    listed = listed_price(asked.model, asked.base_url, batch=batch)
    if listed is None and needed:
        fault = f"the price of {asked.model!r} at {asked.base_url} is not known"
        remedy = "write `price: {input: ..., output: ...}`, US dollars for a million tokens"
        raise InputError(Problem(fault, field="teacher.price", remedy=remedy))
    return listed


def terms_of(asked: AnyTeacher) -> str:
    """Return what a teacher's terms say of training on its replies: the recipe's word, or "".

    Where the recipe is silent, what is noted of the provider at the teacher's address.
    """
    if asked.terms is not None:
        return asked.terms
    return listed_terms(asked.base_url) if isinstance(asked, teacher_settings.ServedTeacher) else ""
