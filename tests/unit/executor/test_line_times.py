"""The time at the beginning of a line: forms as programs write them, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.executor.line_times import LONG_AGO, HostTimes, stamp_of


def moment(text: str) -> float:
    """Seconds since 1970 of a time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


NOW = moment("2026-11-30T15:47:00")


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("2026-11-30T15:46:55Z app: x", "2026-11-30T15:46:55"),
        ("2026-11-30T15:46:55.123456+00:00 kvm07 sshd[1]: x", "2026-11-30T15:46:55.123456"),
        ("2026-11-30T16:46:55+0100 kvm07 sshd[1]: journalctl -o short-iso", "2026-11-30T15:46:55"),
        ("2026-11-30T10:16:55.5-05:30 half an hour of a zone", "2026-11-30T15:46:55.5"),
        ("2026-12-01T00:46:55+09:00 the next day there", "2026-11-30T15:46:55"),
        ("2026-11-30 15:46:55.123+0000: 1234: error : virNetSocketReadWire:1793", "2026-11-30T15:46:55.123"),
        ("2026-11-30 15:46:55 UTC [17] LOG:  postgres", "2026-11-30T15:46:55"),
        ("[2026-11-30T15:46:55Z] in brackets", "2026-11-30T15:46:55"),
        ('"2026-11-30T15:46:55Z" in quotes', "2026-11-30T15:46:55"),
        ("\x1b[1;32m2026-11-30T15:46:55Z\x1b[0m coloured", "2026-11-30T15:46:55"),
        ("<34>1 2026-11-30T15:46:55.003Z mymachine su - RFC 5424", "2026-11-30T15:46:55.003"),
        ("Mon 2026-11-30 15:46:55 UTC kvm07 systemd[1]: journalctl -o short-full", "2026-11-30T15:46:55"),
        ("30/Nov/2026:16:46:55 +0100 GET /", "2026-11-30T15:46:55"),
        ("[30/Nov/2026:15:46:55 +0000] GET /", "2026-11-30T15:46:55"),
        ("Mon Nov 30 15:46:55 UTC 2026 date", "2026-11-30T15:46:55"),
        ("1796053615 seconds", "2026-11-30T15:46:55"),
        ("1796053615.250000 kvm07 sshd[1]: journalctl -o short-unix", "2026-11-30T15:46:55.25"),
        ("1796053615,5 a comma", "2026-11-30T15:46:55.5"),
        ("[1796053615.250] squid", "2026-11-30T15:46:55.25"),
        ("1796053615250 milliseconds", "2026-11-30T15:46:55.25"),
        ("2026-11-30T15:46:60Z a leap second", "2026-11-30T15:47:00"),
        ("2026-12-31T23:59:60Z another", "2027-01-01T00:00:00"),
        ("2028-02-29T00:00:00Z a leap day", "2028-02-29T00:00:00"),
        ("1969-12-31T23:59:59Z before the epoch", "1969-12-31T23:59:59"),
    ],
)
def test_a_time_with_its_zone(line: str, at: str) -> None:
    stamp = stamp_of(line.encode(), NOW)
    assert stamp is not None
    assert stamp.at == pytest.approx(moment(at), abs=1e-5)
    assert stamp.zoned


@pytest.mark.parametrize(
    ("line", "at", "dated"),
    [
        ("Nov 30 15:46:55 kvm07 sshd[1]: x", "2026-11-30T15:46:55", False),
        ("Nov 30 15:46:55.123456 kvm07 sshd[1]: short-precise", "2026-11-30T15:46:55.123456", False),
        ("Nov  3 15:46:55 kvm07 sshd[1]: one digit", "2026-11-03T15:46:55", False),
        ("Nov 3 15:46:55 kvm07 sshd[1]: one blank", "2026-11-03T15:46:55", False),
        ("<13>Nov 30 15:46:55 kvm07 app: with its priority", "2026-11-30T15:46:55", False),
        ("NOV 30 15:46:55 loud", "2026-11-30T15:46:55", False),
        ("Nov 30 2026 15:46:55: %ASA-6-302013", "2026-11-30T15:46:55", True),
        ("[Mon Nov 30 15:46:55 2026] dmesg -T", "2026-11-30T15:46:55", True),
        ("[Mon Nov 30 15:46:55.123456 2026] [core:notice] Apache", "2026-11-30T15:46:55.123456", True),
        ("Mon Nov 30 15:46:55 CET 2026 a zone that many have", "2026-11-30T15:46:55", True),
        ("2026-11-30 15:46:55,123 INFO logging of Python", "2026-11-30T15:46:55.123", True),
        ("2026/11/30 15:46:55 [error] 17#17: nginx, log of Go", "2026-11-30T15:46:55", True),
        ("2026-11-30T15:46:55 nothing more", "2026-11-30T15:46:55", True),
        ("2026-11-30 15:46:55 CET another zone's name", "2026-11-30T15:46:55", True),
    ],
)
def test_a_time_without_a_zone(line: str, at: str, dated: bool) -> None:
    stamp = stamp_of(line.encode(), NOW)
    assert stamp is not None
    assert stamp.at == pytest.approx(moment(at), abs=1e-5)
    assert (stamp.zoned, stamp.dated) == (False, dated)


@pytest.mark.parametrize(
    "line",
    [
        "", "  at java.lang.Thread.run", "Traceback (most recent call last):", "[    3.141592] kernel: since boot",
        "2026-02-30T15:46:55Z no such day", "2026-13-01T15:46:55Z", "2026-11-30T24:00:00Z", "2026-11-30T15:60:00Z",
        "2026-11-30T15:46:61Z", "0000-01-01T00:00:00Z", "Feb 29 15:46:55 in no year near", "Foo 30 15:46:55",
        "Nov 31 15:46:55",
        "1234567890 a number that is no moment near", "17960536151 too long", "1796053615-1796053616 a range",
        "192.0.2.1 - - [30/Nov/2026:15:46:55 +0000] not at the beginning", "15:46:55 no day", "99999999999999999999",
        "2026-11-30", "\x1b[2J2026-11-30T15:46:55Z not a colour",
    ],
)  # fmt: skip
def test_what_is_no_time(line: str) -> None:
    assert stamp_of(line.encode(), NOW) is None


@pytest.mark.parametrize(
    ("now", "line", "at"),
    [
        ("2027-01-01T00:00:01", "Dec 31 23:59:59 x", "2026-12-31T23:59:59"),
        ("2026-12-31T23:59:59", "Jan  1 00:00:01 its clock is ahead", "2027-01-01T00:00:01"),
        ("2028-03-01T12:00:00", "Feb 29 12:00:00 x", "2028-02-29T12:00:00"),
    ],
)
def test_the_year_that_is_not_told_is_the_nearest(now: str, line: str, at: str) -> None:
    stamp = stamp_of(line.encode(), moment(now))
    assert stamp is not None
    assert stamp.at == moment(at)


def test_a_zone_that_is_not_told_is_found_out() -> None:
    times = HostTimes()
    behind = NOW - 5 * 3600  # written where it is five hours earlier

    def said(at: float, arrived: float) -> float | None:
        return times.at(datetime.fromtimestamp(at, UTC).strftime("%b %d %H:%M:%S x").encode(), arrived)

    assert said(behind - 3600, NOW) is not None, "an hour old: of which zone is not known yet"
    assert said(behind, NOW) == NOW
    assert said(behind - 3600, NOW) == NOW - 3600, "from the youngest on it is"
    assert said(behind + 1, NOW + 1) == NOW + 1
    assert times.at(b"no time", NOW) is None


def test_a_zone_that_no_line_is_of_any_more_is_found_out_anew() -> None:
    times = HostTimes()

    def said(zone: float, arrived: float, age: float = 0.0) -> float | None:
        return times.at(
            datetime.fromtimestamp(arrived - age + zone, UTC).strftime("%b %d %H:%M:%S x").encode(), arrived
        )

    assert said(7200, NOW) == NOW
    for minutes in range(60):  # old lines between new ones: each that is new says that the zone is still this one
        assert said(7200, NOW + 60 * minutes, age=3600) == NOW + 60 * minutes - 3600
        assert said(7200, NOW + 60 * minutes) == NOW + 60 * minutes
    autumn = NOW + 86400
    for each in range(0, int(LONG_AGO) + 1, 60):
        assert said(3600, autumn + each) == autumn + each - 3600, "an hour early, as long as they may be old lines"
    after = autumn + LONG_AGO + 60
    assert said(3600, after) == after
    assert said(3600, after + 1, age=1800) == after + 1 - 1800


def test_a_zone_that_is_told_needs_none() -> None:
    times = HostTimes()
    assert times.at(b"Nov 30 10:46:55 x", NOW) == NOW - 5
    assert times.at(b"2026-11-30T10:46:55Z x", NOW) == NOW - 5 * 3600 - 5


@given(st.binary(max_size=80), st.floats(0, 4e9))
def test_no_line_breaks_it(line: bytes, now: float) -> None:
    stamp = stamp_of(line, now)
    assert stamp is None or stamp.at == stamp.at


@given(st.text("0123456789-:T.,+ZNovDec /[]<> ", max_size=40), st.floats(0, 4e9))
def test_no_line_that_looks_like_a_time_breaks_it(line: str, now: float) -> None:
    HostTimes().at(line.encode(), now)
