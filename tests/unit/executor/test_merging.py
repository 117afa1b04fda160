"""Lines of many hosts in one order: what holds for every stream, and the rule by examples."""

from __future__ import annotations

from collections import Counter, defaultdict

from hypothesis import given
from hypothesis import strategies as st

from atp_tui.executor.merging import Merge

Came = tuple[str, int]


def came(merge: Merge[str], *lines: tuple[float, str, float | None]) -> None:
    """Lines come: when, which (its first letter is the host), and its own time."""
    for arrived, name, at in lines:
        merge.add(name[0], name, 1, at, arrived, arrived)


def test_lines_come_out_by_their_times_once_they_have_waited() -> None:
    merge: Merge[str] = Merge(0.5)
    came(merge, (10.0, "a1", 9.9), (10.1, "b1", 9.8), (10.2, "c1", 10.15), (10.3, "b2", 10.0))
    assert merge.due == 10.5
    assert merge.out(10.4) == []
    assert merge.out(10.5) == ["b1", "a1"], "and not c1, which has not waited, nor b2"
    assert merge.out(10.7) == ["b2", "c1"]
    assert merge.due is None


def test_a_clock_that_is_behind_holds_nobody_up_and_is_waited_for_by_nobody() -> None:
    merge: Merge[str] = Merge(0.5)
    came(merge, (10.0, "a1", 10.0), (10.1, "b1", -3600.0), (10.2, "b2", -3599.9))
    assert merge.out(10.5) == ["b1", "b2", "a1"]


def test_of_a_clock_that_is_ahead_the_moment_of_arrival_counts() -> None:
    merge: Merge[str] = Merge(0.5)
    came(merge, (10.0, "a1", 3610.0), (10.05, "b1", 10.04), (10.1, "a2", 3610.1), (10.2, "b2", 10.09))
    assert merge.out(10.5) == ["a1"]
    assert merge.out(11.0) == ["b1", "b2", "a2"]


def test_a_line_of_one_host_is_never_overtaken_by_a_later_one() -> None:
    merge: Merge[str] = Merge(0.5)
    came(merge, (10.0, "a1", 9.9), (10.1, "a2", 9.0), (10.2, "a3", 9.95), (10.2, "b1", 9.92))
    assert merge.rest() == ["a1", "a2", "b1", "a3"]


def test_a_clock_that_leaps_back_does_not_overtake_what_was_written_before_the_leap() -> None:
    merge: Merge[str] = Merge(0.5)
    came(merge, (10.0, "a1", 10.0))
    assert merge.out(10.5) == ["a1"]
    came(merge, (10.6, "a2", -3600.0), (10.6, "b1", 9.9))
    assert merge.rest() == ["b1", "a2"], "a2 stands where a1 stood, at least"


def test_a_line_without_a_time_stays_with_the_line_before_it() -> None:
    merge: Merge[str] = Merge(0.5)
    came(merge, (10.0, "a1", 9.9), (10.0, "b1", 9.91), (10.1, "a trace", None), (10.2, "a trace 2", None))
    assert merge.out(10.5) == ["a1", "a trace", "a trace 2", "b1"]
    came(merge, (10.6, "b2", 10.55), (10.7, "a late trace", None))
    assert merge.out(10.7) == ["a late trace"], "its line has come out: it waits for nothing"
    assert merge.rest() == ["b2"]


def test_of_a_host_whose_lines_have_no_times_the_arrival_counts() -> None:
    merge: Merge[str] = Merge(0.5)
    came(merge, (10.0, "a1", None), (10.05, "b1", 10.04), (10.1, "a2", None))
    assert merge.rest() == ["a1", "b1", "a2"]


def test_a_flood_waits_for_nothing_and_holds_no_memory() -> None:
    merge: Merge[str] = Merge(0.5, most_lines=100, most_bytes=1000, most_in_all=5000)
    came(merge, (10.0, "b1", 9.5))
    for number in range(10_000):
        merge.add("a", f"a{number}", 5, 10.0, 10.0, 10.0)
        assert merge.size <= 501
    assert len(merge._came) < 3000
    assert merge.out(10.0) == [f"a{number}" for number in range(9_900)], "the first ones, in their order"
    assert merge.rest() == ["b1", *(f"a{number}" for number in range(9_900, 10_000))]


def test_what_waits_of_all_hosts_has_a_bound() -> None:
    merge: Merge[str] = Merge(0.5, most_in_all=1000)
    for host in map(chr, range(97, 117)):
        merge.add(host, host, 100, 10.0, 10.0, 10.0)
        assert merge.size <= 1000
    assert "".join(merge.out(10.0)) == "abcdefghij"
    assert "".join(merge.rest()) == "klmnopqrst"


steps = st.lists(
    st.tuples(
        st.floats(0, 2),  # seconds since the step before
        st.sampled_from("abc"),
        st.one_of(st.none(), st.floats(-5, 5), st.just(1e6), st.just(-1e6)),  # its time, against its arrival
        st.integers(0, 400),
        st.booleans(),  # whether somebody looks what is due
    ),
    max_size=60,
)


@given(steps, st.sampled_from([0.0, 0.5, 3.0]), st.sampled_from([2, 5, 1000]))
def test_everything_comes_out_once_and_hosts_keep_their_order(
    given_steps: list[tuple[float, str, float | None, int, bool]], window: float, most: int
) -> None:
    merge: Merge[Came] = Merge(window, most_lines=most, most_bytes=1000, most_in_all=2000)
    now, out = 1000.0, []
    sent: dict[str, list[Came]] = defaultdict(list)
    moments: dict[Came, float] = {}
    for number, (wait, host, off, size, looks) in enumerate(given_steps):
        now += wait
        item = (host, number)
        sent[host].append(item)
        moments[item] = now
        merge.add(host, item, size, None if off is None else now + off, now, now)
        assert merge.size <= 2000
        if looks:
            out += merge.out(now)
            left = moments.keys() - set(out)
            assert all(moments[each] > now - window for each in left), "none waits longer than the window"
    out += merge.rest()
    assert merge.size == 0
    assert merge.due is None
    assert Counter(out) == Counter(moments.keys())
    for host, items in sent.items():
        assert [each for each in out if each[0] == host] == items


@given(st.lists(st.tuples(st.floats(0, 0.4), st.sampled_from("abc"), st.floats(0, 0.4)), min_size=1, max_size=60))
def test_where_clocks_agree_and_nothing_is_late_all_come_out_by_their_times(
    lines: list[tuple[float, str, float]],
) -> None:
    merge: Merge[float] = Merge(0.5)
    now, last = 1000.0, dict.fromkeys("abc", 0.0)
    out: list[float] = []
    for wait, host, late in lines:
        now += wait
        at = max(now - late, last[host])  # a host's lines arrive in their order
        last[host] = at
        merge.add(host, at, 1, at, now, now)
        out += merge.out(now)
    out += merge.rest()
    assert out == sorted(out)
