"""Textual's switches in the environment, left over from the work on another program, do nothing here."""

from __future__ import annotations

import os

KEPT = frozenset({
    "TEXTUAL_ANIMATIONS", "TEXTUAL_COLOR_SYSTEM", "TEXTUAL_DIM_FACTOR", "TEXTUAL_DISABLE_KITTY_KEY", "TEXTUAL_FPS",
    "TEXTUAL_SMOOTH_SCROLL", "TEXTUAL_SPEEDUPS",
})  # fmt: skip
"""How it draws, and what a terminal cannot do. The others press keys, write files (one of all that is typed, passwords
too), open connections, load code or choose a theme; so may those that a later Textual brings. See textual.constants."""


def forget_switches() -> None:
    """Take them out of the environment. Textual reads them when it is imported, `TEXTUAL` (its features) later."""
    for name in [name for name in os.environ if name == "TEXTUAL" or name.startswith("TEXTUAL_")]:
        if name not in KEPT:
            del os.environ[name]
