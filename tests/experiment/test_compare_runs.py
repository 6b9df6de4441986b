from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from scipy.stats import binomtest, fisher_exact

from chemtune.errors import InputError
from chemtune.evaluation.content import content_of
from chemtune.experiment.claim import claim
from chemtune.experiment.compare_runs import compare
from chemtune.experiment.run_table import print_runs
from chemtune.files import write_json
from chemtune.wording.translate import worded_in
from conftest import SHARED

from .conftest import EXAM, FakeRun, fill, make_rows

LLAMA = SHARED / "mmlu/llama2_7b_fl_predictions/high_school_chemistry_predictions.csv"
KEY = "ABCD" * 10


def table(path: Path, chosen: str, key: str = KEY, **columns: list[Any]) -> Path:
    """A table of predictions, a character a question; "-" is no answer."""
    rows = {
        "id": [f"q{i}" for i in range(len(key))],
        "key": list(key),
        "chosen": ["" if said == "-" else said for said in chosen],
    } | columns
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(rows)
        writer.writerows(zip(*rows.values(), strict=True))
    return path


def only(result: dict[str, Any]) -> dict[str, Any]:
    (comparison,) = result["comparisons"]
    return comparison


def printed(result: dict[str, Any], width: int = 80) -> str:
    out = io.StringIO()
    print_runs(Console(file=out, width=width), result)
    return out.getvalue()


def reseeded(run: FakeRun, path: Path, seed: int, **changes: Any) -> FakeRun:
    """A run of the same recipe with another seed, and other changes to the recipe."""
    other = FakeRun(path)
    other.recipe = other.recipe.model_copy(update={"seed": seed, "name": path.name, **changes})
    other.folder.begin(other.recipe)
    return fill(other)


@pytest.mark.skipif(not LLAMA.is_file(), reason="needs the shared data")
def test_llama_2_before_and_after_federated_tuning() -> None:
    result = compare([f"{LLAMA}:ckpt0", f"{LLAMA}:ckpt200"])
    found = only(result)
    assert [(v["count"], v["total"]) for v in found["values"]] == [(75, 203), (66, 203)]
    assert found["p"] == pytest.approx(0.136, abs=5e-4)
    assert found["p_holm"] == found["p"]
    assert (found["gained"], found["lost"]) == (10, 19)
    assert result["claim"] == (
        "Nothing can be said of ckpt200 against ckpt0 in high_school_chemistry_predictions:"
        " 66/203 against 75/203, p = 0.136."
    )
    text = printed(result)
    assert "0.136" in text
    assert result["claim"] in text


def test_a_run_alone_is_compared_with_itself_before_tuning(whole_run: FakeRun) -> None:
    result = compare([whole_run.path])
    assert [run["name"] for run in result["runs"]] == ["before", "after"]
    exam = next(c for c in result["comparisons"] if c["name"] == EXAM)
    # C to all of 20 is right on five, and after it all five still are.
    assert [v["count"] for v in exam["values"]] == [5, 14]
    assert (exam["gained"], exam["lost"], exam["examples"]) == (9, 0, 20)
    assert exam["p"] == binomtest(9, 9).pvalue
    assert exam["letters"] == {"before": {"letter": "C", "count": 20, "total": 20}}
    readable = [c for c in result["comparisons"] if c["measure"] == "readable"]
    assert len(readable) == 3
    # Four documents, three of them better: p is 2 / 2**3, however large it looks.
    assert {(c["difference"], c["p"], c["examples"]) for c in readable} == {(0.75, 0.25, 4)}
    assert exam["p_holm"] == exam["p"] * len(result["comparisons"])
    assert result["claim"].endswith(
        f"before (C to 20 of 20 questions) gives one letter in {EXAM}, which is no knowledge."
    )


def test_all_measures_of_tasks_are_a_larger_family(whole_run: FakeRun) -> None:
    main = compare([whole_run.path])["comparisons"]
    every = compare([whole_run.path], every_measure=True)["comparisons"]
    names = {(c["name"], c["measure"]) for c in main}
    assert names < {(c["name"], c["measure"]) for c in every}
    scores = json.loads((whole_run.folder.evaluation / "scores.json").read_text("utf-8"))
    for c in every:
        if c["measure"] in ("right answers", "readable"):
            continue
        cards = [scores[side]["tasks"][c["name"]]["measures"][c["measure"]] for side in scores]
        assert [v["value"] for v in c["values"]] == pytest.approx([card["value"] for card in cards])
        assert (c["test"] == "exact McNemar") == ("count" in c["values"][0])
        assert c["better"] == cards[0]["better"]


def test_what_holds_after_holm_is_named_and_the_rest_is_not(tmp_path: Path) -> None:
    half = "".join(k if i % 2 else "ABCD"["ABCD".index(k) - 1] for i, k in enumerate(KEY))
    runs = [
        table(tmp_path / "half.csv", half),
        table(tmp_path / "right.csv", KEY),
        table(tmp_path / "same.csv", half[:-6] + KEY[-6:]),
    ]
    result = compare(runs)
    right, same = result["comparisons"]
    assert right["p_holm"] == pytest.approx(2 * binomtest(20, 20).pvalue)
    assert (right["holds"], same["holds"]) == (True, False)
    assert same["p"] == same["p_holm"] == binomtest(3, 3).pvalue
    assert result["claim"] == (
        "Of 2 comparisons 1 holds after Holm's correction: right is better than half in half"
        " (40/40 against 20/40, p < 0.001); nothing can be said of same against half in half."
    )


def test_a_favourite_letter_is_never_called_better(tmp_path: Path) -> None:
    key = "A" * 30 + "BCD" * 3
    letter = table(tmp_path / "letter.csv", "A" * 39, key)
    other = table(tmp_path / "other.csv", "BCD" * 10 + "BCD" * 3, key)
    result = compare([other, letter])
    assert only(result)["holds"]
    assert "letter scores higher than other" in result["claim"]
    assert "better" not in result["claim"]
    assert "letter (A to 39 of 39 questions) gives one letter in" in result["claim"]


def test_forms_of_predictions_say_the_same(tmp_path: Path) -> None:
    said = "ABCD" * 5 + "DDDD" * 4 + "ABC-"
    first = table(tmp_path / "first.csv", "B" * 40)
    ids = [f"q{i}" for i in range(40)]
    truth = [k == c for k, c in zip(KEY, said, strict=True)]
    lines = [
        json.dumps({"doc_id": i, "target": k, "acc": float(t)})
        for i, k, t in zip(ids, KEY, truth, strict=True)
    ]
    (tmp_path / "harness.jsonl").write_text("\n".join(lines), encoding="utf-8")
    pq.write_table(
        pa.table({"question_id": ids, "gold": list(KEY), "mine": list(said)}),
        tmp_path / "other.parquet",
    )
    whole = only(compare([first, table(tmp_path / "whole.csv", said)]))
    for other in ("harness.jsonl", "other.parquet:mine"):
        found = only(compare([first, f"{tmp_path / other}"]))
        blind = "whether harness gives one letter is not known, only right or wrong"
        assert (blind in found["notes"]) == (other == "harness.jsonl")
        for field in ("p", "gained", "lost", "interval95", "difference"):
            assert found[field] == whole[field], other


def test_only_common_questions_are_compared_and_it_is_said(tmp_path: Path) -> None:
    first = table(tmp_path / "first.csv", KEY)
    second = table(tmp_path / "second.csv", "A" * 30, KEY[:30])
    found = only(compare([first, second]))
    assert found["examples"] == 30
    assert [v["count"] for v in found["values"]] == [30, 8]
    assert found["notes"] == ("over the 30 questions common to all (first 40, second 30)",)


def test_other_questions_under_the_same_id_are_refused(tmp_path: Path) -> None:
    first = table(tmp_path / "first.csv", KEY, question=[f"Question {i}" for i in range(40)])
    turned = table(tmp_path / "turned.csv", KEY, KEY[1:] + KEY[0])
    with pytest.raises(InputError, match="'q0' is another one: its key differs"):
        compare([first, turned])
    texts = [f"Question {i + (i == 7)}" for i in range(40)]
    other = table(tmp_path / "other.csv", KEY, question=texts)
    with pytest.raises(InputError, match="'q7' is another one: its text differs"):
        compare([first, other])
    spaced = [f"Question\n {i} " for i in range(40)]
    assert only(compare([first, table(tmp_path / "spaced.csv", KEY, question=spaced)]))["p"] == 1
    strangers = table(tmp_path / "strangers.csv", KEY, id=[f"x{i}" for i in range(40)])
    with pytest.raises(InputError, match="no question is common"):
        compare([first, strangers])


def test_other_ids_are_paired_by_text(tmp_path: Path) -> None:
    texts = [f"Question {i}" for i in range(39)] + ["Question 38"]
    first = table(tmp_path / "first.csv", "A" * 40, question=texts)
    lines = [
        {"doc_id": i, "doc": {"question": text}, "target": "ABCD".index(k), "acc": float(i < 20)}
        for i, (text, k) in enumerate(zip(texts, KEY, strict=True))
    ]
    harness = tmp_path / "samples_exam.jsonl"
    harness.write_text("\n".join(map(json.dumps, reversed(lines))), encoding="utf-8")
    found = only(compare([first, harness]))
    # Of the first 20 all are right against five; of the next 18 (two have one text) five are.
    assert (found["examples"], found["gained"], found["lost"]) == (38, 15, 5)
    assert found["notes"][0].startswith("over the 38 questions, paired by their text, common")


def test_content_of_a_question_of_a_run(own_run: FakeRun, tmp_path: Path) -> None:
    rows = [{**row, "content": content_of(f"Q {i}")} for i, row in enumerate(make_rows(KEY, KEY))]
    for side in ("before", "after"):
        path = own_run.folder.evaluation / side / f"questions-{side}.jsonl"
        path.unlink()
        own_run.evaluate(side, {e.id: "" for e in own_run.examples}, rows)
    same = table(tmp_path / "t.csv", "A" * 40, question=[f"Q {i}" for i in range(40)])
    scores = json.loads((own_run.folder.evaluation / "scores.json").read_text("utf-8"))
    for side in scores.values():
        side["questions"]["t"] = side["questions"].pop(EXAM)
    write_json(own_run.folder.evaluation / "scores.json", scores)
    assert only(compare([own_run.path, same]))["lost"] == 30
    other = table(tmp_path / "t.csv", "A" * 40, question=[f"Q {i + 1}" for i in range(40)])
    with pytest.raises(InputError, match="text differs"):
        compare([own_run.path, other])


def test_published_counts_are_compared_without_pairs(tmp_path: Path) -> None:
    for name, correct in (("theirs", 75), ("ours", 120)):
        write_json(tmp_path / f"{name}.json", {"name": "exam", "correct": correct, "total": 203})
    found = only(compare([tmp_path / "theirs.json", tmp_path / "ours.json"]))
    assert found["test"] == "Fisher exact"
    assert found["p"] == pytest.approx(fisher_exact([[75, 128], [120, 83]]).pvalue)
    assert found["notes"]
    folder = tmp_path / "runs/theirs/exam"
    write_json(folder / "scores.json", {"name": "exam", "correct": 75, "total": 203})
    names = [run["name"] for run in compare([folder, tmp_path / "ours.json"])["runs"]]
    assert names == ["theirs", "ours"]


def test_seeds_alone_and_other_recipes(whole_run: FakeRun, tmp_path: Path) -> None:
    second = reseeded(whole_run, tmp_path / "second", 1)
    key = "ABCD" * 5
    (second.folder.evaluation / "after/questions-after.jsonl").unlink()
    replies = {e.id: e.answer for e in second.examples}
    second.evaluate("after", replies, make_rows(key, key))
    tuned = whole_run.recipe.tuning.model_copy(update={"epochs": 9})
    other = reseeded(whole_run, tmp_path / "other", 2, tuning=tuned)
    result = compare([whole_run.path, second.path, other.path])
    exam = next(s for s in result["seeds"] if s["measure"] == "right answers")
    assert exam["seeds"] == (0, 1)
    assert exam["values"] == (14 / 20, 1.0)
    assert exam["deviation"] == pytest.approx((6 / 20) / 2**0.5)
    (note,) = result["notes"]
    assert note.startswith("other is of one seed")
    assert "Alike but for the seed (0, 1): fake, second" in printed(result)


def test_names_are_told_apart(whole_run: FakeRun, tmp_path: Path) -> None:
    run = whole_run.path
    names = [r["name"] for r in compare([f"{run}:before", run])["runs"]]
    assert names == ["before", "after"]
    twin = [f"{table(tmp_path / f'{name}.csv', KEY)}:chosen" for name in ("one", "two")]
    assert [r["name"] for r in compare(twin)["runs"]] == ["one:chosen", "two:chosen"]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    files = [table(tmp_path / "a/p.csv", KEY), table(tmp_path / "b/p.csv", "A" * 40)]
    assert [r["name"] for r in compare(files)["runs"]] == [str(file) for file in files]
    doubled = [r["name"] for r in compare([files[0], files[0]])["runs"]]
    assert len(set(doubled)) == 2


def test_faults_of_all_runs_are_told_at_once(whole_run: FakeRun, tmp_path: Path) -> None:
    good = table(tmp_path / "good.csv", KEY)
    twice = table(tmp_path / "twice.csv", KEY, id=["q0"] * 40)
    numbers = table(tmp_path / "numbers.csv", "0123" * 10)
    bare = tmp_path / "bare"
    bare.mkdir()
    with pytest.raises(InputError) as caught:
        compare([good, twice, numbers, bare, tmp_path / "none", f"{whole_run.path}:afer"])
    said = str(caught.value)
    assert "twice.csv:3: id: the id 'q0' stands twice" in said
    assert "no answer is any of the keys: '0', '1', '2', '3'; the keys are 'A'" in said
    assert "bare: holds no scores" in said
    assert "none: no such file or folder" in said
    assert "has no side 'afer' (did you mean 'after'?)" in said
    with pytest.raises(InputError, match=r"has no column 'choosen' \(did you mean 'chosen'\?\)"):
        compare([f"{good}:choosen", good])
    with pytest.raises(InputError, match="nothing to compare it with"):
        compare([good])
    truth = table(tmp_path / "truth.csv", KEY, correct=["maybe"] * 40)
    with pytest.raises(InputError, match=r"truth.csv:2: correct: 'maybe' says neither"):
        compare([good, f"{truth}:correct"])


def test_a_run_without_parts_says_so(own_run: FakeRun, tmp_path: Path) -> None:
    for parts in own_run.folder.evaluation.rglob("*.parquet"):
        parts.unlink()
    result = compare([own_run.path], out=tmp_path / "out")
    assert [c["name"] for c in result["comparisons"]] == [EXAM]
    assert any("no parts of its examples; evaluate it again" in note for note in result["notes"])
    kept = json.loads((tmp_path / "out/comparison.json").read_text("utf-8"))
    assert kept["claim"] == result["claim"]


def test_the_table_fits_80_columns_and_shows_no_markup(whole_run: FakeRun) -> None:
    result = compare([whole_run.path])
    comparisons = [{**c, "title": "[bold]T[/]"} for c in result["comparisons"]]
    text = printed({**result, "comparisons": comparisons, "notes": [], "seeds": []})
    lines = text[: text.index("[low, high]")].splitlines()
    assert max(map(len, lines)) <= 80
    assert "[bold]T[/]" in text
    assert "\x1b" not in text


def test_worse_and_lower_is_better(whole_run: FakeRun) -> None:
    held = readable_of_keywords(whole_run) | {"p_holm": 0.01, "holds": True}
    assert claim([held]) == (
        f"This holds: after is better than before in readable replies of {held['title']} (3/4"
        " against 0/4, p = 0.010)."
    )
    assert "after is worse than before" in claim([held | {"better": "lower"}])


def test_the_claim_in_korean(whole_run: FakeRun) -> None:
    held = readable_of_keywords(whole_run) | {"p_holm": 0.01, "holds": True, "title": "T"}
    said = claim([held], worded_in("ko"))
    figures = "(3/4 대 0/4, p = 0.010)."
    what = "T의 읽을 수 있는 답: after 쪽이 before 쪽보다 나음"
    assert said == f"다음이 성립합니다: {what} {figures}"
    habit = {"before": {"letter": "C", "count": 19, "total": 20}}
    several = [held, held | {"holds": False, "measure": "F1@M", "letters": habit}]
    said = claim(several, worded_in("ko"))
    assert said.startswith("Holm 보정 후 비교 2건 중 1건이 성립합니다: ")
    assert "; 결론을 낼 수 없는 것: T의 F1@M; " in said
    assert said.endswith("T에서 한 글자로만 답함: before (20문항 중 19문항에 C) (지식이 아닙니다).")


def readable_of_keywords(run: FakeRun) -> dict[str, Any]:
    (found,) = (
        c
        for c in compare([run.path])["comparisons"]
        if (c["name"], c["measure"]) == ("keyword_extraction", "readable")
    )
    return found
