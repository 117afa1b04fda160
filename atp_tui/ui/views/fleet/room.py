"""How list and panel share the width. Pure."""

from __future__ import annotations

LEAST, MOST = 20, 80
"""Percent of the width that the list has at least and at most."""

STEP = 5
"""Percent of a key press."""

USUAL = 45
"""About what the list has where nobody has said otherwise: a key goes on from there."""


def split_of(percent: float) -> int:
    """The nearest split that there is."""
    return round(max(LEAST, min(percent, MOST)))


def split_written(text: str) -> int | None:
    """`40` or `40%`. Raises ValueError; None for an empty text."""
    text = text.strip().removesuffix("%").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and LEAST <= int(text[:9]) <= MOST):
        raise ValueError(f"split wants a percentage of {LEAST} to {MOST}, such as split 40")
    return int(text)
