"""The list of what has happened: it follows the newest, or stays where the cursor is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import wrap
from typing import ClassVar, Protocol

from textual import events
from textual.binding import BindingType
from textual.message import Message

from ....monitor.happening import (
    AnyLine,
    DayLine,
    GatheredLine,
    HappeningLine,
    HappeningPage,
    HappeningQuery,
)
from ...glyphs import UNICODE, Glyphs
from ...shown import assembled
from ...text import cut, safe, width_of
from ...widgets.lines import LinesView, Spans
from ...widgets.paged import PagedLines
from ...words import sentence
from .drawing import draw_line
from .keys import EVENTS

MOST_UNFOLDED = 50
"""Lines that are unfolded at a time; the keys of those that were dropped need not be kept for ever."""


class Happens(Protocol):
    """Where the lines are read; the port to the fleet is one."""

    def happened(self, query: HappeningQuery) -> HappeningPage: ...


class EventLog(LinesView[AnyLine]):
    """Shows what `asked` has in the fleet; `look` is to be called on each change.

    It follows the newest line until a person moves the cursor, which stays on its line from then on: that one keeps its
    place on the screen, and the title says how many newer ones have come. The end where the newest are is followed
    again. While it follows, the line under the cursor is nobody's choice.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*EVENTS]

    class Highlighted(Message):
        """The cursor has come to another line."""

    class HostOpened(Message):
        """Enter on a line of one host."""

        def __init__(self, host_id: str) -> None:
            super().__init__()
            self.host_id = host_id

    def __init__(self, fleet: Happens, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self._fleet = fleet
        self._glyphs = glyphs
        self._query = HappeningQuery()
        self._head: HappeningPage | None = None
        self._follows = True
        self._holds = False

    @property
    def asked(self) -> HappeningQuery:
        """The filter, the order, and the lines that are unfolded."""
        return self._query

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of the line under the cursor; none while it follows the newest: a command must not go to the host
        of an event that has come as a key was pressed."""
        if self._follows:
            return ()
        match self.cursor_line:
            case HappeningLine(happening=happening):
                return (happening.host,) if happening.host else ()
            case GatheredLine(hosts=hosts):
                return hosts
        return ()

    # What is shown

    def look(self) -> None:
        """Take over what has happened by now."""
        row = self._cursor - self.scroll_offset.y
        query = self._query
        lines = PagedLines[HappeningPage, AnyLine](
            lambda first, count: self._fleet.happened(replace(query, first=first, count=count)),
            lambda page: page.lines,
            lambda key: self._fleet.happened(replace(query, find=key, count=0)).place,
            max(0, self.scroll_offset.y),
            self._look_later,
        )
        self._head = lines.head
        self._holds = not self._follows
        self.set_lines(lines)
        self._holds = False
        if self._follows:
            self._follow()
        else:  # what has come above must not push the line down that is being read
            self.scroll_to(y=max(0, self._cursor - row), animate=False, force=True, immediate=True)
            self.redraw()
        self._retitle()

    def _look_later(self) -> None:
        if self.is_attached:
            self.call_later(self.look)

    def search(self, filter: str) -> None:
        """Show only what passes a filter, from the newest on."""
        if filter != self._query.filter:
            self._follows = True
            self._ask(replace(self._query, filter=filter))

    def _ask(self, query: HappeningQuery) -> None:
        self._query = query
        if self._head is not None:
            self.look()

    @property
    def _newest(self) -> int:
        """The number of the line of the newest."""
        if not self._query.newest_first:
            return len(self._lines) - 1
        return 1 if len(self._lines) > 1 and isinstance(self._lines[0], DayLine) else 0

    @property
    def _is_at_newest(self) -> bool:
        return self._cursor <= self._newest if self._query.newest_first else self._cursor >= self._newest

    def _show_cursor(self) -> None:
        if not self._holds:
            super()._show_cursor()

    # Drawing

    def draw(self, line: AnyLine, width: int) -> Spans:
        return draw_line(line, width, self._head.longest if self._head is not None else 0, self._glyphs)

    def placeholder(self) -> Sequence[str]:
        head = self._head
        if head is None:
            return ("Loading …",)
        if head.problem is not None:
            width = max(self.scrollable_content_region.width - 2, 10)
            problem = head.problem
            words = [sentence(problem.reason) + problem.place, *wrap(safe(problem.hint), width)]
        elif head.kept:
            words = [f"None of {head.kept:,} events match{'es' * (head.kept == 1)} /{safe(self._query.filter)}"]
        else:
            return ("Nothing has happened yet.",)
        return (*words, f"Press {self._glyphs.keys.sign('screen.filter')} to change it.")

    def on_resize(self, event: events.Resize) -> None:
        self._retitle()

    def _retitle(self) -> None:
        """`Events / lost`, how many newer ones there are, and how many of the older ones are not kept any more."""
        head, query = self._head, self._query
        if head is None:
            return
        parts: list[tuple[str, str]] = []
        if head.newer and not self._follows:
            towards = "^" if self._glyphs.ascii_only else "↑"
            if not query.newest_first:
                towards = "v" if self._glyphs.ascii_only else "↓"
            parts.append((f" {head.newer:,} newer {towards} ", "bold $title-focus"))
        if head.dropped:
            parts.append((f" the last {head.kept:,} of {head.newest:,} ", "not bold $dim"))
        order = "" if query.newest_first else " oldest first"
        room = self.size.width - 4 - sum(width_of(text) + 2 for text, _ in parts)
        filter = f" / {safe(query.filter)}" if query.filter else ""
        words = cut(safe(f" Events{order}{filter} "), max(room, 8), self._glyphs.ellipsis)
        between = (self._glyphs.rule * 2, "not bold $rule")
        self.set_title(assembled(words, *(each for part in parts for each in (between, part))))

    # Keys

    def line_highlighted(self, line: AnyLine | None) -> None:
        self.post_message(self.Highlighted())

    def cursor_to(self, index: int) -> None:
        """As LinesView; from then on it stays on that line."""
        follows, self._follows = self._follows, False
        super().cursor_to(index)
        if follows:
            self.post_message(self.Highlighted())  # commands go to the line's hosts now, if it is the same one too
        if self._head is not None:
            if self._is_at_newest:
                self._query = replace(self._query, since=self._head.newest)
            self._retitle()

    def _follow(self) -> None:
        """Go to the newest line, and on with it."""
        held = not self._follows
        super().cursor_to(self._newest)
        self._follows = True
        if held:
            self.post_message(self.Highlighted())
        if self._head is not None:
            self._query = replace(self._query, since=self._head.newest)
            self._retitle()

    def move_to_end(self, direction: int) -> None:
        if (direction < 0) == self._query.newest_first:
            self._follow()
        else:
            super().move_to_end(direction)

    def line_opened(self, line: AnyLine) -> None:
        if isinstance(line, GatheredLine):
            self._fold(line.key, folded=line.unfolded)
        elif isinstance(line, HappeningLine) and line.happening.host:
            self.post_message(self.HostOpened(line.happening.host))

    def action_fold(self) -> None:
        place = self._cursor
        while place > 0 and isinstance(line := self._lines[place], HappeningLine) and line.inside:
            place -= 1
        if place < len(self._lines) and isinstance(line := self._lines[place], GatheredLine):
            self.cursor_to(place)
            self._fold(line.key, folded=True)

    def action_unfold(self) -> None:
        line = self.cursor_line
        if isinstance(line, GatheredLine):
            self._fold(line.key, folded=False)

    def _fold(self, key: str, *, folded: bool) -> None:
        unfolded = self._query.unfolded - {key} if folded else self._query.unfolded | {key}
        if len(unfolded) <= MOST_UNFOLDED:
            self._ask(replace(self._query, unfolded=unfolded))

    def action_turn(self) -> None:
        self._follows = True
        self._ask(replace(self._query, newest_first=not self._query.newest_first))
