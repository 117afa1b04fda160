"""Rings and rates."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.monitor.series import Series, bounded, rate, share_of_growth


@given(st.integers(1, 8), st.integers(1, 4), st.lists(st.integers(0, 1000)))
def test_a_series_holds_the_last_figures_oldest_first(size: int, width: int, figures: list[int]) -> None:
    series = Series(size, width)
    for figure in figures:
        series.append([figure + column for column in range(width)])
    for column in range(width):
        assert series.values(column) == tuple([figure + column for figure in figures[-size:]])
    assert len(series) == min(size, len(figures))


def test_a_missing_figure_is_nan() -> None:
    series = Series(2, 2)
    series.append([1, None])
    assert series.values(0) == (1,)
    assert math.isnan(series.values(1)[0])


@pytest.mark.parametrize(
    ("before", "after", "seconds", "expected"),
    [(10, 30, 2.0, 10.0), (30, 10, 2.0, None), (None, 10, 2.0, None), (10, None, 2.0, None), (1, 2, 0.0, None)],
)
def test_a_rate_is_unknown_where_the_counter_began_again(
    before: int | None, after: int | None, seconds: float, expected: float | None
) -> None:
    assert rate(before, after, seconds) == expected


def test_shares() -> None:
    assert share_of_growth(5, 6, 7, 10) == 0.25
    assert share_of_growth(5, 5, 7, 7) is None
    assert share_of_growth(5, 3, 7, 8) is None
    assert share_of_growth(5, 6, 7, 6) is None
    assert share_of_growth(5, 6, None, 6) is None
    assert (bounded(1.2), bounded(-0.1), bounded(0.5), bounded(None)) == (1.0, 0.0, 0.5, None)
