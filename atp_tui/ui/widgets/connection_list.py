"""The connections of a host, of both its pools, under a title with the figures of the pools."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...model.connection import PoolStatistics
from ...monitor.lives import Life
from ..format import age
from ..glyphs import UNICODE, Glyphs
from ..shown import assembled
from .connection_lines import ConnectionLine, arranged, connection_lines, draw_connection
from .host_words import RETRY, counts_down
from .life_strip import scale_words
from .lines import LinesView, Spans
from .pool_words import titles

SCROLLBAR = 1
TITLE = " connections "
EDGES = 2
"""Cells of the line beside its title."""


class ConnectionList(LinesView[ConnectionLine]):
    """The list; `update` takes new statistics and the moment they are of."""

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._now = 0.0
        self._period = math.inf
        self._silent_since: float | None = None
        self._pools: Sequence[PoolStatistics] = ()
        self._lives: Sequence[Life] = ()
        self._room = (0, 0)
        self._cells = 0
        self.r_helps = True
        """Whether to try again may bring a connection about."""

    def update(
        self,
        pools: Sequence[PoolStatistics],
        now: float,
        period: float = math.inf,
        silent_since: float | None = None,
        lives: Sequence[Life] = (),
    ) -> None:
        """Show these pools, the main one first, and the last hour of their connections. `period` is the seconds between
        two samples, `silent_since` the moment of the host's last word where it has fallen silent."""
        self._now, self._period, self._silent_since = now, period, silent_since
        self._pools, self._lives = pools, lives
        self._arrange()

    def set_room(self, width: int, most: int) -> None:
        """It has so many cells, and rows for `most` lines."""
        if self._room != (width, most):
            self._room = width, most
            self._arrange()

    def _arrange(self) -> None:
        width, most = self._room
        lines = connection_lines(self._pools, self._lives)
        arrangement = arranged(lines, width - SCROLLBAR, most, self._now, self._glyphs)
        self._cells = arrangement.cells
        self.set_lines(arrangement.lines)
        parts: list[str | tuple[str, str]] = [TITLE]
        for words in titles(self._pools, scale_words(self._cells), width - len(TITLE) - EDGES, self._glyphs.separator):
            parts += [(self._glyphs.rule * 2, "not bold $rule"), (f" {words} ", "not bold $dim")]
        self.set_title(assembled(*parts))

    def advance(self, now: float) -> None:
        """Let the countdowns go on."""
        self._now = max(self._now, now)
        self.redraw(lambda line: line.connection is not None and counts_down(line.connection))

    def draw(self, line: ConnectionLine, width: int) -> Spans:
        main = self._pools[0].channel if self._pools else ""
        asked = self._silent_since is not None and line.connection is not None and line.connection.channel == main
        silent = f"silent {age(self._now - self._silent_since)}" if asked and self._silent_since is not None else ""
        return draw_connection(
            line, width, self._now, self._glyphs, period=self._period, silent=silent, cells=self._cells
        )

    def placeholder(self) -> Sequence[str]:
        helps = (f"Press {self._glyphs.keys.sign(RETRY)} to connect.",) if self.r_helps else ()
        return ("No connection is open or tried.", *helps)
