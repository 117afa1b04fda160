"""The counters of the last samples, side by side in arrays, against a plain list of the same samples."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as some

from atp_tui.monitor.domain_disks import DiskCounters
from atp_tui.monitor.domain_history import COUNTERS, CPU, DOMAIN_HISTORY, SENT, DomainHistory, Frame, Listed

KEPT = DOMAIN_HISTORY + 1


def of(count: int, number: int) -> array[int]:
    return array("q", [100 * number + place for place in range(count)])


@given(
    some.lists(some.tuples(some.integers(0, 3), some.booleans(), some.booleans(), some.integers(1, 150)), max_size=6)
)
def test_the_last_samples_are_those_that_were_added(stretches: list[tuple[int, bool, bool, int]]) -> None:
    history, plain = DomainHistory(), list[Frame]()
    for size, memory_changes, disks_change, samples in stretches:
        listed = Listed(tuple(map(str, range(size))), ("",) * size)
        memory, disk = of(size, 0), array("d", of(size, 1))
        for _ in range(samples):
            number = len(plain)
            memory = of(size, number) if memory_changes else memory
            disk = array("d", of(size, number)) if disks_change else disk
            plain.append(Frame(float(number), listed, of(COUNTERS * size, number), memory, disk))
            history.append(plain[-1])
            assert history.newest is plain[-1]
            assert history.before() == (plain[-2] if number else None)
        assert history.frames() == plain[-KEPT:]
        assert all(frame.listed is was.listed for frame, was in zip(history.frames(), plain[-KEPT:], strict=True))


def test_what_is_kept_is_bounded() -> None:
    """By what an array outgrows: twice as many at most."""
    history, listed, memory, disk = DomainHistory(), Listed(("u",), ("web",)), of(1, 0), array("d", [0.0])
    for number in range(1000):
        history.append(Frame(float(number), listed, of(COUNTERS, number), memory, disk))
        held = sum(1 for _ in history._backwards())
        assert held <= KEPT + DOMAIN_HISTORY
    for number in range(100):
        history.append(Frame(float(number), Listed(("u",), ("web",)), of(COUNTERS, number), memory, disk))
    assert sum(1 for _ in history._backwards()) <= 2 * KEPT


def test_counters_are_found_by_their_place() -> None:
    frame = Frame(0.0, Listed(("a", "b"), ("", "")), array("q", [1, 2, 3, 4, 5, 6]), array("q"), array("d"))
    assert (frame.counted(CPU, 1), frame.counted(SENT, 0), list(frame.column(SENT))) == (2, 5, [5, 6])


@given(
    some.lists(
        some.dictionaries(
            some.sampled_from("abcd"),
            some.tuples(some.none() | some.integers(0, 2**63 - 1), some.none() | some.integers(0, 100)),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_rates_of_disks_are_what_each_counter_has_gained(
    readings: list[dict[str, tuple[int | None, int | None]]],
) -> None:
    counters, before = DiskCounters(), dict[str, tuple[int | None, int | None]]()
    for number, reading in enumerate(readings):
        listed = Listed(tuple(reading), ("",) * len(reading))
        rates = counters.take(2.0 * number + 1, listed, *([each[way] for each in reading.values()] for way in (0, 1)))
        for uuid, counts in reading.items():
            was = before.get(uuid, (None, None))
            wanted = tuple(
                None if old is None or new is None or new < old else (new - old) / 2.0
                for old, new in zip(was, counts, strict=True)
            )
            assert rates.of(uuid) == wanted
        assert rates.of("nobody") == (None, None)
        before = reading
