"""The fleet added up: every host once, every VM once, and figures of now alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.connection import ConnectionState
from atp_tui.monitor.freshness import Freshness
from atp_tui.monitor.rows import DomainCounts, HostRow
from atp_tui.monitor.tally import Summary, Tally

from .conftest import open_app
from .fleet_services import FleetServices, rack
from .rows import NOW, host_row
from .shown import ShownRows

S = ConnectionState


def added_up(rows: Sequence[HostRow]) -> Summary:
    return Tally(ShownRows(rows)).summary()


COUNTS = st.none() | st.builds(DomainCounts, *[st.integers(0, 50)] * 5)


@st.composite
def hosts(draw: st.DrawFn) -> HostRow:
    state = draw(st.sampled_from(S))
    silent = NOW - 6 if state is S.CONNECTED and draw(st.booleans()) else None
    freshness = draw(st.sampled_from(Freshness))
    rate = draw(st.none() | st.floats(0, 1e6))
    return host_row(
        "h", state=state, silent_since=silent, freshness=freshness, vms=draw(COUNTS), requests_per_second=rate
    )


@given(st.lists(hosts(), max_size=20))
def test_the_sums_add_up(rows: list[HostRow]) -> None:
    rows = [replace(row, id=f"h{number}") for number, row in enumerate(rows)]  # one id would be one host
    summary = added_up(rows)
    assert sum(count for _, count in summary.states) == len(rows)
    assert sum(summary.vms or ()) + summary.unseen == sum(row.domains or 0 for row in rows)
    assert summary.silent <= dict(summary.states).get(S.RECONNECTING, 0)
    fresh = [row for row in rows if row.state is S.CONNECTED and row.freshness is Freshness.FRESH]
    assert (summary.vms is None) is all(row.vms is None for row in fresh)
    assert (dict(summary.sums)["req"] is None) is all(row.requests_per_second is None for row in fresh)


def test_rates_fall_with_the_hosts_that_fall_silent() -> None:
    rows = [host_row("a", requests_per_second=2.0), host_row("b", requests_per_second=3.0)]
    assert added_up(rows).sums == (("req", 5.0),)
    rows[1] = host_row("b", requests_per_second=3.0, sampled_at=NOW - 5, silent_since=NOW - 5)
    assert (added_up(rows).sums, added_up(rows).silent) == ((("req", 2.0),), 1)
    assert added_up(rows[1:]).sums == (("req", None),)


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (200, 50)])
async def test_a_screen_that_only_watches_says_so_at_any_width(size: tuple[int, int]) -> None:
    fakes = FleetServices(rack(2))
    fakes.services = replace(fakes.services, read_only=True)
    async with open_app(fakes, size) as opened:
        assert "read-only  ● 2" in opened.lines()[0]
