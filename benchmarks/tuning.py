"""Tuning: tokens a second beside TRL's SFTTrainer, on the same examples, in the same order.

    pip install -e '.[bench]'
    python benchmarks/tuning.py [--precision bfloat16] [--documents 12] [--batches trunks]

Prompts of 280 tokens with 40 learned ones: each document of 250 tokens comes with four tasks, whose
examples are a step. LoRA of rank 16 on all linear layers, AdamW, no dropout. Every run is a process
of its own, begins with the same adapter, and takes the same examples in the same steps, so the
losses must agree step by step. Tokens are those of the examples, whatever is run of them. The first
step is left out of the time. TRL is run as it comes (with gradient checkpointing) and without that.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from precision import gigaflops

from chemtune.domains import find_domain
from chemtune.models.load import load_student, load_tokenizer
from chemtune.models.resolve import resolve_model
from chemtune.tuning.encode import Encoded

MODEL = "smollm2-135m"
DOCUMENT, INSTRUCTION, ANSWER, TASKS = 250, 30, 40, 4
RANK, ALPHA, LEARNING_RATE, SEED = 16, 32, 3e-4, 0
TAIL, LAYERS, LARGEST = INSTRUCTION + ANSWER, 30, (576, 1536)
RUNS = ("chemtune length", "chemtune trunks", "trl", "trl without checkpointing")


def examples_of(documents: int) -> list[Encoded]:
    """The examples, four of each document after another, out of the sample's text."""
    tokenizer = load_tokenizer(resolve_model(MODEL))
    lines = (find_domain("chemistry").folder / "sample/documents/general.jsonl").read_text("utf-8")
    text = " ".join(json.loads(line)["text"] for line in lines.splitlines())
    pool = tokenizer(text, add_special_tokens=False)["input_ids"]
    rng = random.Random(0)

    def piece(count: int) -> list[int]:
        start = rng.randrange(len(pool) - count)
        return list(pool[start : start + count])

    examples = []
    for number in range(documents):
        document = piece(DOCUMENT)
        for task in range(TASKS):
            ids = document + piece(INSTRUCTION) + piece(ANSWER)
            examples.append(Encoded(f"{number}/{task}", ids, DOCUMENT + INSTRUCTION))
    return examples


class Steps:
    """The examples of each step, in order; every document's together."""

    drop_last = False

    def __init__(self, count: int) -> None:
        self.count = count

    def set_epoch(self, epoch: int) -> None:
        """Have one order."""

    def __len__(self) -> int:
        return self.count // TASKS

    def __iter__(self) -> Iterator[list[int]]:
        yield from (list(range(at, at + TASKS)) for at in range(0, self.count, TASKS))


def clock() -> Any:
    from transformers import TrainerCallback

    class Clock(TrainerCallback):
        """When each step ended, and its loss."""

        def __init__(self) -> None:
            self.ends: list[float] = []
            self.losses: list[float] = []

        def on_step_end(self, *_: Any, **__: Any) -> None:
            self.ends.append(time.perf_counter())

        def on_log(self, *_: Any, logs: dict[str, float], **__: Any) -> None:
            if "loss" in logs:
                self.losses.append(logs["loss"])

    return Clock()


def settings(folder: str) -> dict[str, Any]:
    return {
        "output_dir": folder, "num_train_epochs": 1, "per_device_train_batch_size": TASKS,
        "learning_rate": LEARNING_RATE, "lr_scheduler_type": "constant", "logging_steps": 1,
        "save_strategy": "no", "report_to": "none", "disable_tqdm": True, "use_cpu": True,
        "seed": SEED, "dataloader_pin_memory": False,
    }  # fmt: skip


def adapted(precision: str) -> Any:
    import torch

    from chemtune.tuning.adapter import with_adapter

    student = load_student(resolve_model(MODEL), precision=precision)
    torch.manual_seed(SEED)
    return with_adapter(
        student.model, rank=RANK, alpha=ALPHA, dropout=0, targets="all-linear", base_name="b"
    )


def ours(
    examples: list[Encoded], precision: str, folder: str, *, layout: str, bound: int = 2048
) -> Any:
    from transformers import TrainingArguments

    from chemtune.models.fused_lora import fuse_lora
    from chemtune.models.tree_attention import see_trees
    from chemtune.tuning.batches import padded_passes
    from chemtune.tuning.trainer import LabelRowTrainer
    from chemtune.tuning.trees import tree_passes

    model = adapted(precision)
    fuse_lora(model)
    see_trees(model)
    if layout == "trunks":
        passes = partial(tree_passes, tokens_per_pass=bound)
    else:
        passes = partial(padded_passes, tokens_per_pass=bound, pad_id=0)
    arguments = TrainingArguments(**settings(folder), remove_unused_columns=False)
    return LabelRowTrainer(
        model=model, args=arguments, train=examples, batches=Steps(len(examples)), passes=passes
    )


def trl(examples: list[Encoded], precision: str, folder: str, *, checkpointing: bool) -> Any:
    import torch
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    class InOrder(SFTTrainer):
        """Takes the examples as they come, so that both train on the same steps."""

        def _get_train_sampler(self, dataset: Any = None) -> Any:
            return torch.utils.data.SequentialSampler(dataset or self.train_dataset)

    rows = Dataset.from_list(
        [{"input_ids": e.ids, "labels": [-100] * e.answer_start + e.ids[e.answer_start :]}
         for e in examples]
    )  # fmt: skip
    arguments = SFTConfig(
        **settings(folder), bf16=False, gradient_checkpointing=checkpointing, max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
    )  # fmt: skip
    tokenizer = load_tokenizer(resolve_model(MODEL))
    return InOrder(
        model=adapted(precision), args=arguments, train_dataset=rows, processing_class=tokenizer
    )


def work(name: str, precision: str, documents: int) -> None:
    """Train as `name` says in this process; print what it took as JSON."""
    examples = examples_of(documents)
    make: dict[str, Callable[..., Any]] = {
        "chemtune length": partial(ours, layout="length"),
        "chemtune trunks": partial(ours, layout="trunks"),
        "trl": partial(trl, checkpointing=True),
        "trl without checkpointing": partial(trl, checkpointing=False),
    }
    with tempfile.TemporaryDirectory() as folder:
        trainer = make[name](examples, precision, folder)
        timed = clock()
        trainer.add_callback(timed)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        trainer.train()
    tokens = sum(len(example.ids) for example in examples) * (1 - 1 / len(timed.ends))
    result = {
        "tokens_per_second": tokens / (timed.ends[-1] - timed.ends[0]),
        "losses": timed.losses,
        "loaded_mib": before / 1024,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print("RESULT", json.dumps(result))


def work_of(tokens: int) -> float:
    """The products of a step's frozen weights in GFLOP, forward and back, with `tokens` run."""
    parameters = LAYERS * (2 * 576 * 576 + 2 * 576 * 192 + 3 * 576 * 1536)
    return 4 * (tokens * parameters + TASKS * ANSWER * 576 * 49152) / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--documents", type=int, default=12)
    parser.add_argument("--runs", nargs="*", choices=RUNS, default=RUNS)
    parser.add_argument("--work", choices=RUNS)
    options = parser.parse_args()
    if options.work:
        work(options.work, options.precision, options.documents)
        return
    print(f"{options.precision}, {options.documents} steps of {TASKS} examples")
    print(f"{'':26} tokens/s   ratio  peak MiB  first and last loss, most that a step's differs")
    limit = gigaflops(getattr(torch, options.precision), TASKS * (DOCUMENT + TAIL), *LARGEST)
    results: dict[str, dict[str, Any]] = {}
    # The peer first, which the others are a ratio to.
    for name in sorted(options.runs, key=lambda run: ("trl" not in run, len(run))):
        command = [sys.executable, str(Path(__file__)), "--work", name]
        command += ["--precision", options.precision, "--documents", str(options.documents)]
        ran = subprocess.run(command, capture_output=True, text=True)
        if ran.returncode:
            sys.exit(ran.stderr)
        told = next(line for line in ran.stdout.splitlines() if line.startswith("RESULT "))
        results[name] = result = json.loads(told.removeprefix("RESULT "))
        peer = results.get("trl", result)
        differs = max(
            abs(one - other) for one, other in zip(result["losses"], peer["losses"], strict=True)
        )
        print(
            f"{name:26} {result['tokens_per_second']:8.1f} "
            f"{result['tokens_per_second'] / peer['tokens_per_second']:7.2f} "
            f"{result['peak_mib']:9.0f}  {result['losses'][0]:.4f} {result['losses'][-1]:.4f} "
            f"{differs:.5f}",
            flush=True,
        )
    branches = DOCUMENT + TASKS * TAIL
    for name, run in (("length", TASKS * (DOCUMENT + TAIL)), ("trunks", branches)):
        result = results.get(f"chemtune {name}")
        if result:
            shares = result["tokens_per_second"] / (TASKS * (DOCUMENT + TAIL)) * work_of(run)
            print(
                f"{name}: {shares:.0f} of {limit:.0f} GFLOP/s, the limit of matrix products alone"
            )


if __name__ == "__main__":
    main()
