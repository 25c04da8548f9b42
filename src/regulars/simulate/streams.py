"""Random numbers by name: each part of the shop draws from a stream of its own."""

from __future__ import annotations

from zlib import crc32

import numpy as np


class Streams:
    """Named random streams of one seed.

    A stream depends on the seed, its name and the chunk of customers alone, so that a new stream, or more
    draws from one, leaves all others as they were.

    Examples
    --------
    >>> draw = Streams(seed=7)
    >>> float(draw("rates").random()) == float(Streams(seed=7)("rates").random())
    True
    >>> float(draw("rates").random()) == float(draw("tastes").random())
    False
    """

    def __init__(self, seed: int, chunk: int = 0) -> None:
        self.seed = seed
        self.chunk = chunk

    def __call__(self, name: str) -> np.random.Generator:
        """A fresh generator for ``name``: calling twice gives the same numbers twice."""
        sequence = np.random.SeedSequence(self.seed, spawn_key=(crc32(name.encode()), self.chunk))
        return np.random.Generator(np.random.PCG64(sequence))
