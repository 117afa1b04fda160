"""The help as lines: which keys and commands there are, and what they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events

from ...model.data_class import dataclass
from ..shown import assembled
from ..text import Safe, fit, safe, width_of, wrap
from .lines import LinesView, Spans, drawn

Section = tuple[str, tuple[tuple[str, str], ...]]
"""A title, and pairs of what is pressed or typed and what that does."""

MOST_WIDTH = 110
"""Columns of a line at most: longer ones are hard to read."""

MOST_ROWS = 8
"""Rows that one description may take; where even those do not do, the terminal is too small for anything."""


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One line of the page as it is drawn."""

    key: str
    spans: Spans


def help_lines(sections: Sequence[Section], width: int) -> tuple[HelpLine, ...]:
    """The page in `width` columns. What a key does stands in one column for all, and goes on below itself."""
    column = max((width_of(safe(left)) for _, rows in sections for left, _ in rows), default=0)
    column = min(column, width // 2)
    page: list[Spans] = []
    for title, rows in sections:
        head = drawn((f" {title}", "heading"))
        page += [head] if not page else [(), head]
        for left, right in rows:
            page += _row(safe(left), safe(right), column, min(width, MOST_WIDTH))
    return tuple(HelpLine(str(number), spans) for number, spans in enumerate(page))


def _row(left: Safe, right: Safe, column: int, width: int) -> list[Spans]:
    first, *others = wrap(right, width - column - 6, MOST_ROWS) or [safe("")]
    below = " " * (3 + column + 2)
    return [
        drawn(("   ", "text"), (fit(left, column), "strong"), (f"  {first}", "text")),
        *(drawn((below, "text"), (other, "text")) for other in others),
    ]


class HelpPage(LinesView[HelpLine]):
    """Looked at and scrolled, with no cursor: the keys of a list move the page itself. `keys` are told in its title."""

    SHOWS_CURSOR: ClassVar[bool] = False

    def __init__(self, sections: Sequence[Section], keys: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sections = sections
        self._laid_out_for = 0
        self.set_title(assembled(" help  ", (f"{keys} ", "$dim")))

    def draw(self, line: HelpLine, width: int) -> Spans:
        return line.spans

    def on_resize(self, event: events.Resize) -> None:
        width = self.scrollable_content_region.width
        if width != self._laid_out_for:
            self._laid_out_for = width
            self.set_lines(help_lines(self._sections, width))

    def move_by(self, steps: int) -> None:
        self.scroll_relative(y=steps, animate=False)

    def move_to(self, index: int) -> None:
        self.scroll_to(y=index, animate=False)

    def move_to_end(self, direction: int) -> None:
        if direction < 0:
            self.scroll_home(animate=False)
        else:
            self.scroll_end(animate=False)
