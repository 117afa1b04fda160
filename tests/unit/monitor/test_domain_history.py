"""What counters gained at the last samples, side by side in arrays, against a plain list of the same samples."""

from __future__ import annotations

import random
from array import array
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as some

from atp_tui.monitor.domain_disks import DiskCounters
from atp_tui.monitor.domain_history import COUNTERS, CPU, DOMAIN_HISTORY, SENT, DomainHistory, Frame, Listed, Past
from atp_tui.monitor.series import NAN

KEPT = DOMAIN_HISTORY + 1


def of(count: int, number: int) -> array[int]:
    return array("q", [100 * number + place for place in range(count)])


@given(
    some.lists(
        some.tuples(some.integers(0, 3), some.booleans(), some.booleans(), some.integers(1, 150), some.booleans()),
        max_size=6,
    ),
    some.randoms(use_true_random=False),
)
def test_the_last_samples_are_those_that_were_added(
    stretches: list[tuple[int, bool, bool, int, bool]], rng: random.Random
) -> None:
    history, plain = DomainHistory(), list[Frame]()
    for size, memory_changes, disks_change, samples, whole in stretches:
        uuids = tuple(rng.sample("abcd", size))
        listed = Listed(uuids, ("",) * size)
        memory, disk = of(size, 0), array("d", of(size, 1))
        for _ in range(samples):
            number = len(plain)
            memory = of(size, number) if memory_changes else memory
            disk = array("d", of(size, number)) if disks_change else disk
            counters = array("q", [rng.randint(0 if whole else -1, 1 << 20) for _ in range(COUNTERS * size)])
            plain.append(Frame(float(number), listed, counters, -1 not in counters, memory, disk))
            history.append(plain[-1])
            assert history.newest is plain[-1]
            assert history.seconds == (1.0 if number else 0.0)
            for which in range(COUNTERS):
                now = [gain(plain, -1, which, uuid) for uuid in uuids]
                assert same(history.rates(which), now)
                assert same([none_is_nan(history.rate(which, place)) for place in range(size)], now)
        kept = plain[-KEPT:]
        assert history.samples() == [Past(each.at, each.listed, each.memory, each.disk) for each in kept]
        assert all(past.listed is was.listed for past, was in zip(history.samples(), kept, strict=True))
        for which in range(COUNTERS):
            for uuid in "abcd":
                moments, gains = history.gained(which, uuid)
                assert moments == [each.at for each in kept]
                wanted = [gain(plain, len(plain) - len(kept) + place, which, uuid) for place in range(len(kept))]
                assert same(gains[1:], wanted[1:])


def gain(plain: list[Frame], number: int, which: int, uuid: str) -> float:
    """What a counter gained, worked out from the samples themselves."""
    number %= len(plain)
    if number == 0:
        return NAN
    was, now = (
        frame.counted(which, frame.listed.uuids.index(uuid)) if uuid in frame.listed.uuids else -1
        for frame in plain[number - 1 : number + 1]
    )
    return float(now - was) if now >= was >= 0 else NAN


def none_is_nan(figure: float | None) -> float:
    return NAN if figure is None else figure


def same(found: Sequence[float], wanted: Sequence[float]) -> bool:
    return [*map(str, found)] == [*map(str, wanted)]


def test_what_is_kept_is_bounded() -> None:
    """By what an array outgrows: twice as many at most."""
    history, listed, memory, disk = DomainHistory(), Listed(("u",), ("web",)), of(1, 0), array("d", [0.0])
    for number in range(1000):
        history.append(Frame(float(number), listed, of(COUNTERS, number), True, memory, disk))
        held = sum(1 for _ in history._backwards())
        assert held <= KEPT + DOMAIN_HISTORY
    for number in range(100):
        history.append(Frame(float(number), Listed(("u",), ("web",)), of(COUNTERS, number), True, memory, disk))
    assert sum(1 for _ in history._backwards()) <= 2 * KEPT


def test_a_gain_of_a_large_counter_is_told_to_seven_digits() -> None:
    """The counters themselves would lose the gain in single precision."""
    history, listed, memory, disk = DomainHistory(), Listed(("u",), ("web",)), of(1, 0), array("d", [0.0])
    for at, count in ((0.0, 1 << 62), (2.0, (1 << 62) + 123_456_789)):
        history.append(Frame(at, listed, array("q", [count] * COUNTERS), True, memory, disk))
    assert history.rate(CPU, 0) == pytest.approx(123_456_789 / 2, rel=1e-7)


def test_counters_are_found_by_their_place() -> None:
    frame = Frame(0.0, Listed(("a", "b"), ("", "")), array("q", [1, 2, 3, 4, 5, 6]), True, array("q"), array("d"))
    assert (frame.counted(CPU, 1), frame.counted(SENT, 0)) == (2, 5)


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
