"""Matrix products in float32 and bfloat16 on this machine: why `precision: auto` measures.

Run: .venv/bin/python benchmarks/precision.py
"""

from __future__ import annotations

import time

import torch

SHAPES = ((1024, 576, 1536), (1024, 1536, 576), (256, 576, 49152))
SECONDS = 1.0


def gigaflops(dtype: torch.dtype, rows: int, inner: int, columns: int) -> float:
    left, right = torch.randn(rows, inner).to(dtype), torch.randn(columns, inner).to(dtype)
    torch.nn.functional.linear(left, right)
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < SECONDS:
        torch.nn.functional.linear(left, right)
        count += 1
    wall = time.perf_counter() - started
    return 2 * rows * inner * columns * count / wall / 1e9


def main() -> None:
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, GFLOP/s")
    for shape in SHAPES:
        full, half = (gigaflops(d, *shape) for d in (torch.float32, torch.bfloat16))
        print(f"{shape}: float32 {full:.0f}, bfloat16 {half:.0f}, ratio {half / full:.2f}")


if __name__ == "__main__":
    main()
