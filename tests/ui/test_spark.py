"""Charts: exact widths, the newest value at the right, gaps for what is not known."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from atp_tui.ui.spark import area, spark

VALUES = st.lists(st.floats(), max_size=60)  # subnormal, infinite and NaN ones too


def test_a_ramp_uses_every_block() -> None:
    assert spark([step / 7 for step in range(8)], 8, high=1.0) == "▁▂▃▄▅▆▇█"
    assert spark([step / 7 for step in range(8)], 8, high=1.0, ascii_only=True) == "_.-:=+*#"


def test_the_newest_values_stand_at_the_right_edge() -> None:
    assert spark([0.0, 1.0], 4, high=1.0) == "  ▁█"
    assert spark([1.0, 1.0, 0.0], 1, high=1.0) == "▁"


def test_unknown_is_a_gap_and_zero_is_not() -> None:
    assert spark([math.nan, 0.0, math.nan], 3, high=1.0) == " ▁ "
    assert area([math.nan, math.nan, 0.0, 0.0], 2, 1, high=1.0) == [" ⣀"]


def test_without_a_top_the_largest_value_reaches_it() -> None:
    assert spark([1.0, 50.0], 2) == "▁█"
    assert spark([0.0, 0.0], 2) == "▁▁"


def test_an_area_fills_from_below() -> None:
    assert area([1.0, 1.0, 0.0, 0.0], 2, 2, high=1.0) == ["⣿ ", "⣿⣀"]
    assert area([0.0, 1.0], 1, 1, high=1.0) == ["⣸"]
    assert area([0.0, 1.0], 2, 2, high=1.0, ascii_only=True) == [" |", ".|"]


@given(VALUES, st.integers(0, 30), st.integers(0, 5), st.booleans())
def test_sizes_are_exact(values: list[float], width: int, height: int, ascii_only: bool) -> None:
    assert len(spark(values, width, ascii_only=ascii_only)) == width
    rows = area(values, width, height, ascii_only=ascii_only)
    assert [len(row) for row in rows] == [width] * height
    assert not ascii_only or all(row.isascii() for row in rows)


@given(VALUES, st.floats(), st.floats())
def test_any_scale_is_taken(values: list[float], low: float, high: float) -> None:
    assert len(spark(values, 10, low, high)) == 10
    assert len(area(values, 10, 2, low, high)) == 2
