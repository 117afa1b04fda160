"""The terminal, the clock, the limit of open files."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from ...model.data_class import dataclass
from ...model.exhausted import hosts_that_fit
from ..output import standard_output
from .verdict import Asked, Verdict, ok, warning, wrong

COMFORTABLE = (80, 24)
"""Columns and lines from which on nothing is left out of the screen."""

_TRUE_COLOUR = ("truecolor", "24bit")
_MULTIPLEXERS = {
    "tmux": "tmux passes on what is copied (OSC 52) with: set -s set-clipboard on",
    "screen": "GNU screen passes on nothing that is copied (OSC 52)",
}


@dataclass(frozen=True, slots=True)
class TerminalFound:
    """What the environment says of the terminal. `size` in columns and lines, None where there is no terminal.

    `ascii_only`: the screen draws ASCII alone. `inside` is a multiplexer's name, or "".
    """

    term: str
    color: str
    ascii_only: bool
    encoding: str
    size: tuple[int, int] | None
    inside: str = ""
    no_color: bool = False


def look_terminal(asked: Asked) -> TerminalFound:
    from ...ui.ascii import needs_ascii

    environ = asked.environ
    encoding = standard_output().encoding
    inside = "tmux" if environ.get("TMUX") else "screen" if environ.get("STY") else ""
    return TerminalFound(
        environ.get("TERM", ""),
        environ.get("COLORTERM", ""),
        needs_ascii(environ, encoding),
        encoding,
        _size(),
        inside,
        bool(environ.get("NO_COLOR")),
    )


def _size() -> tuple[int, int] | None:
    for descriptor in (1, 0, 2):  # the first that is a terminal: output may go into a pipe
        try:
            columns, lines = os.get_terminal_size(descriptor)
        except OSError:
            continue
        return columns, lines
    return None


def judge_terminal(found: TerminalFound) -> Iterable[Verdict]:
    if found.term in ("", "dumb"):
        mend = "use a terminal, and let TERM say which; run, stats and domains need none"
        return [warning(f"TERM is {found.term or 'not set'}: the screen cannot be shown", mend)]
    verdicts = []
    if found.ascii_only:
        where = "the console" if found.term == "linux" else f"a locale that is not UTF-8 (output is {found.encoding})"
        verdicts.append(warning(f"{where}: signs and frames are drawn in ASCII", "LANG=C.UTF-8, or another in UTF-8"))
    if found.size is not None and (found.size[0] < COMFORTABLE[0] or found.size[1] < COMFORTABLE[1]):
        mend = "a larger window, or a smaller font"
        verdicts.append(warning(f"{found.size[0]}x{found.size[1]} cells: parts of the screen are left out", mend))
    return verdicts or [ok(_terminal(found))]


def _terminal(found: TerminalFound) -> str:
    if found.no_color:
        colours = "no colours (NO_COLOR)"
    elif found.color in _TRUE_COLOUR:
        colours = "16 million colours"
    elif "256" in found.term or found.inside:
        colours = "256 colours"
    else:
        colours = "16 colours by TERM (COLORTERM=truecolor where the terminal has more)"
    size = f"{found.size[0]}x{found.size[1]}" if found.size else "no terminal here"
    inside = f"; {_MULTIPLEXERS[found.inside]}" if found.inside else ""
    return f"{found.term}, {size}, {colours}{inside}"


_UNSYNCHRONISED = 0x40
"""STA_UNSYNC of adjtimex(2): nothing keeps the clock right."""

_SAMPLE = 0.05
"""Seconds over which both clocks are compared."""

DRIFT = 0.02
"""Seconds of difference over the sample from which on the clock is being set."""

_DAY = 86_400.0


class _Timex(ctypes.Structure):
    """The beginning of struct timex, adjtimex(2), with room for the rest of it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("frequency", ctypes.c_long),
        ("most_wrong", ctypes.c_long),
        ("estimate", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 512),
    )


@dataclass(frozen=True, slots=True)
class ClockFound:
    """`now` and `installed` (when the program's files were written) in seconds since 1970.

    `drift`: by how many seconds the wall clock went ahead of the monotonic one while it was looked at. `kept`: whether
    something keeps the clock right; None where the system does not say.
    """

    now: float
    installed: float
    drift: float
    kept: bool | None


def look_clock(_asked: Asked) -> ClockFound:
    wall, steady = time.time(), time.monotonic()
    time.sleep(_SAMPLE)
    drift = (time.time() - wall) - (time.monotonic() - steady)
    return ClockFound(time.time(), Path(__file__).stat().st_mtime, drift, _is_kept())


def _is_kept() -> bool | None:
    adjtimex = getattr(ctypes.CDLL(None, use_errno=True), "adjtimex", None)
    if sys.platform != "linux" or adjtimex is None:
        return None
    answer = _Timex()
    if adjtimex(ctypes.byref(answer)) < 0:
        return None
    return not answer.status & _UNSYNCHRONISED


def judge_clock(found: ClockFound) -> Iterable[Verdict]:
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(found.now))
    mend = "timedatectl set-ntp true, or run chrony or ntpd"
    if found.now < found.installed - _DAY:
        return [wrong(f"{shown} is before this program was installed: certificates seem not to hold yet", mend)]
    if abs(found.drift) > DRIFT:
        return [warning(f"{shown}: it was set by {found.drift:+.2f} s while it was looked at", mend)]
    if found.kept is False:
        return [warning(f"{shown}: nothing keeps it right", mend)]
    return [ok(f"{shown}{', kept right' if found.kept else ''}")]


@dataclass(frozen=True, slots=True)
class FilesFound:
    """The limit of open files that the program may raise its own to (None: no limit), and the hosts with libvirt."""

    limit: int | None
    hosts: int


def look_open_files(asked: Asked) -> FilesFound:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    hosts = 0 if asked.fleet is None else sum(host.connection_uri is not None for host in asked.fleet.hosts)
    return FilesFound(None if hard == resource.RLIM_INFINITY else hard, hosts)


def judge_open_files(found: FilesFound) -> Iterable[Verdict]:
    if found.limit is None:
        return [ok("no limit")]
    fit = hosts_that_fit(found.limit)
    shown = f"{found.limit:,} (ulimit -Hn): {fit:,} libvirt hosts fit"
    if found.hosts > fit:
        mend = "raise it: LimitNOFILE= of a systemd unit, or /etc/security/limits.conf"
        return [wrong(f"{shown}, and there are {found.hosts:,}", mend)]
    return [ok(shown)]
