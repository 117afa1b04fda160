"""The panel of one host: what it is, charts of its figures, its connections and its domains."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size

from ...engine.fleet import Detail
from ...model.causes import Remedy
from ...model.connection import ConnectionState, PoolStatistics
from ...model.data_class import dataclass
from ...model.fence import Fence
from ...model.message import told
from ...model.say import Say
from ...monitor.fleet import HostDetail
from ...monitor.happening import Happening
from ...monitor.lives import Life
from ...monitor.series import HISTORY
from ..format import age
from ..glyphs import UNICODE, Glyphs
from ..shown import assembled, styled
from ..text import cut, safe, width_of
from ..words import sentence
from .charts import bands, samples_shown
from .connection_list import ConnectionList
from .domain_list import DomainList
from .host_words import counts_down
from .lines import LinesView, Spans
from .panel_events import PanelEvents
from .panel_head import HeadLine, charts_of, head_lines
from .panel_room import LEAST, Needs, PanelRoom, most_connections, panel_room
from .pool_words import BETWEEN

_log = logging.getLogger(__name__)

TICK = 0.2
"""Seconds between two looks at the countdowns."""

TICKS_PER_AGE = 5
"""Every so many of them the ages are looked at too."""


@dataclass(frozen=True, slots=True)
class PanelSnapshot:
    """What the panel shows: a host, None where the cursor is on none. `period` is the seconds between two samples,
    `events` the last that happened to it, the newest first. `held` says why nothing is changed there, if so."""

    of: Detail | None = None
    period: float = 2.0
    events: tuple[Happening, ...] = ()
    held: str = ""

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
        self._extent = Size(0, 0)  # what it has, or had when it was last in sight: there all of it is laid out at once
        self._broken = ""
        self._room = PanelRoom(1, True, LEAST, LEAST, 0)
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
        self._extent = event.size
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
        """Give each part its rows: see panel_room."""
        detail, size = self._snapshot.detail, self._extent
        charts = self._bands()
        brief, whole = (len(self._head_lines(0, brief=each)) for each in (True, False))
        needs = Needs(brief, whole - brief, charts, len(self._events.lines), len(self.domains.lines))
        self._connections.set_room(size.width, most_connections(size.height, needs))
        self._room = room = panel_room(size.height, needs, len(self._connections.lines))
        self._draw_head()
        for part, rows in (
            (self._head, room.head),
            (self._connections, room.connections),
            (self._events, max(room.events, 1)),
        ):
            if part.styles.height is None or part.styles.height.value != rows:
                part.styles.height = rows
        for lists in (self._connections, self.domains):
            lists.display = detail is not None
        self._events.display = detail is not None and room.events > 0

    def _bands(self) -> int:
        """How many rows of charts there are."""
        detail = self._snapshot.detail
        try:
            return 0 if detail is None else bands(len(charts_of(detail)), self._extent.width)
        except Exception as error:  # noqa: BLE001 - as above
            self._give_up(error)
            return 0

    def _draw_head(self) -> None:
        self._head.set_lines(self._head_lines(self._room.charts, brief=self._room.brief))
        self._head.set_title(self._head_title())

    def _head_lines(self, charts: int, *, brief: bool) -> tuple[HeadLine, ...]:
        detail, width = self._snapshot.detail, max(self._extent.width, 1)
        if detail is None:
            return ()
        uri = self._snapshot.of.uri if self._snapshot.of is not None else None
        lines: tuple[HeadLine, ...]
        try:
            lines = head_lines(detail, uri, width, charts, self._now, self._glyphs, brief=brief)
        except Exception as error:  # noqa: BLE001 - as above
            self._give_up(error)
            lines = ()
        if self._snapshot.held:
            held = cut(safe(f"   {self._snapshot.held}"), width, self._glyphs.ellipsis)
            lines = (*lines[:1], HeadLine("held", ((held, "reconnecting"),)), *lines[1:])
        if self._broken:
            lines = (HeadLine("broken", ((cut(safe(f" {self._broken}"), width), "failed"),)), *lines)
        return lines

    def _head_title(self) -> Content:
        """The host, and over how long its charts go."""
        detail, width = self._snapshot.detail, self._extent.width
        if detail is None:
            return styled("")
        name = f" {safe(detail.row.id)} "
        shown = samples_shown(width, self._room.charts, HISTORY, self._glyphs)
        span = f" last {age(shown * self._snapshot.period)} "
        if not self._bands() or width_of(name) + len(span) + BETWEEN > width:
            return assembled(name)
        return assembled(name, (self._glyphs.rule * 2, "not bold $rule"), (span, "not bold $dim"))

    def _give_up(self, error: Exception) -> None:
        detail = self._snapshot.detail
        host = detail.row.id if detail is not None else ""
        instead = told(Say.NOT_DRAWN, kind=type(error).__name__)
        self._broken = sentence(self._fence.caught(error, "the panel of %s cannot be drawn", host, instead))
