"""Memory that is freed is kept for the next pass, instead of being given back and fetched again."""

from __future__ import annotations

import ctypes
import sys

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
