"""Three side by side: documents, models, teachers and verdicts, without a browser."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import weakref
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from chemtune.checks.policy import Rule
from chemtune.dataset.build import build
from chemtune.dataset.example import read_examples
from chemtune.errors import ChemtuneError, InputError
from chemtune.evaluation.generation import generate
from chemtune.evaluation.held_out import answer_limits
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.teachers.journal import Journal
from chemtune.teachers.teacher import Request
from chemtune.use.opened import open_run
from chemtune.use.side_by_side.bench import Bench, request_of
from chemtune.use.side_by_side.held_out import Case, HeldOut
from chemtune.use.side_by_side.models import Models, Wish
from chemtune.use.side_by_side.saying import Said, say_all
from chemtune.use.side_by_side.verdict import verdict
from chemtune.use.streaming import Answer

KEYWORDS = "keyword_extraction"
OWN = Wish([{"role": "user", "content": "What is iridium oxide?"}], max_tokens=12)


@pytest.fixture
def built(tuned_run: Path, tmp_path: Path) -> Path:
    """The tuned run with its data set."""
    build(tmp_path / "recipe.yaml")
    return tuned_run


@pytest.fixture
def bench(built: Path) -> Iterator[Bench]:
    made = Bench(built)
    yield made
    made.close()


def changed(run: Path, **fields: object) -> None:
    """Change the recipe of a run."""
    import yaml

    recipe = RunFolder(run).recipe
    said = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    recipe.write_text(json.dumps(said | fields, ensure_ascii=False), encoding="utf-8")


def case_of(bench: Bench, at: int = 0) -> Case:
    held_out = bench.held_out()
    return held_out.case(KEYWORDS, held_out.places[KEYWORDS][at])


def answers(models: Models, wish: Wish) -> dict[str, Said]:
    """What the models say in the end."""

    async def ask() -> dict[str, Said]:
        return {said.which: said async for said in say_all(models, wish)}

    return asyncio.run(ask())


def test_the_documents_are_the_held_out_ones_each_with_its_example(built: Path) -> None:
    held_out = HeldOut.open(built)
    rows = pq.read_table(RunFolder(built).prepared).to_pylist()
    for task, places in held_out.places.items():
        expected = {r["id"] for r in rows if r["split"] != "train" and task in r["tasks"]}
        assert {place.id for place in places} == expected
        assert [p.split for p in places] == sorted(p.split for p in places)
        for place in places:
            case = held_out.case(task, place)
            assert case.job.document.name == place.name
            assert case.example is not None
            assert (case.example.document_id, case.example.task) == (place.id, task)
            assert case.messages == case.job.task.write(case.job.document, case.job.wording)


def test_documents_are_found_by_name_and_title_and_follow_each_other(built: Path) -> None:
    held_out = HeldOut.open(built)
    places = held_out.places[KEYWORDS]
    one = places[1]
    assert held_out.search(KEYWORDS, one.name.upper(), 9) == [one]
    assert one in held_out.search(KEYWORDS, one.title.split()[-1].lower(), 9)
    assert held_out.search(KEYWORDS, "", 2) == places[:2]
    around = [held_out.beside(KEYWORDS, places[-1].id, 1), held_out.beside(KEYWORDS, one.id, -1)]
    assert around == [places[0], places[0]]
    assert held_out.beside(KEYWORDS, "gone", 1) == places[0]
    assert held_out.place("multiple_choice", one.id) is None


def test_a_data_set_that_was_made_again_is_looked_up_anew(bench: Bench, tmp_path: Path) -> None:
    before = bench.held_out()
    place = before.places[KEYWORDS][0]
    build(tmp_path / "recipe.yaml", limit=10)
    assert bench.held_out() is not before
    with pytest.raises(InputError, match="has changed"):
        before.case(KEYWORDS, before.places[KEYWORDS][2])
    assert before.case(KEYWORDS, place).example is not None


def test_both_models_answer_as_in_the_evaluation(bench: Bench, built: Path) -> None:
    case = case_of(bench)
    said = answers(bench.models, Wish(case.messages, task=KEYWORDS))
    assert list(said) == ["untuned", "tuned"]
    examples = read_examples(RunFolder(built).dataset / "test.parquet")
    for which, one in said.items():
        student = open_run(built, untuned=which == "untuned").load()
        limit = answer_limits(student, examples, 384)[KEYWORDS]
        prompt = student.template.prompt_ids(case.messages)
        ((_, text, ended),) = generate(student, [prompt], limits=[limit])
        assert one.text.strip() == text
        assert one.finish == ("stop" if ended else "length")
        assert 0 < one.tokens <= limit
        assert one.seconds > 0
    assert said["untuned"].text != said["tuned"].text


def test_a_run_that_is_tuned_meanwhile_is_loaded_anew(built: Path, tmp_path: Path) -> None:
    adapter = RunFolder(built).adapter
    adapter.rename(tmp_path / "later")

    async def ask() -> tuple[list[str], list[str]]:
        models = Models(built)
        first = [said.which async for said in say_all(models, OWN)]
        (tmp_path / "later").rename(adapter)
        assert not models.in_memory
        second = [said.which async for said in say_all(models, OWN)]
        models.close()
        return list(dict.fromkeys(first)), list(dict.fromkeys(second))

    assert asyncio.run(ask()) == (["untuned"], ["untuned", "tuned"])


def test_an_answer_that_is_left_stops(built: Path) -> None:
    async def leave() -> tuple[int, int, int]:
        models, answer = Models(built), Answer()
        wish = Wish(OWN.messages, max_tokens=900, temperature=1.5)
        async with aclosing(models.stream("tuned", wish, answer)) as pieces:
            async for _ in pieces:
                break
        # The thread answers the next one only when it has left the first.
        assert [said async for said in say_all(models, OWN)][-1].state == "done"
        at_once = answer.tokens
        await asyncio.sleep(0.2)
        models.close()
        return at_once, answer.tokens, models.waiting

    at_once, later, waiting = asyncio.run(leave())
    assert at_once == later < 900
    assert waiting == 0


def test_two_readers_share_one_model_and_see_their_own_answers(built: Path) -> None:
    wishes = [
        Wish([{"role": "user", "content": text}], max_tokens=12) for text in ("Iridium", "전해질")
    ]
    alone = [answers(Models(built), wish)["tuned"].text for wish in wishes]

    async def together() -> tuple[list[str], int]:
        models = Models(built)
        ahead = 0

        async def ask(wish: Wish) -> str:
            nonlocal ahead
            async for said in say_all(models, wish):
                ahead = max(ahead, said.ahead)
            return said.text

        texts = await asyncio.gather(*map(ask, wishes))
        models.close()
        return texts, ahead

    texts, ahead = asyncio.run(together())
    assert texts == alone
    assert ahead == 1


def test_a_prompt_that_is_too_long_says_so_and_nothing_else_fails(bench: Bench) -> None:
    said = answers(bench.models, Wish([{"role": "user", "content": "iridium " * 3000}]))
    assert said["tuned"].state == "failed"
    assert "the model's context is 2048 tokens" in said["tuned"].error


def test_a_model_that_is_not_there_is_told_and_looked_for_again(
    bench: Bench, built: Path, tiny_model: Path, tmp_path: Path
) -> None:
    weights = RunFolder(built).adapter / "adapter_config.json"
    config = weights.read_text(encoding="utf-8")
    weights.write_text(config.replace(str(tiny_model), str(tmp_path / "gone")), encoding="utf-8")

    async def ask() -> tuple[Said, Said]:
        first = [said async for said in say_all(bench.models, OWN)][-1]
        weights.write_text(config, encoding="utf-8")
        return first, [said async for said in say_all(bench.models, OWN)][-1]

    first, second = asyncio.run(ask())
    assert first.state == "failed"
    assert "is an adapter of" in first.error
    assert second.state == "done"


def test_the_model_is_freed_at_the_end(built: Path) -> None:
    async def ask() -> weakref.ref:
        models = Models(built)
        loaded = await models.load()
        assert [said async for said in say_all(models, OWN)]
        models.close()
        with pytest.raises(ChemtuneError, match="ending"):
            await models.load()
        return weakref.ref(loaded.student.model)

    freed = asyncio.run(ask())
    gc.collect()
    assert freed() is None


def test_the_verdict_is_that_of_the_checks_with_f1_by_field(bench: Bench) -> None:
    case = case_of(bench)
    task, document = case.job.task, case.job.document
    reference = task.read(case.example.answer)["keywords"]
    right = verdict(task, document, json.dumps(reference), {}, case.reference)
    objections = [f for f in case.example.findings if f.severity != "grounded"]
    assert (right.unreadable, right.rejected) == ("", False)
    assert list(right.findings) == objections
    assert right.grounded == len(reference) - len(objections)
    assert right.agreement == {"keywords": 1.0}
    half = json.dumps([*reference[: len(reference) // 2], "unobtainium selenide"])
    found = verdict(task, document, half, {"grounding": Rule("error")}, case.reference)
    assert found.rejected
    worst = found.findings[-1]
    said = (worst.check, worst.severity, worst.value)
    assert said == ("grounding", "error", "unobtainium selenide")
    true, named = len(reference) // 2, len(reference) // 2 + 1
    assert found.agreement == {"keywords": pytest.approx(2 * true / (named + len(reference)))}
    none = verdict(task, document, "I am a language model.", {}, case.reference)
    assert none.unreadable
    assert none.agreement == {"keywords": 0.0}
    assert verdict(task, document, half, {}).agreement is None


def test_the_journals_reply_is_there_at_once_also_without_the_teacher(
    bench: Bench, built: Path
) -> None:
    case = case_of(bench)
    heard = bench.heard(case, case.job.request())
    assert case.job.task.read(heard.reply.text) == case.reference
    changed(built, teacher=endpoint("http://127.0.0.1:9", api_key_env="NO_SUCH_KEY"))
    assert Bench(built).heard(case, case.job.request()).reply == heard.reply
    changed(built, teacher={"kind": "recorded", "replies": "gone/*.jsonl"})
    other = Bench(built)
    assert other.heard(case, case.job.request()).reply == heard.reply
    # A prompt of one's own has no key, and the teacher is needed.
    assert "gone" in other.heard(None, request_of(None, OWN)).fault


def test_a_recorded_teacher_without_a_reply_cannot_be_asked(bench: Bench) -> None:
    heard = bench.heard(None, request_of(None, OWN))
    assert heard.offer.kind == "recorded"
    assert not heard.offer.can_be_asked
    assert "while one waits" in bench.ask_teacher(None, request_of(None, OWN)).fault


def test_a_document_that_brings_its_answer_has_no_teacher(bench: Bench) -> None:
    held_out = bench.held_out()
    task = "question_answering_short"
    case = held_out.case(task, held_out.places[task][0])
    assert bench.heard(case, case.job.request()).by_document


def endpoint(url: str, **fields: object) -> dict[str, object]:
    return {"kind": "endpoint", "base_url": url, "model": "m", "max_tokens": 100, **fields}


def test_an_endpoint_is_asked_once_and_the_journal_keeps_it(built: Path, server) -> None:
    price = {"input": 2.0, "output": 10.0}
    changed(built, teacher=endpoint(server.url, price=price))
    bench = Bench(built)
    request = request_of(None, OWN)
    heard = bench.heard(None, request)
    bytes_ = len(OWN.messages[0]["content"].encode())
    # At most a token a byte, and what a template puts around the message.
    assert heard.offer.most_usd == pytest.approx((2.0 * (bytes_ + 32) + 10.0 * 100) / 1e6)
    assert heard.offer.can_be_asked
    assert not server.bodies
    asked = bench.ask_teacher(None, request)
    assert asked.reply.text
    assert bench.heard(None, request).reply == asked.reply
    assert bench.ask_teacher(None, request).reply == asked.reply
    assert server.questions == [OWN.messages[0]["content"]]
    with Journal(RunFolder(built).journal) as journal:
        assert 0 < journal.spent_usd() <= heard.offer.most_usd


def test_the_budget_holds_here_too(built: Path, server) -> None:
    price = {"input": 2.0, "output": 10.0}
    changed(built, teacher=endpoint(server.url, price=price), budget_usd=0.0001)
    asked = Bench(built).ask_teacher(None, request_of(None, OWN))
    assert "the budget has no room" in asked.fault
    assert not server.bodies


def test_a_key_that_is_not_set_is_told(
    built: Path, server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    changed(built, teacher=endpoint(server.url, api_key_env="NO_SUCH_KEY"))
    bench = Bench(built)
    assert "NO_SUCH_KEY is not set" in bench.heard(None, Request("compare", "x", ())).fault
    assert "NO_SUCH_KEY is not set" in bench.ask_teacher(None, request_of(None, OWN)).fault


def test_a_run_without_a_data_set_is_told(tuned_run: Path) -> None:
    assert load_recipe(tuned_run).name == "small"
    with pytest.raises(InputError, match="chemtune build"):
        HeldOut.open(tuned_run)


def test_where_all_weights_were_tuned_there_is_no_untuned_model(
    built: Path, tiny_model: Path
) -> None:
    adapter = RunFolder(built).adapter
    shutil.rmtree(adapter)
    shutil.copytree(tiny_model, adapter)
    bench = Bench(built)
    assert bench.models.there == {"untuned": False, "tuned": True}
    assert list(answers(bench.models, OWN)) == ["tuned"]
    bench.close()
