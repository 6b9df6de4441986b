"""This process's memory: what is freed is kept for the next pass; and the most that it had."""

from __future__ import annotations

import ctypes
import resource
import sys
from contextlib import suppress

# glibc's mallopt parameters (malloc.h).
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
TOP_PAD_BYTES = 64 * 2**20


def keep_freed_memory() -> None:
    """Tell glibc to keep freed memory; does nothing elsewhere.

    A pass allocates gigabytes of activations and frees them. By default glibc maps each large block
    anew and the kernel hands out every page again, which on a virtual machine is dear.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return  # musl has none
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(M_TOP_PAD, TOP_PAD_BYTES)


def give_back_freed_memory() -> None:
    """Give what is freed back to the system now; does nothing where there is no glibc.

    Passes of many lengths leave holes that no later one fits, and a process that keeps them all
    grows by the hour.
    """
    if sys.platform.startswith("linux"):
        with suppress(AttributeError):  # musl has none
            ctypes.CDLL(None).malloc_trim(0)


def peak_memory_bytes() -> int:
    """Return the largest memory that this process has had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
