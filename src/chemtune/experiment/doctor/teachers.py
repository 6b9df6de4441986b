"""The teachers of a recipe: key, terms, price, and what the journal holds; none is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from chemtune.dataset.job import Job
from chemtune.dataset.open_teacher import open_teacher, price_of, terms_of
from chemtune.errors import ChemtuneError
from chemtune.experiment.doctor.chart import Chart, Level, address, here, span
from chemtune.experiment.doctor.survey import Survey
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import AnyTeacher, Recipe, RecordedTeacher
from chemtune.recipe.teacher_settings import LocalTeacher, ServedTeacher
from chemtune.teachers.journal import key_of
from chemtune.teachers.kept import look_up
from chemtune.teachers.local import check_file
from chemtune.teachers.teacher import RequestRefused, Teacher

_Opened = tuple[AnyTeacher, Teacher | None]
NEAR = ("localhost", "127.0.0.1", "::1")


def look_at_teachers(recipe: Recipe, met: Survey | None) -> Chart:
    """Look at everybody who is to be asked.

    Args:
        recipe: The recipe.
        met: A walk through its documents, where there could be one.
    """
    chart = Chart("teacher")
    opened: list[_Opened] = []
    for about, asked in _everybody(recipe):
        if isinstance(asked, ServedTeacher):
            _address(chart, about, asked)
        opened.append((asked, _opened(chart, about, asked, recipe)))
        terms = terms_of(asked)
        if terms:
            remedy = f"read the provider's own; {about}.terms notes down what you were told"
            chart.warn(f"{about}, terms", terms, remedy)
    if met is not None and met.documents:
        spent = _journal(chart, recipe, met, opened)
        _cost(chart, recipe, met, spent)
    return chart


def _everybody(recipe: Recipe) -> list[tuple[str, AnyTeacher]]:
    """The teachers, each once, with the field of the recipe."""
    fields: list[tuple[str, AnyTeacher | None]] = [("teacher", recipe.teacher)]
    if all(source.teacher is not None for source in recipe.documents):
        fields = []
    fields += [(f"documents[{n}].teacher", one.teacher) for n, one in enumerate(recipe.documents)]
    fields += [("second.teacher", recipe.second.teacher if recipe.second else None)]
    fields += [("judge.teacher", recipe.judge.teacher if recipe.judge else None)]
    found: list[tuple[str, AnyTeacher]] = []
    for about, asked in fields:
        if asked is not None and asked not in [other for _, other in found]:
            found.append((about, asked))
    return found


def _address(chart: Chart, about: str, asked: ServedTeacher) -> None:
    host = urlsplit(asked.base_url).hostname or ""
    near = host in NEAR or host.endswith((".local", ".internal")) or "." not in host
    shown = address(asked.base_url)
    if asked.base_url != shown and "@" in urlsplit(asked.base_url).netloc:
        remedy = f"{about}.api_key_env: NAME, so that the key stands in no file"
        chart.warn(about, f"a name or password stands in the address of {shown}", remedy)
    if asked.api_key_env is None and not near:
        remedy = f"{about}.api_key_env: NAME, the variable that holds it"
        chart.warn(about, f"{asked.model} at {shown} is asked without a key", remedy)
    elif asked.api_key_env and not near and asked.base_url.startswith("http:"):
        remedy = "an address that begins with https://"
        chart.warn(about, f"the key goes to {shown} unencrypted", remedy)


def _opened(chart: Chart, about: str, asked: AnyTeacher, recipe: Recipe) -> Teacher | None:
    """The teacher, not asked yet; None where it cannot be opened, or it would take long."""
    try:
        if isinstance(asked, LocalTeacher):
            path = recipe.folder / asked.path
            check_file(path)
            chart.ok(about, f"{path.name}, in this process")
            return None
        opened = open_teacher(asked, recipe.folder)
    except ChemtuneError as error:
        chart.failed(error, about)
        return None
    if isinstance(asked, RecordedTeacher):
        chart.ok(about, f"recorded replies in {asked.replies}")
    elif isinstance(asked, ServedTeacher):
        key = f"the key is in {asked.api_key_env}" if asked.api_key_env else "no key"
        said = f"{asked.model} at {address(asked.base_url)}, {asked.kind}; {key}; not asked now"
        chart.ok(about, said)
    return opened  # type: ignore[return-value]  # a BatchTeacher tells requests as others do


def _journal(chart: Chart, recipe: Recipe, met: Survey, opened: Sequence[_Opened]) -> float:
    """Say how much the journal holds of what would be asked; returns what was spent."""
    path = (
        recipe.folder / recipe.journal if recipe.journal else RunFolder(recipe.run_folder).journal
    )
    asked = [job for job in met.jobs if job.known() is None]
    lost: list[Job] = []
    keys = list(_keys(asked, met, opened, lost))
    if lost:
        names = ", ".join(f"{job.document.name} ({job.task.name})" for job in lost[:3])
        said = f"{len(lost)} of {len(asked)} requests have no recorded reply, such as {names}"
        remedy = "record them, or ask another teacher: these examples will be missing"
        level: Level = "fault" if len(lost) == len(asked) and not met.known else "warning"
        chart.add(level, "teacher.replies", said, remedy)
    try:
        kept = look_up(path, keys)
    except ChemtuneError as error:
        chart.failed(error, "journal")
        return 0.0
    first = f"the first {len(asked)}" if len(asked) < met.loads.requests else str(len(asked))
    if path.exists():
        said = f"{kept.replies} of {first} requests are answered already, and cost nothing"
        chart.ok("journal", f"{here(path)}: {said if keys else 'not looked up for this teacher'}")
    else:
        chart.ok("journal", f"{here(path)}: begun by the first build")
    return kept.spent_usd


def _keys(
    jobs: Iterable[Job], met: Survey, opened: Sequence[_Opened], lost: list[Job]
) -> Iterator[str]:
    """The journal's keys of requests; `lost` takes those that no recorded reply is there for."""
    by_part = [next(t for asked, t in opened if asked == wanted) for wanted in met.teachers]
    for job in jobs:
        teacher = by_part[job.part]
        if teacher is None:
            continue
        try:
            canonical = teacher.canonical(job.request())
            yield key_of(canonical)
        except RequestRefused:
            continue
        if canonical["kind"] == "recorded" and canonical["reply_sha256"] is None:
            lost.append(job)


def _cost(chart: Chart, recipe: Recipe, met: Survey, spent: float) -> None:
    loads = met.loads
    if not loads.requests:
        chart.ok("cost", "nothing is asked: the documents bring their answers")
        return
    said = (
        f"{loads.requests} requests, about {loads.prompt_tokens:,} tokens of prompts and at most "
        f"{loads.reply_tokens:,} of replies"
    )
    seconds = loads.seconds()
    said += f", {span(seconds)} at the limits" if seconds else ""
    cost, budget = loads.cost_usd(needed=False), recipe.budget_usd
    if cost is None:
        _no_price(chart, recipe, f"{said}{met.part}")
        return
    said += f": at most {cost:.2f} USD, where every reply is as long as it may be{met.part}"
    free = all(_free(load.teacher) for load in loads.all)
    if budget is not None and cost > budget - spent:
        left = f"budget_usd {budget:g}, of which {spent:.2f} is spent"
        remedy = "raise budget_usd, lower teacher.max_tokens, or take fewer documents (limit)"
        chart.warn("cost", f"{said}; {left}: asking may stop before the end", remedy)
    elif budget is None and not free:
        chart.note("cost", f"{said}; no budget is set", f"budget_usd: {max(1, round(cost * 1.2))}")
    else:
        chart.ok("cost", f"{loads.requests} requests, which cost nothing" if free else said)


def _no_price(chart: Chart, recipe: Recipe, said: str) -> None:
    remedy = "teacher.price: {input: ..., output: ...}, US dollars for a million tokens"
    if recipe.budget_usd is not None:
        said += "; the price is not known, and a budget needs it"
        chart.fault("cost", said, remedy)
    else:
        own = "{input: 0, output: 0} for a server of your own"
        chart.note("cost", f"{said}; the price is not known", f"{remedy}; {own}")


def _free(teacher: AnyTeacher) -> bool:
    price = price_of(teacher)
    return price is not None and not (price.input or price.output)
