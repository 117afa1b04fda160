"""Which happenings have one line: none is lost, none is counted twice, and what is gathered belongs together."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from atp_tui.model.causes import Cause, Remedy, Trouble
from atp_tui.model.connection import ConnectionState
from atp_tui.model.message import told
from atp_tui.model.node import DomainState
from atp_tui.model.say import Say
from atp_tui.monitor.gathering import MANY, PERIOD, STEADY, TOGETHER, Gathering, Heap, shared_by, subject_of
from atp_tui.monitor.happening import (
    DomainMoved,
    FellSilent,
    Gathered,
    Happening,
    HappeningKind,
    HostMove,
    HostMoved,
    NewsLost,
    Noted,
    StateMoved,
    What,
)

S, D = ConnectionState, DomainState
LOST = StateMoved(S.CONNECTED, S.RECONNECTING, None, Trouble(Cause.LOST, "", Remedy.RETRY), 1, 60.0)
BACK = StateMoved(S.RECONNECTING, S.CONNECTED, None, None, 0, 5.0)
REFUSED = StateMoved(S.RECONNECTING, S.FAILED, None, Trouble(Cause.PORT_REFUSED, "", Remedy.RETRY), 3, 9.0)
STOPPED = DomainMoved("web", "web", D.RUNNING, D.SHUTOFF, "shut down")
KINDS = {StateMoved: HappeningKind.STATE, FellSilent: HappeningKind.SILENCE, DomainMoved: HappeningKind.DOMAIN,
         HostMoved: HappeningKind.HOSTS, NewsLost: HappeningKind.LOSS,
         Noted: HappeningKind.NOTE}  # fmt: skip


def happening(number: int, at: float, host: str, what: What, place: str | None = "behind jump-2") -> Happening:
    return Happening(number, at, KINDS[type(what)], host, (), place, what)


def gathered(*happenings: Happening) -> Gathering:
    gathering = Gathering()
    for each in happenings:
        gathering.add(each)
    return gathering


def heaps(gathering: Gathering) -> list[Heap]:
    return list({id(heap): heap for heap in gathering.heap_of.values()}.values())


def lines(gathering: Gathering) -> list[list[int]]:
    """The numbers of each line."""
    found: list[list[int]] = []
    for heap in heaps(gathering):
        found += [list(heap.numbers)] if heap.is_one else [[number] for number in heap.numbers]
    return sorted(found)


def test_many_hosts_that_are_lost_at_once_behind_one_jump_host_are_one_line() -> None:
    found = gathered(*(happening(n, 100 + n / 20, f"kvm{n}", LOST) for n in range(1, 42)))
    assert lines(found) == [list(range(1, 42))]
    assert found.heap_of[1].why is Gathered.SHARED


def test_two_of_them_have_a_line_each() -> None:
    assert lines(gathered(happening(1, 100, "a", LOST), happening(2, 101, "b", LOST))) == [[1], [2]]


def test_another_place_another_cause_and_another_time_are_other_lines() -> None:
    apart = [
        *(happening(n, 100, f"a{n}", LOST) for n in (1, 2)),
        *(happening(n, 100, f"b{n}", LOST, "192.0.2.0/24") for n in (3, 4)),
        *(happening(n, 100, f"c{n}", REFUSED) for n in (5, 6)),
        *(happening(n, 101 + TOGETHER, f"d{n}", LOST) for n in (7, 8)),
    ]
    assert lines(gathered(*apart)) == [[n] for n in range(1, 9)]


def test_what_goes_on_and_on_is_no_line_of_seconds() -> None:
    chain = [happening(n, 100 + 4 * n, f"a{n}", LOST) for n in range(5)]
    assert lines(gathered(*chain)) == [[n] for n in range(5)]


def test_a_host_stands_once_in_a_line_of_many() -> None:
    told = [happening(n, 100, host, LOST) for n, host in enumerate(("a", "b", "c", "a", "b"), 1)]
    assert lines(gathered(*told)) == [[1, 2, 3], [4], [5]]


def test_one_change_too_many_in_a_minute_is_flapping_with_all_of_that_minute() -> None:
    steady = [happening(n, 100 + 9 * n, "a", LOST if n % 2 else BACK) for n in range(1, STEADY + 1)]
    assert lines(gathered(*steady)) == [[n] for n in range(1, STEADY + 1)]
    more = [*steady, happening(6, 160, "a", BACK), happening(7, 200, "a", LOST), happening(8, 400, "a", BACK)]
    found = gathered(*more)
    assert lines(found) == [[1, 2, 3, 4, 5, 6, 7], [8]]
    assert found.heap_of[7].why is Gathered.FLAPPING


def test_a_domain_that_starts_and_crashes_over_and_over_is_one_line() -> None:
    crash = DomainMoved("web", "web", D.RUNNING, D.CRASHED, "panicked")
    start = DomainMoved("web", "web", D.CRASHED, D.RUNNING, "booted")
    other = happening(7, 107, "a", STOPPED)
    found = gathered(*(happening(n, 100 + n, "a", crash if n % 2 else start) for n in range(1, 7)), other)
    assert lines(found) == [[1, 2, 3, 4, 5, 6, 7]]
    assert subject_of(other) == "a/web"


def test_what_many_hosts_share_is_no_flapping_of_each_of_them() -> None:
    told: list[Happening] = []
    for turn in range(8):
        for host in range(10):
            told.append(happening(len(told) + 1, 100 + turn * 6, f"a{host}", BACK if turn % 2 else LOST))
    found = gathered(*told)
    assert [len(line) for line in lines(found)] == [10] * 8
    assert {heap.why for heap in heaps(found)} == {Gathered.SHARED}


def test_a_line_of_many_stays_one_while_its_oldest_are_dropped() -> None:
    found = gathered(*(happening(n, 100, f"a{n}", LOST) for n in range(1, 5)))
    for number in (1, 2, 3):
        found.drop(number)
    assert lines(found) == [[4]]
    found.drop(4)
    assert not found.heap_of and not found._shared and not found._recent


# mostly the same few hosts, changes, places and short times: else nothing ever comes together
OFTEN = st.sampled_from([LOST, BACK])
WHATS = st.one_of(
    OFTEN,
    OFTEN,
    st.sampled_from([LOST, BACK, REFUSED, STOPPED, FellSilent(1.0), HostMoved(HostMove.ADDED), NewsLost(3)]),
)
SOON = st.sampled_from([0.0, 0.5, 2.0, 4.0])
STEPS = st.lists(
    st.tuples(
        st.one_of(SOON, SOON, SOON, st.sampled_from([9.0, 30.0, 70.0])),
        st.one_of(st.just("a"), st.sampled_from("abcde")),
        WHATS,
        st.sampled_from(["x", "x", "x", "y", None]),
    ),
    min_size=20,
    max_size=60,
)


@settings(max_examples=200)
@given(STEPS, st.integers(1, 70))
def test_each_happening_that_is_kept_is_in_exactly_one_line(
    steps: list[tuple[float, str, What, str | None]], most: int
) -> None:
    gathering, at, kept = Gathering(), 1000.0, {}
    for number, (later, host, what, place) in enumerate(steps, 1):
        at += later
        kept[number] = happening(number, at, host, what, place)
        gathering.add(kept[number])
        if len(kept) > most:
            del kept[number - most]
            gathering.drop(number - most)
        told = [each for line in lines(gathering) for each in line]
        assert sorted(told) == list(kept)
        for heap in heaps(gathering):
            assert list(heap.numbers) == sorted(heap.numbers)
            belongs_together(heap, kept)
    if most > len(steps):
        no_host_fills_the_list(gathering, kept)


def belongs_together(heap: Heap, kept: dict[int, Happening]) -> None:
    members = [kept[number] for number in heap.numbers]
    assert [subject_of(each) for each in members] == list(heap.numbers.values())
    if heap.why is Gathered.FLAPPING:
        assert len({subject_of(each) for each in members}) == 1
        assert all(after.at - before.at <= PERIOD for before, after in pairwise(members))
    else:
        assert len({shared_by(each) for each in members}) == 1
        assert members[-1].at - members[0].at <= TOGETHER
        assert len({subject_of(each) for each in members}) == len(members), "each host once"
        assert heap.is_one or len(members) < MANY


def no_host_fills_the_list(gathering: Gathering, kept: dict[int, Happening]) -> None:
    """Of no host or domain do more than STEADY changes of one minute have a line each."""
    alone = defaultdict(list)
    for number, heap in gathering.heap_of.items():
        if not heap.is_one and not isinstance(kept[number].what, HostMoved | NewsLost):
            alone[subject_of(kept[number])].append(kept[number].at)
    for moments in alone.values():
        moments.sort()
        for first, one_too_many in zip(moments, moments[STEADY:], strict=False):
            assert one_too_many - first > PERIOD


def test_one_certificate_that_ends_on_many_hosts_is_one_line() -> None:
    ends = Noted(told(Say.CERTIFICATE_ENDS, file="/home/me/key-cert.pub", at="16:00"))
    other = Noted(told(Say.CERTIFICATE_ENDS, file="/home/me/other-cert.pub", at="16:00"))
    found = gathered(*(happening(n, 1.0, f"kvm{n}", other if n == 4 else ends) for n in range(1, 6)))
    assert lines(found) == [[1, 2, 3, 5], [4]]
