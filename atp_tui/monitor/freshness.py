"""The one rule for the age of figures. Pure. Rows carry its verdict: a reader of rows knows no limit of its own.

A period is the seconds between two samples of a host. Figures older than DIM_AFTER periods are old: they are shown dim
and are left out of sums. A host from which nothing was heard for that long while it is connected is silent, before its
connection is declared lost.
"""

from __future__ import annotations

from enum import Enum

DIM_AFTER = 2
"""Periods after which figures are old: by then two samples are missing."""

AGE_AFTER = 10
"""Periods after which figures of a host are not shown any more, but how old they are."""


class Freshness(Enum):
    """How far figures can be trusted. NONE: there are none yet. LAPSED: so old that only their age is of use."""

    NONE = "none"
    FRESH = "fresh"
    OLD = "old"
    LAPSED = "lapsed"


def freshness(sampled_at: float | None, now: float, period: float | None) -> Freshness:
    """The verdict on figures of moment `sampled_at` at moment `now`; without a `period` no figure grows old."""
    if sampled_at is None:
        return Freshness.NONE
    if period is None:
        return Freshness.FRESH
    age = now - sampled_at
    if age > AGE_AFTER * period:
        return Freshness.LAPSED
    return Freshness.OLD if is_old(age, period) else Freshness.FRESH


def is_old(age: float, period: float) -> bool:
    """Whether what was last heard `age` seconds ago says nothing of now."""
    return age > DIM_AFTER * period


def pace(period: float, gaps: tuple[float, ...]) -> float:
    """The seconds in which a host is expected to be heard again: the period, or what its last answers took.

    A host that needs six seconds for an answer is slow and not silent each time. Of the last `gaps` between answers
    the shortest one counts: an outage makes one gap long, and must not excuse the next outage.
    """
    return max(period, min(gaps)) if gaps else period
