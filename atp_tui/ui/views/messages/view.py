"""The view of what was said in the line at the bottom: all of each message, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.app import ComposeResult

from ....model.connection import ConnectionState
from ....monitor.happening import DayLine
from ...format import clock
from ...glyphs import Glyphs
from ...shown import styled
from ...text import safe
from ...told import SaidLine, Told
from ...widgets.lines import LinesView, Spans, drawn
from ..events.drawing import draw_day
from ..view import View, ViewServices

HEAD = len(" 14:03:12 x ")
"""Cells left of the words: the time, and the sign of what went wrong."""


class MessageList(LinesView[SaidLine | DayLine]):
    """Shows what `told` has; `look` takes over what has come."""

    def __init__(self, told: Told, clock: Callable[[], float], glyphs: Glyphs) -> None:
        super().__init__(id="messages")
        self._told = told
        self._clock = clock
        self._glyphs = glyphs
        self._filter = ""
        self._shown: tuple[object, ...] = ()

    @property
    def filter(self) -> str:
        """The words that stand in all messages that are shown."""
        return self._filter

    def search(self, filter: str) -> None:
        """Show only messages in which all these words stand."""
        self._filter = filter
        self.look()

    def look(self) -> None:
        """Take over what was said by now. The cursor stays on the newest, or on its line."""
        width = self.scrollable_content_region.width - HEAD - 1
        shown = self._told.number, width, self._filter
        if shown == self._shown or width < 1:
            return
        self._shown = shown
        follows = self._cursor == 0
        self.set_lines(self._told.lines(width, self._clock(), self._filter))
        if follows:
            self.cursor_to(0)
        kept, all = len(self._told), self._told.number
        few = f" {self._glyphs.separator} the last {kept} of {all:,}" if all > kept else ""
        filter = f" / {safe(self._filter)}" if self._filter else ""
        self.set_title(styled(f" Messages{filter}{few} "))

    def draw(self, line: SaidLine | DayLine, width: int) -> Spans:
        if isinstance(line, DayLine):
            return draw_day(line, width, self._glyphs)
        said = line.said
        time = f" {clock(said.at)} " if line.first else " " * (HEAD - 2)
        wrong = self._glyphs.state(ConnectionState.FAILED) if said.wrong and line.first else " "
        return drawn((time, "dim"), (f"{wrong} ", "failed"), (line.text, "failed" if said.wrong else "text"))

    def placeholder(self) -> Sequence[str]:
        if len(self._told):
            return (f"No message has all of {safe(self._filter)} in it.",)
        return ("Nothing was said yet.",)

    def on_resize(self, event: events.Resize) -> None:
        self.look()


class MessagesView(View):
    """One list. It is of no host."""

    def __init__(self, given: ViewServices) -> None:
        super().__init__(id="messages-view")
        self.messages = MessageList(given.told, given.fleet.now, given.glyphs)

    def compose(self) -> ComposeResult:
        yield self.messages

    def look(self, described: bool) -> None:
        self.messages.look()

    def tick(self) -> None:
        self.messages.look()

    def take_focus(self) -> None:
        self.messages.focus()

    @property
    def filter(self) -> str:
        return self.messages.filter

    def search(self, text: str) -> None:
        self.messages.search(text)
