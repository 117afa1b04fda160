"""What stands in place of everything where the terminal is too small to be read."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

LEAST = (60, 15)
"""Columns and rows below which nothing would be readable."""


class TooSmall(Widget):
    """Says the size that is needed and the one there is."""

    def render(self) -> Content:
        width, height = self.size
        return Content(f"Needs {LEAST[0]}x{LEAST[1]},\nhas {width}x{height}.\nq quits.")
