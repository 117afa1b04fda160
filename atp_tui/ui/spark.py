"""Small charts out of characters. Pure: numbers in, strings of a known width out; NaN leaves a gap."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .text import Safe, safe

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII_BLOCKS = "_.-:=+*#"

_LEFT_DOTS = (0x00, 0x40, 0x44, 0x46, 0x47)
_RIGHT_DOTS = (0x00, 0x80, 0xA0, 0xB0, 0xB8)
"""Braille dots filled from below by 0 to 4 in the left and in the right half of a cell, added to U+2800."""

_ASCII_FILL = " .:|"


def spark(
    values: Sequence[float], width: int, low: float = 0.0, high: float | None = None, *, ascii_only: bool = False
) -> str:
    """The newest `width` values as one line of blocks, the newest at the right; exactly `width` cells.

    Values outside `low` to `high` are shown at the edge. Without `high` the largest value shown reaches the top.
    """
    if width <= 0:
        return ""
    shown = values[-width:]
    top = _top(shown, low, high)
    blocks = ASCII_BLOCKS if ascii_only else BLOCKS
    last = len(blocks) - 1
    line = []
    for value in shown:  # as `_share` has it, in place: a screen of hosts has more than a thousand of them
        share = (value - low) / (top - low) if top > low else 0.0
        if share > 0.0:
            line.append(blocks[round(last * share) if share < 1.0 else last])
        else:
            line.append(" " if value != value else blocks[0])
    return "".join(line).rjust(width)


def area(
    values: Sequence[float],
    width: int,
    height: int,
    low: float = 0.0,
    high: float | None = None,
    *,
    ascii_only: bool = False,
) -> list[Safe]:
    """A filled chart of `height` rows, top row first, each exactly `width` cells; two values a cell, newest last.

    A value at `low` still shows its lowest dot, so that "zero" differs from "not known".
    With `ascii_only` one cell shows one value.
    """
    if width <= 0 or height <= 0:
        return [safe("")] * max(height, 0)
    columns = width if ascii_only else 2 * width
    steps = len(_ASCII_FILL) - 1 if ascii_only else 4
    shown = values[-columns:]
    heights = [0] * (columns - len(shown)) + _heights(shown, low, _top(shown, low, high), height * steps)
    rows = []
    for row in range(height - 1, -1, -1):
        fills = [min(steps, max(0, filled - row * steps)) for filled in heights]
        rows.append(safe("".join(_ASCII_FILL[fill] for fill in fills) if ascii_only else _braille(fills)))
    return rows


def _braille(fills: list[int]) -> str:
    pairs = zip(fills[::2], fills[1::2], strict=True)
    return "".join(chr(0x2800 + _LEFT_DOTS[a] + _RIGHT_DOTS[b]) if a or b else " " for a, b in pairs)


def _heights(values: Sequence[float], low: float, top: float, most: int) -> list[int]:
    return [0 if math.isnan(value) else 1 + round((most - 1) * _share(value, low, top)) for value in values]


def _share(value: float, low: float, top: float) -> float:
    """Where `value` stands between `low` and `top`, 0 to 1; the order of the clamps makes NaN (inf / inf) a 0."""
    return min(1.0, max(0.0, (value - low) / (top - low))) if top > low else 0.0


def _top(values: Sequence[float], low: float, high: float | None) -> float:
    if high is not None:
        return high
    return max((value for value in values if not math.isnan(value)), default=low)
