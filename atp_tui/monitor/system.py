"""What a Linux host tells of itself in /proc, as text: the command that asks, and the reading made of its answer.

Formats: proc(5) for loadavg, uptime, stat and meminfo; POSIX's `df -Pk` for the root file system. A command that stays
open answers each line of its input with one such text, so that a sample costs the host two short processes and this
program no new session.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from ..model.node import SystemReading
from .border import LARGEST, Nonsense

BEGIN, END = "atp-figures-begin", "atp-figures-end"
"""Lines around one answer: a start-up file of the login shell may write before the first."""

LONGEST_ANSWER = 64 * 1024
"""Characters of one answer. /proc/meminfo is the largest part of it, with some 1,500."""

_SCRIPT = "; ".join(
    (
        "test -r /proc/stat || exit 3",
        "cpus=$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc) || exit 3",
        f"while read -r _; do echo {BEGIN}",
        'echo "cpus $cpus"',
        'read -r line </proc/loadavg && echo "load $line"',
        'read -r line </proc/uptime && echo "uptime $line"',
        'read -r line </proc/stat && echo "$line"',
        "cat /proc/meminfo",
        "df -Pk / 2>/dev/null",
        f"echo {END}",
        "done",
    )
)
"""On one line: a login shell such as tcsh takes no line end between quotes."""

FIGURES_COMMAND = f"exec /bin/sh -c {shlex.quote(_SCRIPT)} atp-figures"
"""Starts the answering command. The login shell may be any; `exec` leaves none of it behind."""

_TICK = 10_000_000
"""Nanoseconds of one USER_HZ tick, in which /proc/stat counts: 100 ticks a second, 1,024 on alpha alone (time(7))."""

LONGEST_WHOLE = 10
"""Digits before the point, and behind it, of a load or of an uptime: 10 of them are 300 years in seconds."""

_MEMORY_KEYS = frozenset({"MemTotal:", "MemAvailable:", "MemFree:", "SwapTotal:", "SwapFree:"})


def parse(answer: str) -> SystemReading:
    """The reading in one answer, the lines between BEGIN and END. Raises Nonsense, which names what is wrong."""
    words = {line[0]: line[1:] for line in map(str.split, answer.splitlines()) if line}
    memory = {key: _whole(words.get(key, ())[:1], key.rstrip(":")) for key in _MEMORY_KEYS & words.keys()}
    load = [_decimal(word, "the load") for word in words.get("load", ())[:3]]
    if len(load) != 3:
        raise Nonsense("the load is missing")
    ticks = [_whole([word], "the CPU time") for word in words.get("cpu", ())[:8]]
    if len(ticks) < 5:
        raise Nonsense("the CPU time is missing")
    total = _needed(memory, "MemTotal:")
    # MemAvailable came with Linux 3.14
    free = memory["MemAvailable:"] if "MemAvailable:" in memory else _needed(memory, "MemFree:")
    root, root_used, root_free = _root(answer.splitlines())
    return SystemReading(
        load=(load[0], load[1], load[2]),
        uptime=_decimal(next(iter(words.get("uptime", ())), ""), "the uptime"),
        cpus=_whole(words.get("cpus", ())[:1], "the number of CPUs"),
        # user, nice, system, idle, iowait, irq, softirq, steal: waiting for a disk is idleness
        cpu_busy=_bounded((sum(ticks) - ticks[3] - ticks[4]) * _TICK, "the CPU time"),
        cpu_idle=_bounded((ticks[3] + ticks[4]) * _TICK, "the CPU time"),
        memory_kib=total,
        memory_free_kib=free,
        swap_kib=memory.get("SwapTotal:", 0),
        swap_free_kib=memory.get("SwapFree:", 0),
        root_kib=root,
        root_used_kib=root_used,
        root_free_kib=root_free,
    )


def _root(lines: Sequence[str]) -> tuple[int, int, int] | tuple[None, None, None]:
    """(size, used, free) of the root file system in KiB. A name before them on the line of df may hold blanks.

    The last word is where it is mounted: / but in a chroot, where df tells another place of the same file system.
    """
    for line in lines:
        words = line.split()
        if len(words) >= 6 and words[-1].startswith("/") and words[-2].endswith("%"):
            size, used, free = (_whole([word], "the root file system") for word in words[-5:-2])
            return size, used, free
    return None, None, None


def _needed(memory: dict[str, int], key: str) -> int:
    if key not in memory:
        raise Nonsense(f"{key.rstrip(':')} is missing")
    return memory[key]


def _whole(words: Iterable[str], name: str) -> int:
    for word in words:
        # isdecimal alone takes digits of every script; nineteen of ours hold every number up to LARGEST
        if word.isascii() and word.isdecimal() and len(word) <= 19:
            return _bounded(int(word), name)
        raise Nonsense(f"{name} is no whole number")
    raise Nonsense(f"{name} is missing")


def _decimal(word: str, name: str) -> float:
    whole, _, part = word.partition(".")
    digits = word.isascii() and whole.isdecimal() and (part.isdecimal() or not part)
    if digits and len(whole) <= LONGEST_WHOLE and len(part) <= LONGEST_WHOLE:
        return float(word)
    raise Nonsense(f"{name} is no number")


def _bounded(value: int, name: str) -> int:
    if value > LARGEST:
        raise Nonsense(f"{name} is too large")
    return value
