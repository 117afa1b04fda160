"""How old figures are, and when a host is silent: what rows say when time goes on and nothing comes."""

from __future__ import annotations

import itertools
import math

import pytest

from atp_tui.model.connection import ConnectionState, HostStatus, Standing
from atp_tui.model.events import HostChanged, SampleFailed
from atp_tui.model.message import text
from atp_tui.model.node import DomainState
from atp_tui.monitor.fleet import FleetView
from atp_tui.monitor.freshness import Freshness
from atp_tui.monitor.rows import DomainCounts, HostRow, count_domains

from .samples import domain, node, sample
from .test_fleet import SECOND, FewHosts

S = ConnectionState
PERIOD = 2.0


def view_of(*hosts: str, state: ConnectionState = S.CONNECTED, since: float = 0.0) -> FleetView:
    view = FleetView(FewHosts(*hosts), history=8, interval=PERIOD)
    for host in hosts:
        move(view, state, since, host)
    return view


def move(view: FleetView, state: ConnectionState, since: float, host: str = "a") -> None:
    view.apply(HostChanged(since, HostStatus(Standing(state, None, since, 0, None, True), host)))


def row_of(view: FleetView, host: str = "a") -> HostRow:
    row = view.row(host)
    assert row is not None
    return row


NOT_RESPONDING = text("monitor does not respond")


def fail(view: FleetView, at: float, *, answered: bool, errors: float = 0.0) -> None:
    view.apply(SampleFailed(at, "a", NOT_RESPONDING, answered, 0.0, errors))


@pytest.mark.parametrize(
    ("age", "freshness", "silent"),
    [
        (0.0, Freshness.FRESH, None),
        (2 * PERIOD, Freshness.FRESH, None),
        (2 * PERIOD + 0.01, Freshness.OLD, 100.0),
        (10 * PERIOD, Freshness.OLD, 100.0),
        (10 * PERIOD + 0.01, Freshness.LAPSED, 100.0),
    ],
)
def test_two_missed_samples_make_figures_old_and_a_host_silent(
    age: float, freshness: Freshness, silent: float | None
) -> None:
    view = view_of("a", since=50.0)
    view.apply(sample(100.0, node()))
    view.grow_old(100.0 + age)
    row = row_of(view)
    assert (row.freshness, row.silent_since) == (freshness, silent)
    assert row.fresh is (freshness is Freshness.FRESH)
    assert row.shown_state is (S.CONNECTED if silent is None else S.RECONNECTING)


def test_only_what_looks_different_is_told_and_made_anew() -> None:
    view = view_of("a", "b")
    view.apply(sample(10.0, node(), host="a"))
    view.apply(sample(13.0, node(), host="b"))
    view.changed()
    before = view.rows()
    assert view.grow_old(13.5) == {"a"}, "a place in its chart is empty"
    assert view.grow_old(13.6) == frozenset()
    assert view.grow_old(14.5) == {"a"}
    assert view.rows()[1] is before[1]
    assert view.changed() == {"a"}


def test_a_host_that_was_never_sampled_is_not_silent_at_once() -> None:
    view = view_of("a", since=100.0)
    view.grow_old(103.9)
    assert (row_of(view).freshness, row_of(view).silent_since) == (Freshness.NONE, None)
    view.grow_old(104.1)
    assert (row_of(view).freshness, row_of(view).silent_since) == (Freshness.NONE, 100.0)


@pytest.mark.parametrize("state", [state for state in S if state is not S.CONNECTED])
def test_a_host_that_is_not_connected_is_not_silent_and_has_no_fresh_figures(state: ConnectionState) -> None:
    view = view_of("a")
    view.apply(sample(10.0, node()))
    move(view, state, 10.5)
    row = row_of(view)
    assert (row.fresh, row.silent_since, row.shown_state) == (False, None, state)
    view.grow_old(60.0)
    assert (row_of(view).silent_since, row_of(view).shown_state) == (None, state)


def test_a_host_that_comes_back_is_not_silent_for_its_outage_but_its_figures_are_old() -> None:
    view = view_of("a")
    view.apply(sample(10.0, node()))
    move(view, S.RECONNECTING, 12.0)
    move(view, S.CONNECTED, 40.0)
    view.grow_old(41.0)
    assert (row_of(view).silent_since, row_of(view).freshness) == (None, Freshness.LAPSED)


def test_a_host_that_is_slow_each_time_is_old_in_between_and_not_silent() -> None:
    view = view_of("a")
    for at in (6.0, 12.0, 18.0):
        view.apply(sample(at, node()))
    view.grow_old(23.9)
    assert (row_of(view).silent_since, row_of(view).freshness) == (None, Freshness.OLD)
    view.grow_old(30.1)
    assert row_of(view).silent_since == 18.0


def test_a_host_that_was_slow_is_not_excused_by_that_once_it_has_come_back() -> None:
    view = view_of("a")
    for at in (6.0, 12.0, 18.0):
        view.apply(sample(at, node()))
    move(view, S.RECONNECTING, 19.0)
    move(view, S.CONNECTED, 20.0)
    view.apply(sample(22.0, node()))
    view.grow_old(26.1)
    assert row_of(view).silent_since == 22.0


def test_one_outage_does_not_excuse_the_next() -> None:
    view = view_of("a")
    for at in (2.0, 4.0, 34.0, 36.0):
        view.apply(sample(at, node()))
    view.grow_old(40.1)
    assert row_of(view).silent_since == 36.0


def test_an_answer_that_is_an_error_is_no_silence_and_is_shown_with_its_cause() -> None:
    view = view_of("a")
    view.apply(sample(2.0, node(), requests=1, errors=0))
    for number, at in enumerate((4.0, 6.0, 8.0), start=1):
        fail(view, at, answered=True, errors=number)
    view.grow_old(8.5)
    row = row_of(view)
    assert (row.silent_since, row.freshness, row.fresh) == (None, Freshness.OLD, False)
    assert (row.sample_error, row.errors_per_second) == (NOT_RESPONDING, 0.5)
    view.apply(sample(10.0, node()))
    assert row_of(view).sample_error is None


def test_no_answer_within_the_limit_is_silence() -> None:
    view = view_of("a")
    view.apply(sample(2.0, node()))
    fail(view, 6.5, answered=False)
    view.grow_old(6.6)
    assert (row_of(view).silent_since, row_of(view).sample_error) == (2.0, None)


def test_a_host_that_answered_with_errors_and_then_falls_silent_is_silent() -> None:
    view = view_of("a")
    view.apply(sample(2.0, node()))
    for at in (4.0, 6.0):
        fail(view, at, answered=True)
    view.grow_old(10.1)
    assert (row_of(view).silent_since, row_of(view).sample_error) == (6.0, None)
    fail(view, 10.5, answered=True)
    assert (row_of(view).silent_since, row_of(view).sample_error) == (None, NOT_RESPONDING)


def test_the_error_of_a_connection_goes_with_it() -> None:
    view = view_of("a")
    fail(view, 2.0, answered=True)
    move(view, S.RECONNECTING, 3.0)
    fail(view, 3.1, answered=True)
    move(view, S.CONNECTED, 5.0)
    assert row_of(view).sample_error is None


def test_looking_often_and_looking_once_come_to_the_same() -> None:
    """A look is spared where nothing can have changed since the last one: no change may be missed by that."""
    for state, sampled in itertools.product((S.CONNECTED, S.RECONNECTING), (None, 10.0, 10.3)):
        often = view_of("a", state=state, since=9.0)
        if sampled is not None:
            often.apply(sample(sampled, node()))
        for tick in range(400):
            now = 10.3 + tick * 0.1
            often.grow_old(now)
            once = view_of("a", state=state, since=9.0)
            if sampled is not None:
                once.apply(sample(sampled, node()))
            once.grow_old(now)
            assert repr(row_of(often)) == repr(row_of(once)), (state, sampled, now)


def test_without_an_interval_nothing_grows_old() -> None:
    view = FleetView(FewHosts("a"))
    move(view, S.CONNECTED, 0.0)
    view.apply(sample(1.0, node()))
    assert view.grow_old(1e9) == frozenset()
    assert row_of(view).fresh


def test_charts_of_domains_have_the_gap_of_an_outage_as_the_hosts_have() -> None:
    view = view_of("a")
    for number, at in enumerate((0.0, 2.0, 24.0, 26.0)):
        view.apply(sample(at, node(number, number), domain("d", number * SECOND)))
    detail = view.detail("a")
    assert detail is not None
    gaps = [math.isnan(share) for share in detail.domains[0].history]
    assert gaps == [False, *[True] * 10, False, False]
    for history in (detail.series["rtt"], detail.row.history):
        assert [math.isnan(value) for value in history] == gaps[-8:]


def test_charts_end_now_and_not_with_the_last_sample() -> None:
    view = view_of("a")
    for number, at in enumerate((0.0, 2.0, 4.0)):
        view.apply(sample(at, node(number, number), domain("d", number * SECOND)))
    view.grow_old(10.0)
    detail = view.detail("a")
    assert detail is not None
    for history in (detail.domains[0].history, detail.series["rtt"], detail.row.history):
        assert [math.isnan(value) for value in history[-4:]] == [False, False, True, True]
    view.grow_old(1e6)
    detail = view.detail("a")
    assert (
        detail is not None
        and all(math.isnan(value) for value in detail.series["rtt"])
        and len(detail.series["rtt"]) == 8
    )


def test_every_state_of_a_domain_is_counted_once() -> None:
    assert count_domains(DomainState) == DomainCounts(up=3, paused=2, crashed=1, off=1, unknown=1)
    assert count_domains(DomainState).all == len(DomainState)
    assert DomainCounts(1, 2, 3, 4, 5).plus(DomainCounts(10, 20, 30, 40, 50)) == (11, 22, 33, 44, 55)
