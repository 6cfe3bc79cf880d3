"""The ends of time, and columns as the extension takes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _core
from ._trace import times

MIN_TIMESTAMP: int = _core.MIN_TIMESTAMP
"""The watermark before the first word: no time is behind it."""
MAX_TIMESTAMP: int = _core.MAX_TIMESTAMP
"""The watermark of an input that has ended."""


def key_numbers(key: Any, rows: int) -> np.ndarray | None:
    """A column of keys by number, or None; ValueError or TypeError for anything else."""
    if key is None:
        return None
    array = np.asarray(key)
    if array.ndim != 1 or len(array) != rows:
        raise ValueError(f"key must have shape ({rows},), not {array.shape}")
    if array.dtype.kind not in "iu":
        raise TypeError("key must hold whole numbers; Trace.from_columns numbers other keys")
    if rows and not 0 <= array.min() <= array.max() < 2**32 - 1:
        raise ValueError("key must lie between 0 and 2**32 - 2")
    return np.ascontiguousarray(array, np.uint32)


def optional(name: str, values: Any) -> np.ndarray | None:
    """A column of whole numbers, or None."""
    return None if values is None else times(name, values)
