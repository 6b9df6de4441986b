from __future__ import annotations

import pytest

from chemtune.checks.exams import check_explanation, check_leak

CIRCLED = ("①", "②", "③", "④", "⑤")


@pytest.mark.parametrize(
    ("explanation", "objects"),
    [
        ("pH는 2이므로 정답은 ②이다.", False),
        ("pH는 2이므로 정답은 ③이다.", True),
        ("정답: 2번", False),
        ("정답: 4번", True),
        ("따라서 ④가 정답이다.", True),
        ("①은 옳지 않고 ③은 농도를 두 배로 보았다. 따라서 ②가 답이다.", False),
        ("The answer is (B).", False),
        ("So the correct answer is D.", True),
        ("전도도는 4 S/m이고 정답은 4.0 S/m에 가깝다.", False),
        ("③과 ④는 틀렸다.", False),
        ("정답은 ①이 아니라 ②이다.", False),
        ("①이 정답처럼 보이지만 ②가 맞다.", False),
        ("따라서 ①이 답이 될 수 없다. 오답은 ③이다.", False),
        ("정답은 3 mol이다.", False),
        ("정답은 5 g이므로 ②이다.", False),
        ("The answer is a mixture of both.", False),
        ("Answer: a catalyst lowers it.", False),
        ("The answer is not A but B.", False),
        ("정답은 **③**이다.", True),
        ("그러므로 답은 ③이다.", True),
        ("답은 3번이다.", True),
        ("③ 산화철이 정답이다.", True),
        ("The answer is: C", True),
        ("C is the right answer.", True),
        ("The correct answer is A, because it dissolves.", True),
    ],
)
def test_an_explanation_speaks_for_the_answer(explanation: str, objects: bool) -> None:
    findings = check_explanation(explanation, CIRCLED, 1)
    assert bool(findings) == objects
    assert {finding.severity for finding in findings} <= {"error"}


@pytest.mark.parametrize(
    ("question", "leaks"),
    [
        ("산소 발생에 좋은 촉매는?", False),
        ("산소 발생에 좋은 촉매는? (정답: ②)", True),
        ("산소 발생에 좋은 촉매는? (정답 ②)", True),
        ("정답은 무엇인가?", False),
        ("Which answer is correct?", False),
        ("이리듐 산화물이 산소 발생에 좋다. 좋은 촉매는?", True),
        ("이리듐 산화물과 구리 산화물 가운데 좋은 촉매는?", False),
    ],
)
def test_a_question_does_not_tell_its_answer(question: str, leaks: bool) -> None:
    options = ("구리 산화물", "이리듐 산화물", "납", "철")
    assert bool(check_leak(question, options, 1)) == leaks


def test_a_digit_may_be_the_text_of_an_option() -> None:
    options = ("2", "3", "5", "7", "9")
    assert check_explanation("정답은 3이다.", CIRCLED, 1, options) == []
    assert check_explanation("정답은 3번이다.", CIRCLED, 0, ("1", "2", "4", "6", "8")) != []
