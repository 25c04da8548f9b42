"""Arrow's compute functions as ``pc``, and the type ``Array`` of what they give.

Arrow's stubs allow no plain Python constants and lose the types of results, so both are of no fixed type here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute
from numpy.typing import NDArray

pc: Any = pyarrow.compute
Array = Any
"""An Arrow array of any type."""


def spread(values: NDArray[Any], coded: Array) -> NDArray[Any]:
    """One value per row of a dictionary array, from one per distinct value; zero where the row is null.

    >>> spread(np.array([7, 9]), pyarrow.array(["a", None, "b", "a"]).dictionary_encode()).tolist()
    [7, 0, 9, 7]
    """
    places = np.asarray(pc.fill_null(coded.indices, len(values)))
    nothing = np.zeros(1, values.dtype)
    result: NDArray[Any] = np.concatenate([values, nothing])[places]
    return result
