"""From how many columns and rows on the main screen looks how."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Size

from .widgets.too_small import LEAST

WIDTHS = [(0, "-tiny"), (LEAST[0], "-narrow"), (120, "-normal"), (180, "-wide")]
HEIGHTS = [(0, "-low"), (LEAST[1], "-short"), (20, "-enough")]
"""From how many columns and rows on the screen has which class; app.tcss says what that means."""


def classes_for(size: Size) -> tuple[str, str]:
    """The classes of a screen of that size, before Textual knows of them: it would apply all styles a second time."""
    return _class_of(size.width, WIDTHS), _class_of(size.height, HEIGHTS)


def _class_of(cells: int, classes: Sequence[tuple[int, str]]) -> str:
    return max(each for each in classes if each[0] <= cells)[1]
