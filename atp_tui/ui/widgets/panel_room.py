"""How the parts of a host's panel share its rows. Pure.

What is told comes first: the head, the connections with their causes, the VMs. Rows that these leave are the charts',
then the events'.
"""

from __future__ import annotations

from typing import NamedTuple

from .charts import HIGHEST

LEAST = 2
"""Rows that each part of the panel has: its title and a line."""

EVENTS_FROM = 36
"""Rows from which on the panel has the last events of its host: what is left of a terminal of 40."""

USUAL_EVENTS = 5
"""Events that the panel shows before its charts grow."""


class Needs(NamedTuple):
    """Lines that each part has to show, without its title. `bands` is how many rows of charts there are, `more` how
    many lines the head has beyond `head` where it need not be brief."""

    head: int
    more: int
    bands: int
    events: int
    domains: int


class PanelRoom(NamedTuple):
    """Rows of each part, its title included; of events there may be none. `charts` is how high each chart is; the head
    is `brief` where there is no row for all that it could say."""

    charts: int
    brief: bool
    head: int
    connections: int
    events: int


def lowest_charts(height: int) -> int:
    """How high charts are in a panel of `height` rows, however much else it has to show."""
    return 1 if height < 30 else 2 if height < 44 else 3 if height < 54 else 4


def most_connections(height: int, needs: Needs) -> int:
    """Lines of connections at most: a third of the panel, and rows that the VMs do not need."""
    return max(height // 3, 2, _free(height, needs) - 1)


def panel_room(height: int, needs: Needs, connections: int) -> PanelRoom:
    """Share `height` rows out; `connections` are the lines that these have. The VMs have the rest, never nothing: a
    list with keys that nobody sees would have the focus. The head has its foot cut off for it."""
    charts, brief, happened = lowest_charts(height), True, _happened(height, needs)
    shown = min(1 + min(connections or LEAST, most_connections(height, needs)), max(LEAST, height - LEAST - 2))
    left = max(0, _free(height, needs) - shown)
    if charts > 1 or left >= needs.more:
        brief, left = False, left - needs.more
    head = needs.head + (0 if brief else needs.more)
    if needs.bands and left > 0:
        grown = min(HIGHEST, charts + left // needs.bands)
        charts, left = grown, left - (grown - charts) * needs.bands
    events = 1 + min(happened, USUAL_EVENTS + max(0, left)) if happened else 0
    rows = 1 + max(LEAST, head + charts * needs.bands)
    return PanelRoom(charts, brief, min(rows, max(LEAST, height - shown - events - LEAST - 1)), shown, events)


def _happened(height: int, needs: Needs) -> int:
    return needs.events if height >= EVENTS_FROM else 0


def _free(height: int, needs: Needs) -> int:
    """Rows that neither the head, with its charts as low as they get, nor events nor VMs need."""
    events = 1 + min(_happened(height, needs), USUAL_EVENTS) if _happened(height, needs) else 0
    head = max(LEAST, needs.head + lowest_charts(height) * needs.bands)
    return height - 1 - head - events - 1 - max(LEAST, needs.domains)
