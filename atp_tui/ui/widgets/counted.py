"""Movements by keys, each by a count where one was typed before: the base of every list and tree."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.scroll_view import ScrollView

from .. import bindings
from ..counting import Count


class CountedMoves(ScrollView):
    """A subclass gives `move_by`, `move_to`, `move_to_end` and `count_shown`."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.LINES]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.count = Count()

    def move_by(self, steps: int) -> None:
        """Go so many lines down, or up."""
        raise NotImplementedError

    def move_to(self, index: int) -> None:
        """Go to the line with this number, from 0; the last line where there are not so many."""
        raise NotImplementedError

    def move_to_end(self, direction: int) -> None:
        """Go to the first line (-1), or to the last (1)."""
        raise NotImplementedError

    def count_shown(self) -> None:
        """The count that is being typed has changed."""

    def action_cursor(self, step: int) -> None:
        self.move_by(step * (self.count.take() or 1))

    def action_page(self, direction: int) -> None:
        self.move_by(direction * (self.count.take() or 1) * max(1, self.scrollable_content_region.height - 1))

    def action_first(self) -> None:
        self._to_counted_or_end(-1)

    def action_last(self) -> None:
        self._to_counted_or_end(1)

    def _to_counted_or_end(self, direction: int) -> None:
        if (number := self.count.take()) is None:
            self.move_to_end(direction)
        else:
            self.move_to(number - 1)

    def action_count(self) -> None:
        self.count.begin()
        self.count_shown()

    def on_key(self, event: events.Key) -> None:
        was_typed = self.count.typed is not None
        taken = self.count.digit(event.character)
        if not taken:
            self.count.ended()
        # a digit of a count opens no view, and Esc leaves the count alone
        if taken or (was_typed and event.key == "escape"):
            event.stop()
            event.prevent_default()
        if was_typed:
            self.count_shown()

    def on_blur(self) -> None:
        self.count.ended()
        self.count_shown()
