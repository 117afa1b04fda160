"""The fleet added up, for the line at the top. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ...model.connection import ConnectionState
from ...monitor.metrics import Sums
from ...monitor.rows import DomainCounts, HostRow
from ..glyphs import STATE_ORDER

SHOWN_ALWAYS = (ConnectionState.CONNECTED, ConnectionState.RECONNECTING, ConnectionState.FAILED)
"""States whose count is shown at 0 too: figures that come and go would move the ones beside them."""


@dataclass(frozen=True, slots=True)
class FleetSummary:
    """The fleet added up. Each host counts once in `states`, by the state that its row shows.

    `silent` of them are connected and have fallen silent; they count as reconnecting. `vms`, `errors` (a second) and
    `sums` (by the names of their metrics) are of fresh figures alone, None where no host has any; `unseen` are the
    domains of the other hosts as last known.
    """

    states: tuple[tuple[ConnectionState, int], ...] = ()
    silent: int = 0
    vms: DomainCounts | None = None
    unseen: int = 0
    sums: tuple[tuple[str, float | None], ...] = Sums().figures()
    errors: float | None = None


def summarise(rows: Iterable[HostRow]) -> FleetSummary:
    """Add up the rows, by the same rule for age as the rows themselves."""
    states: Counter[ConnectionState] = Counter()
    silent = unseen = 0
    vms: DomainCounts | None = None
    sums = Sums()
    errors: float | None = None
    for row in rows:
        states[row.shown_state] += 1
        silent += row.silent_since is not None
        if not row.fresh:
            unseen += row.domains or 0
            continue
        if row.vms is not None:
            vms = row.vms if vms is None else vms.plus(row.vms)
        sums.add(row)
        if row.errors_per_second is not None:
            errors = (errors or 0.0) + row.errors_per_second
    counts = tuple((state, states[state]) for state in STATE_ORDER if states[state] or state in SHOWN_ALWAYS)
    return FleetSummary(counts, silent, vms, unseen, sums.figures(), errors)
