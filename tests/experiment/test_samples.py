from __future__ import annotations

from collections import Counter

from chemtune.dataset.plan import tasks_of
from chemtune.experiment.samples import choose, make_samples, read_reply

from .conftest import ANSWERS, FakeRun, make_example


def test_even_over_the_tasks_and_the_same_in_any_order() -> None:
    examples = [make_example(task, i) for task in ANSWERS for i in range(9)]
    chosen = choose(examples, 10)
    assert sorted(Counter(e.task for e in chosen).values()) == [3, 3, 4]
    assert [e.task for e in chosen] == sorted((e.task for e in chosen), key=list(ANSWERS).index)
    backwards = sorted(
        examples, key=lambda e: (list(ANSWERS).index(e.task), -int(e.document_id, 16))
    )
    assert choose(backwards, 10) == chosen


def test_a_task_with_few_examples_leaves_its_turns_to_the_others() -> None:
    few = [make_example("keyword_extraction", 0)]
    many = [make_example("summarization_extraction", i) for i in range(20)]
    assert Counter(e.task for e in choose(few + many, 10)).most_common(1)[0][1] == 9


def test_replies_are_read_as_the_evaluation_reads_them(whole_run: FakeRun) -> None:
    task = tasks_of(whole_run.recipe)["keyword_extraction"]
    assert read_reply(task, '["KOH"]') == "readable"
    assert read_reply(task, "none") == "unreadable: holds no JSON list"
    assert read_reply(None, "none") == ""


def test_cut_off_and_missing_replies_are_said() -> None:
    one, two = make_example("keyword_extraction", 1), make_example("keyword_extraction", 2)
    rows = {
        "before": {one.id: {"reply": "", "ended": None}, two.id: {"reply": "x", "ended": False}},
        "after": {one.id: {"reply": "x", "ended": True}},
    }
    samples = {s.example.id: s.replies for s in make_samples([one, two], rows, {}, 10)}
    assert samples[one.id][0].remark == "the prompt is longer than the model's context"
    assert samples[two.id][0].remark == "cut off at the limit"
    assert samples[one.id][1].remark == ""
    assert samples[two.id][1].text is None
