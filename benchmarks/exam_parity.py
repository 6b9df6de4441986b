"""The log-likelihoods of `chemtune evaluate` beside lm-eval's, option by option, in float32.

    python benchmarks/exam_parity.py --peer-python PEER/bin/python     # makes the fixture again
    python benchmarks/exam_parity.py --check                           # compares all of it

How PEER is made is told in `exam_runs.py`. MMLU's high school and college chemistry, 303
questions, without and with five shots, no chat template. The fixture holds numbers only: for each
row of a question file the log-likelihood of each option in nats, rounded to 1e-4, and the pick.
Both sides encode as the tokenizer does by default: Gemma's puts <bos> before the prompt, SmolLM2's
nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from exam_runs import (
    MMLU,
    SETS,
    Peer,
    prepare,
    questions_file,
    run_chemtune,
    run_peer,
    shots_file,
)

from chemtune.models.resolve import resolve_model

FIXTURE = Path(__file__).resolve().parents[1] / "tests" / "evaluation" / "lm_eval"
MODELS = ("smollm2-135m", "gemma3-270m")
SHOTS = (0, 5)
CLOSE = 1e-3
ALIKE = 0.995


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fixture_of(model: str, shots: int) -> Path:
    return FIXTURE / f"{model}_{shots}_shots.json"


def make(peer: Peer, model: str, shots: int, data: Path, kept: Path | None) -> None:
    """Ask lm-eval; write the fixture of a model and a number of shots."""
    folder = resolve_model(model).folder
    # One at a time: nothing is padded, and Gemma's logits take 1 MiB a token.
    place = kept / f"{model}_{shots}_shots" if kept else None
    ran, found = run_peer(peer, folder, shots=shots, dtype="float32", batch_size="1", kept=place)
    head = {
        "versions": peer.versions,
        "model": model,
        "weights_sha256": sha256(folder / "model.safetensors"),
        "shots": shots,
        "dtype": "float32",
    }
    sets = {
        name: {
            "questions_sha256": sha256(questions_file(data, name)),
            "shots_sha256": sha256(shots_file(data, name)),
            "rows": [
                [index, [round(value, 4) for value in answer.log_likelihoods], answer.pick]
                for index, answer in enumerate(answers)
            ],
        }
        for name, answers in found.items()
    }
    path = fixture_of(model, shots)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_written(head, sets), encoding="utf-8")
    print(f"{model}, {shots} shots: {ran.seconds:.0f} s, {path}", flush=True)


def check(model: str, shots: int, data: Path) -> bool:
    """Compare chemtune's figures with the fixture; print a line a set."""
    fixture = json.loads(fixture_of(model, shots).read_text(encoding="utf-8"))
    if sha256(resolve_model(model).folder / "model.safetensors") != fixture["weights_sha256"]:
        sys.exit(f"{model}: these weights are not those that lm-eval was asked with")
    for name in SETS:
        if sha256(questions_file(data, name)) != fixture["sets"][name]["questions_sha256"]:
            sys.exit(f"{questions_file(data, name)} holds other questions than the fixture")
    _, found = run_chemtune(model, shots=shots, dtype="float32", data=data)
    right = True
    for name, answers in found.items():
        pairs = list(zip(answers, fixture["sets"][name]["rows"], strict=True))
        largest = max(
            abs(ours - theirs)
            for answer, (_, values, _) in pairs
            for ours, theirs in zip(answer.log_likelihoods, values, strict=True)
        )
        alike = sum(answer.pick == pick for answer, (_, _, pick) in pairs)
        right = right and largest <= CLOSE and alike >= ALIKE * len(pairs)
        print(
            f"{model:13} {name:22} {shots} shots  largest difference {largest:.5f} nats  "
            f"picks alike {alike} of {len(pairs)}",
            flush=True,
        )
    return right


def _written(head: dict[str, Any], sets: dict[str, Any]) -> str:
    """JSON with a row a line, so that a change can be read."""
    parts = []
    for name, one in sets.items():
        hashes = ", ".join(f'"{key}": "{one[key]}"' for key in one if key != "rows")
        rows = ",\n".join(json.dumps(row) for row in one["rows"])
        parts.append(f'"{name}": {{{hashes}, "rows": [\n{rows}\n]}}')
    opening = json.dumps(head).removesuffix("}")
    return opening + ', "sets": {\n' + ",\n".join(parts) + "\n}}\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--peer-python", type=Path, help="make the fixture with this lm-eval")
    what.add_argument("--check", action="store_true", help="compare chemtune with the fixture")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--shots", nargs="+", type=int, choices=SHOTS, default=SHOTS)
    parser.add_argument("--kept", type=Path, help="a folder from which a stopped run goes on")
    parser.add_argument("--data", type=Path, default=MMLU, help="a folder with test/ and dev/")
    options = parser.parse_args()
    wanted = [(model, shots) for shots in options.shots for model in options.models]
    if options.check:
        failed = [one for one in wanted if not check(*one, options.data)]
        sys.exit(f"not within {CLOSE} nats, or other picks: {failed}" if failed else 0)
    kept = options.kept.absolute() if options.kept else None
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        peer = prepare(options.peer_python.absolute(), options.data.resolve(), Path(folder))
        for model, shots in wanted:
            make(peer, model, shots, options.data, kept)


if __name__ == "__main__":
    main()
