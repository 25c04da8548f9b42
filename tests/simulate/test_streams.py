"""Streams by name."""

import numpy as np

from regulars.simulate.streams import Streams


def test_streams_differ_by_seed_name_and_chunk_and_by_nothing_else():
    draws = [Streams(*key)(name).random(4) for key in ((1, 0), (2, 0), (1, 1)) for name in ("a", "b")]
    assert len({tuple(draw) for draw in draws}) == 6
    streams = Streams(1)
    streams("other").random(1000)
    np.testing.assert_array_equal(streams("a").random(4), draws[0])
