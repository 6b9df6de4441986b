from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

import chemtune
from chemtune.checks.korean import check_korean, english_words, prose_share, style_of
from chemtune.checks.numbers import check_numbers
from chemtune.checks.wording import count_sentences
from chemtune.documents.read import read_documents

SAMPLE = Path(chemtune.__file__).parent / "domains/chemistry/sample"
SOURCE = (
    "The QPPO-40 membrane reached 98 mS cm−1 at 80 °C and an IEC of 2.4 meq g−1. After 500 h in "
    "1 M KOH it kept 85% of its conductivity. Three membranes were compared over 10,000 cycles."
)
RIGHT = (
    "QPPO-40 막은 80도에서 98 mS/cm의 전도도와 2.4 mmol/g의 이온 교환 용량을 보였다. 1 M KOH에서 "
    "500시간 뒤 전도도의 85퍼센트를 유지하였다. 세 가지 막 3종을 1만 회 동안 비교하였다."
)


@pytest.mark.parametrize(
    "text",
    [
        "IrO2/TiO2 촉매는 1.8 A/cm²에서 안정하였다.",
        "QPPO-40 막의 IEC는 2.4 meq/g이다.",
        "이온 교환막(anion exchange membrane)의 전도도를 측정하였다.",
        "Nafion 212보다 높았다.",
        "kcat = Vmax/[E]₀ = 600 min⁻¹ = 10 s⁻¹이다.",
        "pH 7에서 LC–MS/MS로 정량하였다.",
        "poly(arylene ether ketone)와 polybenzimidazole을 섞었다.",
    ],
)
def test_formulas_units_and_glosses_are_no_english(text: str) -> None:
    assert check_korean("Q1", text) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The catalyst was stable at 80 °C.", "holds no Korean"),
        ("IrO2", "holds no Korean"),
        (
            "이 catalyst는 activity가 improved 되었다.",
            "Korean outside formulas and units: 'catalyst'",
        ),
        ("Iridium oxide showed high activity and stability 였다.", "is 5% Korean"),
    ],
)
def test_what_is_not_korean(text: str, told: str) -> None:
    (finding,) = check_korean("Q1", text)
    assert (finding.check, finding.severity) == ("language", "error")
    assert told in finding.message


def test_shares() -> None:
    assert prose_share("") == 1.0
    assert prose_share("촉매 test") == pytest.approx(2 / 6)
    assert english_words("Pt/C and iron with pH, NaCl, wt%, mmol and Fe-N-C") == [
        "and",
        "iron",
        "with",
        "and",
    ]


@pytest.mark.parametrize(
    ("sentence", "style"),
    [
        ("전도도를 측정하였습니다.", "formal"),
        ("무엇입니까?", "formal"),
        ("전도도가 높아요.", "polite"),
        ("그렇죠?", "polite"),
        ("좋은가요?", "polite"),
        ("전도도가 높았다(그림 2).", "plain"),
        ("전도도가 높다", "plain"),
        ("내구성이 우수함", "nominal"),
        ("전도도가 높음.", "nominal"),
        ("내구성 향상", ""),
        ("교체가 필요", ""),
        ("얇은 필름", ""),
        ("금속 리튬", ""),
        ("IrO2", ""),
    ],
)
def test_styles(sentence: str, style: str) -> None:
    assert style_of(sentence) == style


def test_two_styles_in_one_text() -> None:
    (finding,) = check_korean("Q1", "막을 제조하였다. 전도도가 높았습니다.")
    assert (finding.check, finding.severity) == ("style", "warning")
    assert finding.message == "one sentence ends in -다 and another in -습니다"
    assert check_korean("Q1", "막을 제조하였다. 내구성 향상. 전도도가 높았다.") == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("막을 제조하였다. 전도도는 2.4 mS/cm였다. 안정하였다", 3),
        ("약 3.5 nm의 입자(e.g. Pt)를 얻었다. Fig. 2와 같다.", 2),
        ("1. 막을 제조하였다.\n2. 측정하였다.", 2),
        ("높았다(그림 2).", 1),
        ("그는 '높다.'라고 하였다.", 1),
        ("전도도는 약 3.5이다.그래서 좋다.", 2),
        ("It rose, cf. Fig. 3. It fell vs. Pt.", 2),
        ("내구성 향상", 1),
        ("", 0),
    ],
)
def test_sentences_are_counted(text: str, count: int) -> None:
    assert count_sentences(text) == count


def told(text: str, *, all_kept: bool = False) -> list[tuple[str, str]]:
    findings = check_numbers("Q1", SOURCE, text, all_kept=all_kept)
    assert {f.severity for f in findings} <= {"warning"}
    return [(finding.value, finding.message) for finding in findings]


def test_the_same_numbers_in_korean() -> None:
    assert told(RIGHT) == []
    assert told(RIGHT, all_kept=True) == []


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("98 mS/cm", "89 mS/cm", "89 mS/cm"),
        ("98 mS/cm", "98 S/cm", "98 S/cm"),
        ("80도", "60도", "60 도"),
        ("500시간", "500분", "500 분"),
        ("85퍼센트", "58퍼센트", "58 %"),
        ("1만 회", "10만 회", "100000"),
        ("3종", "4종", "4"),
        ("2.4 mmol/g", "2.4 mol/g", "2.4 mol/g"),
    ],
)
def test_a_number_or_unit_that_changed(old: str, new: str, value: str) -> None:
    assert old in RIGHT
    assert [found for found, _ in told(RIGHT.replace(old, new))] == [value]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("for 25,500 h", "2만 5500 시간 동안"),
        ("for 150,000 cycles", "15만회 동안"),
        ("a loading of 5 mg/cm2", "5 ㎎/㎠의 담지량"),
        ("at (98 ± 3) mS/cm", "98 ± 3 mS/cm에서"),
        ("above 10−2 S cm−1", "10⁻² S/cm 이상"),
        ("a yield of 35 wt. %", "35중량%의 수율"),
    ],
)
def test_the_same_number_in_korean(source: str, text: str) -> None:
    assert check_numbers("Q1", source, text, all_kept=True) == []


def test_another_order_is_the_same() -> None:
    assert told(". ".join(reversed(RIGHT.split(". "))), all_kept=True) == []


def test_what_a_translation_lost() -> None:
    text = RIGHT.replace("1 M KOH에서 500시간 뒤", "오랜 시간 뒤")
    assert told(text) == []
    lost = [value for value, message in told(text, all_kept=True) if "missing" in message]
    assert lost == ["500 h", "1 M"]


def test_a_unit_that_differs_is_named() -> None:
    ((value, message),) = told("IEC는 2.4 mS/cm이다.")
    assert value == "2.4 mS/cm"
    assert message == "stands in the document with another unit: '2.4 meq g−1'"


def test_the_sample_raises_hardly_an_alarm() -> None:
    documents = {
        d.name: d for d in read_documents(sorted((SAMPLE / "documents").iterdir()), columns={})
    }
    texts = alarms = 0
    for file in sorted((SAMPLE / "replies").iterdir()):
        for line in file.read_text("utf-8").splitlines():
            row = json.loads(line)
            if row["task"] != "summarization_translation":
                continue
            for name, text in json.loads(row["reply"]).items():
                texts += 1
                source = documents[row["document"]].content
                assert check_korean(name, text) == []
                alarms += bool(check_numbers(name, source, text))
    # The one is "210 A per gram", which the Korean writes as A g⁻¹.
    assert (texts, alarms) == (192, 1)
    for line in (SAMPLE / "exam_ko.jsonl").read_text("utf-8").splitlines():
        assert not [
            f for f in check_korean("", json.loads(line)["explanation"]) if f.check != "style"
        ]


@pytest.mark.parametrize("text", ["가" + " " * 40_000 + "가", "1," * 20_000, "다." * 20_000 + "가"])
def test_a_reply_of_one_sign_repeated_takes_no_time(text: str) -> None:
    # Each took from five seconds to a minute, where every character began a search to the end.
    start = time.process_time()
    assert count_sentences(text) > 0
    check_korean("Q1", text)
    check_numbers("Q1", "No number.", text)
    assert time.process_time() - start < 4
