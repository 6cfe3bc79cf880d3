"""What `replay`, `tune` and `watermark` are told: watermarks, shares, and the settings of windows."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import _core
from ._trace import duration_ms

Watermark = str | Mapping[str, Any]


def plain(value: Any) -> Any:
    """As JSON would have it: NumPy scalars become Python's."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value.item() if isinstance(value, np.generic) else value


def watermark_text(value: Any) -> tuple[str, bool]:
    """The text of a watermark and whether it is JSON."""
    if isinstance(value, str):
        return value, False
    if isinstance(value, Mapping):
        return json.dumps(plain(value), ensure_ascii=False, allow_nan=False), True
    raise TypeError(f'a watermark is text like "bounded=200ms" or a mapping as in a scenario, not {value!r}')


def ratio(name: str, value: Any) -> float:
    """0.01 or "1%"."""
    if isinstance(value, str):
        text = value.strip()
        try:
            return float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            raise ValueError(f'{name}: "{value}" is no share: write "1%" or 0.01') from None
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise TypeError(f"{name} is a share like 0.01 or '1%', not {value!r}")
    return float(value)


def common(window, lateness, aggregate, quantile, max_future_skew, max_age, per_key, threads) -> dict[str, Any]:
    """The options that a replay and a tune share, as the extension takes them."""
    if not isinstance(window, str):
        window = _core.format_duration_ms(duration_ms("window", window))
    if threads is None:
        threads = os.cpu_count() or 1
    if not 1 <= threads <= 1024:
        raise ValueError(f"threads must be between 1 and 1024, not {threads}")
    return {
        "window": window,
        "aggregates": [aggregate] if isinstance(aggregate, str) else list(aggregate),
        "quantile": ratio("quantile", quantile),
        "allowed_lateness_ms": duration_ms("lateness", lateness),
        "max_future_skew_ms": duration_ms("max_future_skew", max_future_skew, None),
        "max_age_ms": duration_ms("max_age", max_age, None),
        "per_key": bool(per_key),
        "threads": int(threads),
    }
