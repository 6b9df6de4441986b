"""Real exams: MMLU's chemistry and KMMLU's, by small models; prints docs/evaluate.md's table.

    python benchmarks/real_exams.py --data ../shared/data --out real [--models smollm2-135m]

The files are those of MMLU (test and dev of two subjects) and of KMMLU (test and dev of three), as
they come. KMMLU's questions are sorted by difficulty, so a sample is drawn. What was answered
before is in `--out`, and is not asked again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import chemtune

MODELS = ("smollm2-135m", "gemma3-270m")
MMLU = ("high_school_chemistry", "college_chemistry")
KMMLU = ("Chemistry", "Chemical-Engineering", "Materials-Engineering")
SAMPLE, SHOTS, ANSWER_TOKENS = 200, 5, 24


def settings(data: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each evaluation: its name, and the arguments of `evaluate_questions`."""
    mmlu = [data / f"mmlu/test/{name}_test.csv" for name in MMLU]
    kmmlu = [data / f"kmmlu/{name}-test.csv" for name in KMMLU]
    few = {"shots": SHOTS}
    yield (
        "mmlu0",
        {"questions": mmlu, "permute": True, "scoring": "both", "answer_tokens": ANSWER_TOKENS},
    )
    solved = [data / f"mmlu/dev/{name}_dev.csv" for name in MMLU]
    yield "mmlu5", {"questions": mmlu, "shots_from": solved, **few}
    yield "kmmlu0", {"questions": kmmlu, "limit": SAMPLE, "permute": True}
    solved = [data / f"kmmlu/{name}-dev.csv" for name in KMMLU]
    yield "kmmlu5", {"questions": kmmlu, "shots_from": solved, "limit": SAMPLE, **few}


def row(model: str, shots: int, card: Mapping[str, Any]) -> str:
    """A row of the table."""
    low, high = card["interval95"]
    most, constant = card["favourite"], card["constant"]
    cells = [
        model,
        card["name"],
        str(shots),
        f"{card['correct']}/{card['total']} [{low:.2f}, {high:.2f}]",
        f"{constant['label']} {card['best_constant']} ({_p(constant['p'])})",
        f"{card['baselines']['random']:.0f}",
        f"{most['label']} {most['count']}" + (", a habit" if most["dominates"] else ""),
        f"{card['f1_macro']:.2f}",
        str(card["calibrated"]["correct"]),
        _permuted(card),
        _in_words(card),
    ]
    return f"| {' | '.join(cells)} |"


def _p(p: float) -> str:
    return "p < 0.01" if p < 0.01 else f"p = {p:.2f}"


def _permuted(card: Mapping[str, Any]) -> str:
    if "permuted" not in card:
        return "-"
    of = card["permuted"]
    low, high = of["interval95"]
    return f"{of['accuracy']:.3f} [{low:.3f}, {high:.3f}]; {of['consistent']:.2f}"


def _in_words(card: Mapping[str, Any]) -> str:
    if "generated" not in card:
        return "-"
    said, both = card["generated"], card["disagreement"]
    return (
        f"{said['correct']} ({said['strict']['correct']}); none {said['unreadable']}; "
        f"differ {both['differ']}/{both['total']}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", nargs="*", default=MODELS)
    options = parser.parse_args()
    rows = []
    for model in options.models:
        for name, arguments in settings(options.data):
            result = chemtune.evaluate_questions(
                model=model,
                precision="bfloat16",
                out=options.out / f"{model}-{name}",
                **arguments,
            )
            cards = result["questions"].values()
            rows += [row(model, arguments.get("shots", 0), card) for card in cards]
    heads = [
        "model",
        "questions",
        "shots",
        "right",
        "one letter",
        "chance",
        "given most",
        "macro F1",
    ]
    heads += ["calibrated", "all orders; alike in all", "in words (strict)"]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
