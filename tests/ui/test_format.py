"""Figures keep their width whatever their size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.ui import format as fmt

SHARES = st.none() | st.floats(0, 20)
AMOUNTS = st.none() | st.floats(0, 1e15)


@given(SHARES, AMOUNTS, st.none() | st.floats(0, 1e5), st.none() | st.integers(0, 2**50))
def test_widths_stand_still(share: float | None, amount: float | None, seconds: float | None, kib: int | None) -> None:
    assert len(fmt.percent(share)) == 5
    assert len(fmt.byte_rate(amount)) == 9
    assert len(fmt.milliseconds(seconds)) == 8
    assert len(fmt.memory(kib)) == 8
    assert len(fmt.byte_count(kib)) == 7


@given(st.none() | st.floats(0, 999_000))
def test_rates_stand_still(rate: float | None) -> None:
    assert len(fmt.rate(rate)) == 5


@given(st.integers(0, 10**15), st.integers(3, 12))
def test_tallies_stand_still(number: int, width: int) -> None:
    assert len(fmt.tally(number, width)) == width


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (fmt.percent(0.126), " 13 %"),
        (fmt.percent(1.0), "100 %"),
        (fmt.percent(None), "  n/a"),
        (fmt.milliseconds(0.0012), "  1.2 ms"),
        (fmt.milliseconds(0.12), "  120 ms"),
        (fmt.memory(8 * 1024 * 1024), " 8.0 GiB"),
        (fmt.memory(512 * 1024 * 1024), " 512 GiB"),
        (fmt.memory(1023), "1023 KiB"),
        (fmt.byte_rate(1.2e6), " 1.2 MB/s"),
        (fmt.byte_rate(999.7), " 1.0 kB/s"),
        (fmt.rate(0.25), "  0.2"),
        (fmt.rate(14), "   14"),
        (fmt.tally(1204, 6), " 1,204"),
        (fmt.tally(1204331, 6), "1,204k"),
        (fmt.age(12.9), "12 s"),
        (fmt.age(-3), "0 s"),
        (fmt.age(240), "4 min"),
        (fmt.age(5 * 3600 + 3600), "6 h"),
        (fmt.age(41 * 86400), "41 d"),
        (fmt.countdown(3.21), "3.2 s"),
        (fmt.countdown(-1), "0.0 s"),
        (fmt.countdown(12.6), "13 s"),
        (fmt.version(11003000), "11.3"),
        (fmt.version(9002001), "9.2.1"),
        (fmt.version(None), "n/a"),
    ],
)
def test_examples(shown: str, expected: str) -> None:
    assert shown == expected
