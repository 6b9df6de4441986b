"""The machine: processors, memory, GPU, disks, the terminal and the clock."""

from __future__ import annotations

import locale
import os
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chemtune.experiment.doctor.chart import Chart, Level, existing, here, size
from chemtune.models.resolve import cache_folder

GIB = 2**30
# The smallest preset tunes in 2.3 GiB (README); with less, nothing can be tuned.
LEAST_MEMORY, LITTLE_MEMORY = 1.0 * GIB, 3.0 * GIB
# A run's data, predictions and checkpoints; of a small model already some GiB.
LEAST_DISK, LITTLE_DISK = 0.5 * GIB, 5.0 * GIB


def look_at_machine(precision: str) -> Chart:
    """Look at what a run needs of the machine; nothing is written.

    Args:
        precision: The faster one here; see `choose_precision`.
    """
    from huggingface_hub import constants

    chart = Chart("machine")
    _processors(chart, precision)
    _memory(chart)
    _gpu(chart)
    look_at_folder(chart, "cache folder", cache_folder(), "export CHEMTUNE_CACHE=FOLDER")
    hub = Path(constants.HF_HUB_CACHE)
    look_at_folder(chart, "the hub's cache", hub, "export HF_HOME=FOLDER", fatal=False)
    look_at_folder(chart, "current folder", Path.cwd(), "go to a folder of your own", fatal=False)
    _terminal(chart)
    _clock(chart)
    return chart


def look_at_folder(
    chart: Chart, about: str, folder: Path, remedy: str, *, fatal: bool = True
) -> None:
    """Look at whether a folder can be written to, and at its disk's space.

    Args:
        chart: Takes what is found.
        about: What the folder is.
        folder: It need not be there yet.
        remedy: What to do where it cannot be written to.
        fatal: Whether that is a fault, and no warning.
    """
    there = existing(folder)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        level: Level = "fault" if fatal else "warning"
        which = "" if there == folder.absolute() else f", for {there} cannot"
        chart.add(level, about, f"{here(folder)} cannot be written to{which}", remedy)
        return
    free = shutil.disk_usage(there).free
    said = f"{here(folder)}: can be written to, {size(free)} of disk free"
    if free < LEAST_DISK:
        chart.add("fault" if fatal else "warning", about, said, f"make room, or {remedy}")
    elif free < LITTLE_DISK:
        chart.warn(about, said, "checkpoints and exported models take several GiB: make room")
    else:
        chart.ok(about, said)


def _processors(chart: Chart, precision: str) -> None:
    import torch

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    said = f"{usable} usable; torch computes with {torch.get_num_threads()} threads"
    if "OMP_NUM_THREADS" in os.environ:
        said += f" (OMP_NUM_THREADS={os.environ['OMP_NUM_THREADS']})"
    chart.ok("processors", said)
    if torch.cuda.is_available():
        chart.ok("precision", f"{precision} on the GPU")
        return
    known = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    has = "has instructions for bfloat16" if known else "has no instructions for bfloat16"
    measured = f"; measured, {precision} is the faster one" if known else "; float32 is used"
    chart.ok("precision", f"the processor {has}{measured}")


def _memory(chart: Chart) -> None:
    import psutil

    memory = psutil.virtual_memory()
    said = f"{size(memory.available)} of {size(memory.total)} free"
    remedy = "end other programs, or tune on a larger machine"
    if memory.available < LEAST_MEMORY:
        chart.fault("memory", said, remedy)
    elif memory.available < LITTLE_MEMORY:
        chart.warn("memory", f"{said}; tuning smollm2-135m takes about 2.3 GiB", remedy)
    else:
        chart.ok("memory", said)


def _gpu(chart: Chart) -> None:
    import torch

    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(number)
            name = torch.cuda.get_device_name(number)
            chart.ok(f"GPU {number}", f"{name}, {size(free)} of {size(total)} free")
        return
    _no_gpu(chart, torch)


def _no_gpu(chart: Chart, torch: Any) -> None:
    built = torch.version.cuda or getattr(torch.version, "hip", None)
    there = Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
    if there and built:
        said = f"NVIDIA's driver is there, and torch {torch.__version__} sees no GPU"
        remedy = "look at `nvidia-smi`: the driver may be too old, or CUDA_VISIBLE_DEVICES hides it"
        chart.warn("GPU", said, remedy)
    elif there:
        said = f"NVIDIA's driver is there, and torch {torch.__version__} is built for processors"
        chart.warn("GPU", said, "install torch's build for CUDA")
    elif built:
        said = f"none; torch {torch.__version__} is built for one, and takes some GiB more of disk"
        chart.note("GPU", said, "where there will be none, install torch's build for processors")
    else:
        chart.ok("GPU", f"none; torch {torch.__version__} computes on the processor")


def _terminal(chart: Chart) -> None:
    shown = (sys.stdout.encoding or "").lower().replace("-", "")
    files = locale.getpreferredencoding(False)
    if shown in ("utf8", "cp65001"):
        chart.ok("terminal", f"writes {sys.stdout.encoding}; files are opened as {files}")
    else:
        said = f"writes {sys.stdout.encoding}: Korean and signs such as the minus cannot be printed"
        chart.warn("terminal", said, "export PYTHONUTF8=1, and LANG=C.UTF-8 or another UTF-8 one")


def _clock(chart: Chart) -> None:
    now, installed = time.time(), Path(__file__).stat().st_mtime
    said = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    # A clock that is behind makes certificates of servers invalid.
    if now < installed - 86400:
        behind = f"{said}, {(installed - now) / 86400:.0f} days before chemtune was installed"
        chart.warn("clock", behind, "set it: servers' certificates are refused by a wrong clock")
    else:
        chart.ok("clock", said)
