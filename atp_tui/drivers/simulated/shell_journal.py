"""journalctl of the demo's hosts: a few messages that come again, made from the host's name and the second."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence

from .shell_reply import Reply, Visit, usage

_MESSAGES = (
    ("libvirtd", 812, "End of file while reading data: Input/output error"),
    ("libvirtd", 812, "this host is not supported as a target of a migration while one is under way"),
    ("sshd", 2201, "Accepted publickey for root from 192.0.2.9 port 51022 ssh2"),
    ("sshd", 2201, "Connection closed by 192.0.2.9 port 51022"),
    ("systemd", 1, "Started session-117.scope - Session 117 of User root."),
    ("systemd", 1, "fstrim.service: Deactivated successfully."),
    ("chronyd", 655, "Selected source 192.0.2.123"),
    ("qemu", 4410, "warning: host clock was set back by 0.3 s"),
)
_MOST = 1000
_LONGEST_WAIT = 3.0


def journalctl(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    """The last ten lines, or as many as -n says, of the unit of -u; with -f it goes on."""
    count, unit, follows, rest = 10, "", False, list(arguments)
    while rest:
        match rest.pop(0):
            case "-f" | "--follow":
                follows = True
            case "-n" if rest and rest[0].isdecimal() and int(rest[0]) <= _MOST:
                count = int(rest.pop(0))
            case "-u" if rest:
                unit = rest.pop(0).removesuffix(".service")
            case "--no-pager":
                pass
            case other:
                return usage("journalctl", other)
    if unit and unit not in {name for name, _, _ in _MESSAGES}:
        return Reply("-- No entries --\n", goes_on=_silence if follows else None)
    last = reversed([line for _, line in zip(range(count), _backwards(visit, unit), strict=False)])
    return Reply("".join(last), goes_on=(lambda later: _next(later, unit)) if follows else None)


def _backwards(visit: Visit, unit: str) -> Iterator[str]:
    second = int(visit.wall)
    while True:
        second -= 1 + random.Random(f"{visit.node.name} {second}").randrange(40)
        yield _line(visit.node.name, second, unit)


def _next(visit: Visit, unit: str) -> tuple[float, str]:
    """How long it is until the next line, and that line."""
    wait = random.Random(f"{visit.node.name} {visit.wall}").uniform(0.1, _LONGEST_WAIT)
    return wait, _line(visit.node.name, int(visit.wall + wait), unit)


def _silence(visit: Visit) -> tuple[float, str]:
    return _LONGEST_WAIT, ""


def _line(host: str, second: int, unit: str) -> str:
    messages = [each for each in _MESSAGES if not unit or each[0] == unit]
    name, pid, text = random.Random(f"{host} {second}").choice(messages)
    return f"{time.strftime('%b %d %H:%M:%S', time.gmtime(second))} {host} {name}[{pid}]: {text}\n"
