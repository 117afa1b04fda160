"""What stands in place of everything where the terminal is too small to be read."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from ..shown import lines_shown

LEAST = (60, 15)
"""Columns and rows below which nothing would be readable."""


class TooSmall(Widget):
    """Says the size that is needed and the one there is."""

    def render(self) -> Content:
        width, height = self.size
        return lines_shown(f"Needs {LEAST[0]}x{LEAST[1]},", f"has {width}x{height}.", "q quits.")
