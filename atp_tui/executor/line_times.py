"""The time that stands at the beginning of a line of a log. Pure.

Forms: ISO 8601 and RFC 3339 (`2026-11-30T15:46:55.123+01:00`, with a blank for the T, slashes for the dashes, a comma
for the point), behind a weekday too (journalctl's short-full); syslog's `Nov 30 15:46:55`, with a fraction, a year or a
weekday (dmesg -T, date); Apache's and nginx's `30/Nov/2026:15:46:55 +0000`; seconds or milliseconds since 1970. A
priority (`<34>`, `<34>1 `), a bracket or a colour may stand before it.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

BEGINNING = 64
"""Bytes of a line in which its time is looked for."""

LONG_AGO = 600.0
"""Seconds for which a zone that was found out holds, though no line is of it."""

_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"), 1
    )
}
_DAY = 86400
_EPOCH = date(1970, 1, 1).toordinal()
_HALF_A_YEAR = 180 * _DAY
_QUARTER = 900.0
_FURTHEST_ZONE = 14 * 3600.0
_FURTHEST_EPOCH = 400 * _DAY

_LEAD = rb"(?:\x1b\[[\d;]{0,16}m)?(?:<\d{1,3}>(?:\d )?)?[\[(\"']?(?:(?:mon|tue|wed|thu|fri|sat|sun),? )?"
_CLOCK = rb"([0-2]\d):([0-5]\d):([0-6]\d)(?:[.,](\d{1,9}))?"
_ZONE = rb"\s?(?:(z|utc|gmt)\b|([+-])(\d\d):?(\d\d)(?!\d))?"
_FORMS = re.compile(
    _LEAD + rb"(?:"
    rb"(\d{4})([-/])(\d\d)\2(\d\d)[t ]" + _CLOCK + _ZONE + rb"|"
    rb"(\d{1,2})/([a-z]{3})/(\d{4})[: ]" + _CLOCK + _ZONE + rb"|"
    rb"([a-z]{3}) {1,2}(\d{1,2}) (?:(\d{4}) )?" + _CLOCK + rb"(?: (utc|gmt|z)?(?:[a-z]{2,5})? ?(\d{4})\b)?|"
    rb"(\d{10})(?:[.,](\d{1,9}))?(?![\d.:-])|"
    rb"(\d{13})(?![\d.:-])"
    rb")",
    re.IGNORECASE,
)


class Stamp(NamedTuple):
    """A time as it stands in a line, in seconds since 1970. `zoned`: the line says of which zone; where not, they are
    seconds as though it were of UTC. `dated`: it says of which year."""

    at: float
    zoned: bool = True
    dated: bool = True


def stamp_of(line: bytes, now: float) -> Stamp | None:
    """The time that a line begins with; None where it begins with none. `now` is about when it came, in seconds since
    1970: of a time without a year, the year is the one that brings it nearest."""
    found = _FORMS.match(line, 0, BEGINNING)
    if found is None:
        return None
    of = found.groups()
    if of[0] is not None:
        return _stamp(_days(int(of[0]), int(of[2]), int(of[3])), of[4:8], of[8:12])
    if of[12] is not None:
        month = _MONTHS.get(of[13].lower(), 0)
        return _stamp(_days(int(of[14]), month, int(of[12])), of[15:19], of[19:23])
    if of[23] is not None:
        return _of_month(of, now)
    whole, part = (of[32], of[33]) if of[32] is not None else (of[34][:10], of[34][10:])
    at = int(whole) + _fraction(part)
    return Stamp(at) if abs(at - now) < _FURTHEST_EPOCH else None  # else it is some other number


def _of_month(of: tuple[bytes | None, ...], now: float) -> Stamp | None:
    """`Nov 30 15:46:55`, perhaps with its year before or behind the time."""
    name, day, before, behind = of[23], of[24], of[25], of[31]
    month = _MONTHS.get((name or b"").lower(), 0)
    zone = (of[30], None, None, None)
    year = before or behind
    if year is not None:
        return _stamp(_days(int(year), month, int(day or 0)), of[26:30], zone)
    this, nearest = _year_of(int(now // _DAY)), None
    for each in (this, this - 1, this + 1):
        stamp = _stamp(_days(each, month, int(day or 0)), of[26:30], zone)
        if stamp is not None and (nearest is None or abs(stamp.at - now) < abs(nearest.at - now)):
            nearest = stamp
        if nearest is not None and abs(nearest.at - now) < _HALF_A_YEAR:
            break
    return None if nearest is None else Stamp(nearest.at, nearest.zoned, dated=False)


@lru_cache(maxsize=8)
def _year_of(days: int) -> int:
    return date.fromordinal(_EPOCH + days).year


@lru_cache(maxsize=64)
def _days(year: int, month: int, day: int) -> int | None:
    """Days since 1970; None for a day that no calendar has."""
    try:
        return date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None


def _stamp(days: int | None, clock: tuple[bytes | None, ...], zone: tuple[bytes | None, ...]) -> Stamp | None:
    hour, minute, second, part = clock
    if days is None or hour is None or minute is None or second is None or hour > b"23" or second > b"60":
        return None  # second 60 is a leap second: it is the first one of the next minute
    at = days * _DAY + int(hour) * 3600 + int(minute) * 60 + int(second) + _fraction(part)
    name, sign, hours, minutes = zone
    if sign is not None and hours is not None and minutes is not None:
        offset = int(hours) * 3600 + int(minutes) * 60
        return Stamp(at + offset if sign == b"-" else at - offset)
    return Stamp(at, zoned=name is not None)


def _fraction(part: bytes | None) -> float:
    return int(part) / 10 ** len(part) if part else 0.0


class HostTimes:
    """The times of one host's lines.

    Where they name no zone, it is found out: a line has come later than it was written, so the zone is the one, in
    quarters of an hour, that the youngest line is of. Where for LONG_AGO no line was of it, it is that of the youngest
    since: a zone's clock goes back in autumn, and a line may begin with a time that is to come.
    """

    def __init__(self) -> None:
        self._zone: float | None = None
        self._lower: tuple[float, float] | None = None  # the highest zone since a line was of ours, and since when

    def at(self, line: bytes, arrived: float) -> float | None:
        """When a line was written, by itself, in seconds since 1970; None where it does not say. `arrived` is when it
        came here."""
        stamp = stamp_of(line, arrived)
        if stamp is None:
            return None
        if stamp.zoned:
            return stamp.at
        self._find_out(round((stamp.at - arrived) / _QUARTER) * _QUARTER, arrived)
        return stamp.at - (self._zone or 0.0)

    def _find_out(self, zone: float, arrived: float) -> None:
        """Take in the zone that a line is of, if it has just been written."""
        if abs(zone) > _FURTHEST_ZONE:
            return
        if self._zone is None or zone >= self._zone:
            self._zone, self._lower = zone, None
            return
        highest, since = self._lower or (zone, arrived)
        self._lower = max(highest, zone), since
        if arrived - since > LONG_AGO:
            self._zone, self._lower = self._lower[0], None
