"""Memory: what the machine or its container allows the engine, and what this process took at most."""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from pathlib import Path
from typing import Any

SHARE = 0.6
"""Of the memory there is; the rest is for Python, Arrow and the models."""


def machine_memory_mb() -> int:
    """Memory of the machine or of its control group, whichever is less, in MB."""
    amounts = []
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        amounts.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    elif hasattr(ctypes, "windll"):
        amounts.append(_windows_memory(ctypes.windll))
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        path = Path(name)
        if path.is_file():
            text = path.read_text(encoding="ascii").strip()
            if text.isdigit():
                amounts.append(int(text))
    return int(min(amounts, default=4 << 30) >> 20)


def memory_limit_mb() -> int:
    """The engine's limit in MB; never below 256.

    >>> memory_limit_mb() >= 256
    True
    """
    return max(256, int(machine_memory_mb() * SHARE))


def peak_memory_mb() -> float:
    """Highest resident memory of this process so far, in MB.

    >>> peak_memory_mb() > 1
    True
    """
    try:
        resource: Any = importlib.import_module("resource")
    except ImportError:  # Windows
        return _windows_peak(ctypes.windll) / (1 << 20) if hasattr(ctypes, "windll") else 0.0
    peak: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / (1 << 10)


# Windows: the structures MEMORYSTATUSEX and PROCESS_MEMORY_COUNTERS of its documentation.


class _MachineMemory(ctypes.Structure):
    _fields_ = (
        ("length", ctypes.c_uint32), ("load", ctypes.c_uint32),
        *((name, ctypes.c_uint64) for name in ("total", "free", "total_page", "free_page", "total_virtual",
                                               "free_virtual", "free_extended")),
    )  # fmt: skip


class _ProcessMemory(ctypes.Structure):
    _fields_ = (
        ("size", ctypes.c_uint32), ("faults", ctypes.c_uint32), ("peak", ctypes.c_size_t),
        *((f"rest_{number}", ctypes.c_size_t) for number in range(7)),
    )  # fmt: skip


def _windows_memory(windll: Any) -> int:
    """Bytes of memory of the machine."""
    found = _MachineMemory(length=ctypes.sizeof(_MachineMemory))
    windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(found))
    return int(found.total)


def _windows_peak(windll: Any) -> int:
    """Bytes that this process held at most."""
    found = _ProcessMemory(size=ctypes.sizeof(_ProcessMemory))
    kernel = windll.kernel32
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    process = ctypes.c_void_p(kernel.GetCurrentProcess())
    kernel.K32GetProcessMemoryInfo(process, ctypes.byref(found), found.size)
    return int(found.peak)
