"""The teacher that a recipe names."""

from __future__ import annotations

from pathlib import Path

from chemtune.documents.read import find_files
from chemtune.recipe.schema import AnyTeacher, EndpointTeacher
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
    from chemtune.teachers.recorded import RecordedTeacher

    return RecordedTeacher(find_files(asked.replies, base))
