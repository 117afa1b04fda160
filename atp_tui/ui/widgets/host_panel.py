"""The panel of one host: what it is, charts of its figures, its connections and its domains."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Size

from ...engine.fleet import Detail
from ...model.causes import Remedy
from ...model.connection import ConnectionState, PoolStatistics
from ...model.fence import Fence
from ...model.message import told
from ...model.say import Say
from ...monitor.fleet import HostDetail
from ...monitor.happening import Happening
from ...monitor.lives import Life
from ..glyphs import UNICODE, Glyphs
from ..shown import styled
from ..text import cut, safe
from ..words import sentence
from .connection_list import ConnectionList
from .domain_list import DomainList
from .host_words import counts_down
from .lines import LinesView, Spans
from .panel_events import USUAL, PanelEvents
from .panel_head import HeadLine, head_lines

_log = logging.getLogger(__name__)

TICK = 0.2
"""Seconds between two looks at the countdowns."""

LEAST = 2
"""Rows that each part of the panel has: its title and a line."""

EVENTS_FROM = 36
"""Rows from which on the panel has the last events of its host: what is left of a terminal of 40."""

TICKS_PER_AGE = 5
"""Every so many of them the ages are looked at too."""


@dataclass(frozen=True, slots=True)
class PanelSnapshot:
    """What the panel shows: a host, None where the cursor is on none. `period` is the seconds between two samples,
    `events` the last that happened to it, the newest first."""

    of: Detail | None = None
    period: float = 2.0
    events: tuple[Happening, ...] = ()

    @property
    def detail(self) -> HostDetail | None:
        """The host's row, figures and domains."""
        return None if self.of is None else self.of.host

    @property
    def pools(self) -> tuple[PoolStatistics, ...]:
        """The pools of its connections."""
        return () if self.of is None else self.of.pools

    @property
    def lives(self) -> tuple[Life, ...]:
        """What became of its connections in the last hour."""
        return () if self.of is None else self.of.lives


class PanelHead(LinesView[HeadLine], can_focus=False):
    """The lines over the lists; they are looked at, not walked through."""

    SHOWS_CURSOR: ClassVar[bool] = False
    DEFAULT_CSS = """
    PanelHead { overflow-y: hidden; }
    """

    def draw(self, line: HeadLine, width: int) -> Spans:
        return line.spans

    empty = "Move to a host to see its connections and VMs here."
    """What stands there while it is of no host."""

    def placeholder(self) -> Sequence[str]:
        return (self.empty,)


class HostPanel(Vertical):
    """Shows `snapshot`; its lists take the focus. `clock` must be the one that the snapshot's moments are of."""

    DEFAULT_CSS = """
    HostPanel {
        & > PanelHead { height: 3; }
        & > ConnectionList { height: 3; }
        & > PanelEvents { height: 3; }
        & > DomainList { height: 1fr; }
        & .lines--cursor-blurred { background: transparent; text-style: none; }
    }
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        glyphs: Glyphs = UNICODE,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._clock = clock
        self._glyphs = glyphs
        self._snapshot = PanelSnapshot()
        self._now = 0.0
        self._ticks = 0
        self._room = Size(0, 0)  # what it has, or had when it was last in sight: there all of it is laid out at once
        self._broken = ""
        self._fence = Fence(_log)
        self._head = PanelHead()
        self._connections = ConnectionList(glyphs=glyphs)
        self._events = PanelEvents(glyphs=glyphs)
        self.domains = DomainList(glyphs=glyphs)

    @property
    def empty(self) -> str:
        """What it says while there is nothing to show."""
        return self._head.empty

    @empty.setter
    def empty(self, words: str) -> None:
        self._head.empty = safe(words)
        self._head.refresh()

    @property
    def snapshot(self) -> PanelSnapshot:
        return self._snapshot

    @snapshot.setter
    def snapshot(self, snapshot: PanelSnapshot) -> None:
        self._snapshot = snapshot
        if snapshot.of is not None:
            self._now = snapshot.of.now
        silent_since = snapshot.detail.row.silent_since if snapshot.detail is not None else None
        self._broken = ""
        try:
            self._connections.update(snapshot.pools, self._now, snapshot.period, silent_since, snapshot.lives)
            self._events.update(snapshot.events, self._now)
            self.domains.update(snapshot.detail)
        except Exception as error:  # noqa: BLE001 - it costs this host its lists, not the screen
            self._give_up(error)
            self._connections.update((), self._now)
            self._events.update((), self._now)
            self.domains.update(None)
        row = snapshot.detail.row if snapshot.detail is not None else None
        trouble, disabled = (None, False) if row is None else (row.trouble, row.state is ConnectionState.DISABLED)
        self._connections.r_helps = not disabled and (trouble is None or trouble.remedy is Remedy.RETRY)
        self._lay_out()

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._connections
        yield self._events
        yield self.domains

    def on_mount(self) -> None:
        self.set_interval(TICK, self._tick)

    def on_resize(self, event: events.Resize) -> None:
        self._room = event.size
        self._lay_out()

    def _tick(self) -> None:
        detail = self._snapshot.detail
        if detail is None or not self.display:
            return
        self._now = max(self._now, self._clock())
        self._connections.advance(self._now)
        self._ticks += 1
        if counts_down(detail.row) or self._ticks % TICKS_PER_AGE == 0:
            self._draw_head()

    def _lay_out(self) -> None:
        """Charts grow with the panel; the connections get at most a third of it, the events USUAL lines where it is
        high enough, the domains all the rest. Rows that the domains do not need are the connections', then the events'.
        The domains' part is never nothing: a list with keys that nobody sees would have the focus. The head has its
        foot cut off for it."""
        detail = self._snapshot.detail
        height = self._room.height
        self._draw_head()
        happened = len(self._events.lines) if height >= EVENTS_FROM else 0
        events = 1 + min(happened, USUAL) if happened else 0
        free = height - 1 - max(2, len(self._head.lines)) - events - 1 - max(2, len(self.domains.lines))
        most = max(height // 3, 2, free - 1)
        self._connections.set_room(self._room.width, most)
        connections = 1 + min(len(self._connections.lines) or 2, most)
        connections = min(connections, max(LEAST, height - LEAST - 2))
        if events:
            events = 1 + min(happened, USUAL + max(0, free - connections))
        head = min(1 + max(2, len(self._head.lines)), max(LEAST, height - connections - events - LEAST - 1))
        for part, rows in ((self._head, head), (self._connections, connections), (self._events, max(events, 1))):
            if part.styles.height is None or part.styles.height.value != rows:
                part.styles.height = rows
        for lists in (self._connections, self.domains):
            lists.display = detail is not None
        self._events.display = detail is not None and events > 0

    def _draw_head(self) -> None:
        detail = self._snapshot.detail
        if detail is None:
            self._head.set_lines(())
            self._head.set_title(styled(""))
            return
        width = max(self._room.width, 1)
        charts = self._chart_height()
        uri = self._snapshot.of.uri if self._snapshot.of is not None else None
        lines: Sequence[HeadLine]
        try:
            lines = head_lines(detail, uri, width, charts, self._now, self._glyphs)
        except Exception as error:  # noqa: BLE001 - as above
            self._give_up(error)
            lines = ()
        if self._broken:
            lines = (HeadLine("broken", ((cut(safe(f" {self._broken}"), width), "failed"),)), *lines)
        self._head.set_lines(lines)
        self._head.set_title(styled(f" {safe(detail.row.id)} "))

    def _give_up(self, error: Exception) -> None:
        detail = self._snapshot.detail
        host = detail.row.id if detail is not None else ""
        instead = told(Say.NOT_DRAWN, kind=type(error).__name__)
        self._broken = sentence(self._fence.caught(error, "the panel of %s cannot be drawn", host, instead))

    def _chart_height(self) -> int:
        height = self._room.height
        return 1 if height < 30 else 2 if height < 44 else 3 if height < 54 else 4
