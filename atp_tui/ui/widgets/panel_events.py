"""The last that happened to one host, in its panel: looked at, not walked through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from ...engine.fleet import Fleet
from ...monitor.happening import Happening, HappeningLine, HappeningQuery, happening_key
from ..format import moment
from ..glyphs import Glyphs
from ..shown import styled
from ..text import fit, safe
from .happening_words import VERB_WIDTH, details, what_of
from .lines import LinesView, Spans, drawn

MOST = 20
"""Events that the panel shows at most."""

HEAD = len(" 14:03:12 ") + 2 + VERB_WIDTH + 2
"""Cells left of the details: the time, the sign and the word."""


def last_events(fleet: Fleet, host_id: str) -> tuple[Happening, ...]:
    """The last that happened to a host, the newest first."""
    page = fleet.happened(HappeningQuery(host=host_id, count=2 * MOST))  # a line may say another day
    return tuple([line.happening for line in page.lines if isinstance(line, HappeningLine)][:MOST])


class EventLine(NamedTuple):
    key: str
    happening: Happening


class PanelEvents(LinesView[EventLine], can_focus=False):
    """The newest first, each with its time, or with its day where that was not today."""

    SHOWS_CURSOR: ClassVar[bool] = False
    DEFAULT_CSS = """
    PanelEvents { overflow-y: hidden; }
    """

    def __init__(self, *, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._now = 0.0

    def update(self, happenings: Sequence[Happening], now: float) -> None:
        """Show these, as they are to be told at the moment `now`."""
        self._now = now
        self.set_title(styled(" events "))
        self.set_lines([EventLine(happening_key(each.number), each) for each in happenings])

    def draw(self, line: EventLine, width: int) -> Spans:
        told = what_of(line.happening.what, self._glyphs)
        word = fit(safe(f"{told.sign} {told.word}"), min(VERB_WIDTH + 2, max(width - 10, 0)), self._glyphs.ellipsis)
        rest = details(line.happening, width - HEAD - 1, self._glyphs)
        return drawn((f" {moment(line.happening.at, self._now)} ", "dim"), (word, told.role), (f"  {rest}", "text"))
