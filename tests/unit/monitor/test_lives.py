"""The last hour of connections: whatever has become of them, it is told without holes, bounded, and true."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.connection import TRANSITIONS, ConnectionSnapshot, ConnectionState
from atp_tui.model.events import ConnectionChanged, EventsLost
from atp_tui.model.message import Message, text
from atp_tui.monitor.fleet import FleetView
from atp_tui.monitor.lives import CLOSED, GRAIN, HOUR, MOST, Life, Lives, Span, cells_of
from tests.ui.rows import connection

from .test_fleet import FewHosts

S = ConnectionState
NOW = 100_000.0
TROUBLE = (S.RECONNECTING, S.FAILED)


def changed(
    at: float, before: ConnectionState, after: ConnectionState, number: int = 1, cause: Message | None = None
) -> ConnectionChanged:
    return ConnectionChanged(at, "a", "virt", number, before, after, cause, 0, None)


@st.composite
def histories(draw: st.DrawFn) -> list[ConnectionChanged]:
    """Legal transitions of some connections over up to some hours, in their order; the last one is before NOW."""
    states: dict[int, ConnectionState] = {}
    made: list[ConnectionChanged] = []
    at, pace = 0.0, draw(st.sampled_from((0.03, 0.1, 1.0)))
    steps = st.tuples(st.integers(1, 5), st.integers(0, 4), st.sampled_from((0.0, 0.1, 20.0, 90.0, 400.0, 4000.0)))
    for number, choice, passed in draw(
        st.one_of(st.lists(steps, max_size=20), st.lists(steps, min_size=80, max_size=150))
    ):
        before = states.get(number, S.DISCONNECTED)
        ways = sorted(TRANSITIONS[before])
        after = states[number] = ways[choice % len(ways)]
        at += passed * pace
        made.append(changed(at, before, after, number))
    since = NOW - at - draw(st.sampled_from((0.0, 1.0, 500.0, 5000.0)))
    return [replace(one, at=one.at + since) for one in made]


def lives_after(changes: list[ConnectionChanged], now: float = NOW) -> tuple[Life, ...]:
    lives = Lives()
    for change in changes:
        lives.take(change)
        assert len(lives._moves) <= MOST
    return lives.at(now, snapshots(changes))


def snapshots(changes: list[ConnectionChanged]) -> list[ConnectionSnapshot]:
    """The connections that are open or tried after these changes, as their pool has them."""
    last = {change.connection_id: change for change in changes}
    return [
        connection(number, state=change.after, since=change.at)
        for number, change in last.items()
        if change.after is not S.DISCONNECTED
    ]


def truth(changes: list[ConnectionChanged], number: int) -> list[tuple[float, float, ConnectionState]]:
    """From when until when, as ages, a connection was in which state."""
    own = [change for change in changes if change.connection_id == number]
    ends = [*(NOW - change.at for change in own[1:]), 0.0]
    return [(NOW - change.at, end, change.after) for change, end in zip(own, ends, strict=True)]


@given(histories())
def test_spans_cover_the_hour_without_holes_or_overlaps(changes: list[ConnectionChanged]) -> None:
    for life in lives_after(changes):
        assert (life.spans[0].begun, life.spans[-1].ended) == (HOUR, 0.0)
        for span, following in zip(life.spans, life.spans[1:], strict=False):
            assert span.ended == following.begun
            assert span.state is not following.state
        assert all(span.begun > span.ended for span in life.spans)


@given(histories())
def test_what_is_told_was_so_within_the_grain(changes: list[ConnectionChanged]) -> None:
    """Where there were more changes than are remembered, too."""
    lives = lives_after(changes)
    for life in lives:
        was = truth(changes, life.id)
        for span in life.spans:
            for age in (span.begun, (span.begun + span.ended) / 2, span.ended):
                near = {state for begun, ended, state in was if begun >= age - GRAIN and ended <= age + GRAIN}
                assert span.state is None or span.state in near
        for begun, ended, state in was:
            if state in TROUBLE and HOUR > begun > ended:
                told = {
                    span.state for span in life.spans if span.begun >= begun - GRAIN and span.ended <= begun + GRAIN
                }
                assert told & {None, *TROUBLE[TROUBLE.index(state) :]}, "trouble is not left out"
    for one in snapshots(changes):
        life = next(life for life in lives if life.id == one.id)
        assert life.closed is None
        assert life.spans[-1].state is one.state or one.since == NOW


@given(histories(), st.sampled_from((1, 7, 12, 60)))
def test_cells_show_the_worst_of_their_time(changes: list[ConnectionChanged], count: int) -> None:
    for life in lives_after(changes):
        cells = cells_of(life.spans, count)
        assert len(cells) == count
        for place, cell in enumerate(cells):
            begun, ended = HOUR - HOUR / count * place, HOUR - HOUR / count * (place + 1)
            there = {span.state for span in life.spans if span.begun > ended + 1e-6 and span.ended < begun - 1e-6}
            assert cell in {span.state for span in life.spans if span.begun >= ended and span.ended <= begun}
            for trouble in reversed(TROUBLE):
                if trouble in there:
                    assert cell in TROUBLE[TROUBLE.index(trouble) :]


def test_a_connection_that_died_shows_why_until_an_hour_has_gone_by() -> None:
    changes = [
        changed(NOW - 5000, S.DISCONNECTED, S.CONNECTING),
        changed(NOW - 5000, S.CONNECTING, S.CONNECTED),
        changed(NOW - 120, S.CONNECTED, S.RECONNECTING, cause=text("silent")),
        changed(NOW - 60, S.RECONNECTING, S.DISCONNECTED),
    ]
    [life] = lives_after(changes)
    assert (life.channel, life.id, life.closed, life.cause) == ("virt", 1, 60.0, text("silent"))
    assert life.spans == (
        Span(S.CONNECTED, HOUR, 120.0),
        Span(S.RECONNECTING, 120.0, 60.0),
        Span(S.DISCONNECTED, 60.0, 0.0),
    )
    assert cells_of(life.spans, 60)[-3:] == (S.CONNECTED, S.RECONNECTING, S.DISCONNECTED)
    assert [one.id for one in lives_after(changes, NOW + 3539)] == [1]
    assert lives_after(changes, NOW + 3540) == ()


def test_those_that_are_open_come_first_and_of_many_that_are_closed_the_last_ones_are_remembered() -> None:
    changes: list[ConnectionChanged] = []
    for number in range(1, 101):
        at = NOW - 1000 + number
        changes.append(changed(at, S.DISCONNECTED, S.CONNECTING, number))
        changes.append(changed(at, S.CONNECTING, S.CONNECTED, number))
        if number != 50:
            changes.append(changed(at + 0.5, S.CONNECTED, S.DISCONNECTED, number))
    lives = lives_after(changes)
    assert [life.id for life in lives][: CLOSED + 1] == [50, *range(100, 100 - CLOSED, -1)]


def test_what_was_missed_is_not_made_up() -> None:
    """After lost events only the pool knows what is open, and nobody what was before."""
    view = FleetView(FewHosts("a"))
    for change in (changed(NOW - 90, S.DISCONNECTED, S.CONNECTING), changed(NOW - 90, S.CONNECTING, S.CONNECTED)):
        view.apply(change)
    there = connection(1, since=NOW - 30)
    [life] = view.lives("a", [there], NOW)
    assert life.spans == (Span(None, HOUR, 90.0), Span(S.CONNECTED, 90.0, 0.0))
    view.apply(EventsLost(NOW, 5))
    [life] = view.lives("a", [there], NOW)
    assert life.spans == (Span(None, HOUR, 30.0), Span(S.CONNECTED, 30.0, 0.0))
    assert view.lives("b", [], NOW) == ()
