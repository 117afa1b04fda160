"""Numbers as text of a fixed width, so that columns stand still while their figures move. None is shown as "n/a"."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from ..model.day import Day
from ..monitor.metrics import Form

NOT_KNOWN = "n/a"

_SIZES = ("KiB", "MiB", "GiB", "TiB", "PiB")
_BYTES = ("B", "kB", "MB", "GB", "TB")
_RATES = tuple(f"{unit}/s" for unit in _BYTES)


def percent(share: float | None) -> str:
    """A share of 0 to 1 in 5 cells: `  0 %` to `100 %`; more than one whole keeps its figure, up to `999 %`."""
    if share is None:
        return NOT_KNOWN.rjust(5)
    return f"{min(round(100 * share), 999):3d} %"


def milliseconds(seconds: float | None) -> str:
    """A duration in 8 cells, always in ms: `  1.2 ms`, ` 120 ms`, `12000 ms`."""
    if seconds is None:
        return NOT_KNOWN.rjust(8)
    value = 1000 * seconds
    figure = f"{value:.1f}" if value < 99.95 else f"{min(value, 99999):.0f}"
    return f"{figure:>5} ms"


def memory(kib: int | None) -> str:
    """An amount of memory given in KiB, in 8 cells and binary units: ` 8.0 GiB`, ` 512 GiB`."""
    if kib is None:
        return NOT_KNOWN.rjust(8)
    return _scaled(float(kib), 1024, _SIZES)


def byte_rate(per_second: float | None) -> str:
    """Bytes a second in 9 cells and decimal units, as networks are measured: ` 1.2 MB/s`."""
    if per_second is None:
        return NOT_KNOWN.rjust(9)
    return _scaled(per_second, 1000, _RATES).rjust(9)


def byte_count(number: int | None) -> str:
    """An amount of traffic in bytes, in 7 cells and decimal units: ` 1.2 MB`."""
    if number is None:
        return NOT_KNOWN.rjust(7)
    return _scaled(float(number), 1000, _BYTES).rjust(7)


def rate(per_second: float | None) -> str:
    """Events a second, or another average, in 5 cells, unit left to the title: `  0.2`, `   14`, ` 1.2k`."""
    if per_second is None:
        return NOT_KNOWN.rjust(5)
    if per_second < 9.95:
        return f"{per_second:5.1f}"
    if per_second < 9999.5:
        return f"{per_second:5.0f}"
    return f"{min(per_second / 1000, 999):4.0f}k"


def count(number: float | None) -> str:
    """A number of things in 5 cells: `   12`, `1,204`, `  12k` from ten thousand on."""
    return NOT_KNOWN.rjust(5) if number is None else tally(round(number), 5)


WRITE: Mapping[Form, Callable[[float | None], str]] = {
    Form.SHARE: percent,
    Form.DURATION: milliseconds,
    Form.RATE: rate,
    Form.COUNT: count,
    Form.AVERAGE: rate,
    Form.DOMAINS: count,
}
"""How a metric's figure is written."""


def tally(number: int, width: int) -> str:
    """A number in `width` cells (3 or more), right-aligned: `1,204` while that fits, else `12k`, `345M`."""
    for divisor, unit in ((1, ""), (1_000, "k"), (1_000_000, "M"), (1_000_000_000, "G")):
        figure = f"{number // divisor:,}{unit}"
        if len(figure) <= width:
            return figure.rjust(width)
    return "9" * (width - 1) + "+"


def clock(at: float) -> str:
    """The local time of a moment in seconds since 1970, in 8 cells: `14:03:12`."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def day(at: float) -> str:
    """The local day of a moment: `Saturday 28 November 2026`."""
    return time.strftime("%A %d %B %Y", time.localtime(at)).replace(" 0", " ", 1)


def moment(at: float, now: float) -> str:
    """In 8 cells the time of a moment of today, or else its day: `14:03:12`, `  28 Nov`."""
    return clock(at) if Day(now).holds(at) else time.strftime("%d %b", time.localtime(at)).rjust(8)


def age(seconds: float) -> str:
    """How long ago in words of a person, at most 6 cells: `12 s`, `3 min`, `5 h`, `41 d`."""
    whole = max(int(seconds), 0)
    if whole < 100:
        return f"{whole} s"
    if whole < 100 * 60:
        return f"{whole // 60} min"
    if whole < 100 * 3600:
        return f"{whole // 3600} h"
    return f"{whole // 86400} d"


def countdown(seconds: float) -> str:
    """Time left until something happens: tenths below ten seconds (`3.2 s`), then as `age`; never negative."""
    return f"{max(seconds, 0.0):.1f} s" if seconds < 9.95 else age(round(seconds))


def version(number: int | None) -> str:
    """libvirt's version number (major * 1,000,000 + minor * 1,000 + release) in words, the release left out when 0."""
    if number is None:
        return NOT_KNOWN
    major, minor, release = number // 1_000_000, number // 1_000 % 1_000, number % 1_000
    return f"{major}.{minor}.{release}" if release else f"{major}.{minor}"


def _scaled(value: float, base: int, units: tuple[str, ...]) -> str:
    step = 0
    while value >= base - 0.5 and step < len(units) - 1:
        value /= base
        step += 1
    figure = f"{value:.1f}" if value < 9.95 else f"{value:.0f}"
    return f"{figure:>4} {units[step]}"
