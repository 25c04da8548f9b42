"""The arrays that the simulator's files pass around: numbers and codes in NumPy, words in Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Array = Any
"""An Arrow array of any type; Arrow's own stubs make the type of a kernel's result unusable."""


def coded(codes: Ints, names: Sequence[str] | Array) -> Array:
    """Words for codes that count from 0, as a dictionary array; a negative code is null.

    >>> coded(np.array([1, -1]), ("no", "yes")).to_pylist()
    ['yes', None]
    """
    indices: Array = pa.array(codes.astype(np.int32), mask=codes < 0)
    dictionary: Array = names if isinstance(names, pa.Array) else pa.array(names, type=pa.string())
    return pa.DictionaryArray.from_arrays(indices, dictionary)


def joined(*parts: str | Array, separator: str = "") -> Array:
    """Texts put together row by row; a null counts as an empty text.

    >>> joined("O", pa.array(["1", "2"])).to_pylist()
    ['O1', 'O2']
    """
    join: Any = pc.binary_join_element_wise
    return join(*parts, separator, null_handling="replace", null_replacement="")
