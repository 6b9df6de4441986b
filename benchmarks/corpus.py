"""Building from a corpus of many short documents: time and memory.

    python benchmarks/corpus.py [--documents 1000000]

Writes a JSON Lines file of documents of 200 to 500 characters that bring their answers, and builds
the data set from it with near-duplicates and contamination on, in a folder that is removed again.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from pathlib import Path

from chemtune.dataset.build import build

METALS, PARTS = ("platinum", "iridium", "nickel", "cobalt"), ("oxide", "anode", "film", "support")
WORDS = [f"{metal} {part}" for metal in METALS for part in PARTS]
RECIPE = {
    "name": "corpus",
    "documents": [{"path": "corpus.jsonl", "tasks": ["question_answering_short"]}],
    "teacher": {"kind": "recorded", "replies": "replies.jsonl"},
    "evaluation": {"questions": [{"path": "exam.jsonl"}]},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1_000_000)
    count = parser.parse_args().documents
    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "corpus.jsonl").open("w", encoding="utf-8") as file:
            for number in range(count):
                length = rng.randrange(12, 28)
                drawn = (rng.choice(WORDS) + str(rng.randrange(1000)) for _ in range(length))
                words = " ".join(drawn)
                row = {"id": f"d{number}", "text": f"The {words}.", "answer": f"answer {number}"}
                file.write(json.dumps(row) + "\n")
        question = {"question": "What is the sum of 1 and 2?", "options": ["3", "4"], "answer": "A"}
        (folder / "exam.jsonl").write_text(json.dumps(question), "utf-8")
        reply = {"document": "none", "task": "question_answering_short", "reply": "3"}
        (folder / "replies.jsonl").write_text(json.dumps(reply), "utf-8")
        (folder / "recipe.yaml").write_text(json.dumps(RECIPE), "utf-8")
        started = time.perf_counter()
        result = build(folder / "recipe.yaml")
        wall = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} documents, {result['accepted']} examples, rejected {result['rejected']}")
    print(f"{wall:.0f} s, {1e6 * wall / count:.0f} us a document, peak memory {memory:.0f} MiB")


if __name__ == "__main__":
    main()
