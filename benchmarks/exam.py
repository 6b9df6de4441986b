"""`chemtune evaluate` beside lm-eval's command line: time and memory, start-up included.

    python benchmarks/exam.py --peer-python PEER/bin/python

How PEER is made is told in `exam_runs.py`. MMLU's high school and college chemistry, 303 questions,
without and with five shots, the same precision on both sides. lm-eval is first tried with several
batch sizes on a part of the questions and takes the best; then both run in turns, each one process
for both sets.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from exam_runs import MMLU, Answers, Peer, Ran, prepare, run_chemtune, run_peer

from chemtune.models.resolve import resolve_model

TRIED = 24


def best_batch_size(peer: Peer, model: Path, shots: int, dtype: str, sizes: list[str]) -> str:
    """The batch size with which lm-eval is the fastest on the first questions of each set."""
    if len(sizes) == 1:
        return sizes[0]
    took = {}
    # Once unmeasured: its copy of the data set and the weights are read from the disk.
    run_peer(peer, model, shots=shots, dtype=dtype, batch_size=sizes[0], limit=1)
    for size in sizes:
        ran, _ = run_peer(peer, model, shots=shots, dtype=dtype, batch_size=size, limit=TRIED)
        took[size] = ran.seconds
    tried = ", ".join(f"{size}: {seconds:.1f} s" for size, seconds in took.items())
    print(f"lm-eval's batch size, the first {TRIED} questions of a set: {tried}", flush=True)
    return min(took, key=took.__getitem__)


def compare(
    peer: Peer, model: str, shots: int, dtype: str, size: str, rounds: int, data: Path
) -> None:
    """Run both in turns; print a line for each."""
    folder = resolve_model(model).folder
    theirs, ours = [], []
    for _ in range(rounds):
        theirs.append(run_peer(peer, folder, shots=shots, dtype=dtype, batch_size=size))
        ours.append(run_chemtune(model, shots=shots, dtype=dtype, data=data))
    slow = statistics.median(ran.seconds for ran, _ in theirs)
    expected = theirs[-1][1]
    name = f"{model}, {shots} shots"
    _line(f"{name}: lm-eval, batch {size}", theirs, slow, expected)
    _line(f"{name}: chemtune", ours, slow, expected)


def _line(name: str, runs: list[tuple[Ran, Answers]], slow: float, expected: Answers) -> None:
    seconds = [ran.seconds for ran, _ in runs]
    answers = runs[-1][1]
    pairs = [pair for s in expected for pair in zip(answers[s], expected[s], strict=True)]
    right = "+".join(str(sum(answer.correct for answer in answers[s])) for s in expected)
    alike = sum(one.pick == other.pick for one, other in pairs)
    print(
        f"{name:44} {statistics.median(seconds):8.1f} {slow / statistics.median(seconds):6.2f} "
        f"{max(ran.peak_mib for ran, _ in runs):9.0f}  {right:>7}  {alike} of {len(pairs)}  "
        f"({', '.join(f'{one:.1f}' for one in seconds)})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer-python", type=Path, required=True, help="one that has lm-eval")
    parser.add_argument("--models", nargs="+", default=["smollm2-135m"], help="presets or folders")
    parser.add_argument("--shots", nargs="+", type=int, default=[0, 5])
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="bfloat16")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--batch-sizes", nargs="+", default=["1", "2", "4", "8", "16"], help="tried of lm-eval"
    )
    parser.add_argument("--data", type=Path, default=MMLU, help="a folder with test/ and dev/")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        peer = prepare(options.peer_python.absolute(), options.data.resolve(), Path(folder))
        print(f"{options.dtype}; " + ", ".join(f"{p} {v}" for p, v in peer.versions.items()))
        for model in options.models:
            place = resolve_model(model).folder
            for shots in options.shots:
                size = best_batch_size(peer, place, shots, options.dtype, options.batch_sizes)
                print(f"{'':44} median s  ratio  peak MiB    right  picks as lm-eval's")
                compare(peer, model, shots, options.dtype, size, options.rounds, options.data)


if __name__ == "__main__":
    main()
