"""How much memory the engine may take: what the machine or its container allows."""

from __future__ import annotations

import os
from pathlib import Path

SHARE = 0.6
"""Of the memory there is; the rest is for Python, Arrow and the models."""


def machine_memory_mb() -> int:
    """Memory of the machine or of its control group, whichever is less, in MB."""
    amounts = []
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        amounts.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        path = Path(name)
        if path.is_file():
            text = path.read_text().strip()
            if text.isdigit():
                amounts.append(int(text))
    return int(min(amounts, default=4 << 30) >> 20)


def memory_limit_mb() -> int:
    """The engine's limit in MB; never below 256.

    >>> memory_limit_mb() >= 256
    True
    """
    return max(256, int(machine_memory_mb() * SHARE))
