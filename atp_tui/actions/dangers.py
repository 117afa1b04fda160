r"""Command lines about which a person is asked: what could cost a host, its data, or the way to it. Pure.

A line is looked at as text: nothing takes a shell's place. `echo reboot` and `last reboot` pass, and `echo "now;
reboot"` is asked about. This holds back a slip, and no person who means it: what a variable, an alias, a file or
`re''boot` comes to is not seen.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import replace

from ..model.guard import GuardSettings
from .danger_list import SYSTEM_PATHS, built_in

Span = tuple[int, int]
"""Where a part of a text begins and ends, in characters."""

MOST = 20
"""Parts of a command line that are told."""

_CONTINUED = "\\\n"
"""A line that goes on: a shell takes both signs away."""


def dangers(line: str, guard: GuardSettings) -> tuple[Span, ...]:
    """The parts of a command line that are on the list, in their order, none of them empty or over another one."""
    cuts, joined = _joined(line)
    patterns = (*(built_in(joined) if guard.danger_builtin else ()), *guard.danger)
    found: list[Span] = []
    for begin, end in sorted(span for pattern in patterns for span in _found(pattern, joined)):
        if found and begin < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        elif begin < end:
            found.append((begin, end))
    size = len(_CONTINUED)
    return tuple((a + size * bisect_right(cuts, a), b + size * bisect_left(cuts, b)) for a, b in found[:MOST])


def dangers_of_push(files: str, far: str, guard: GuardSettings) -> Iterable[str]:
    """What is dangerous about files that are sent to a far path: where they go to, and what a person has written of
    the line in which they would be typed."""
    plain = posixpath.normpath(f"/{far}" if far.startswith("/") else far) + "/" * far.endswith("/")
    if guard.danger_builtin and re.match(SYSTEM_PATHS, re.sub(r"\A/+", "/", plain)):
        yield far
    line = f"push {files} {far}"
    for begin, end in dangers(line, replace(guard, danger_builtin=False)):
        yield line[begin:end]


def _joined(line: str) -> tuple[list[int], str]:
    """The line as a shell reads it where it goes on, and the places in it where something was taken away."""
    pieces = line.split(_CONTINUED)
    cuts, end = [], 0
    for piece in pieces[:-1]:
        end += len(piece)
        cuts.append(end)
    return cuts, "".join(pieces)


def _found(pattern: str, line: str) -> Iterable[Span]:
    compiled = re.compile(pattern)
    group = "part" if "part" in compiled.groupindex else 0
    return (match.span(group) for match in compiled.finditer(line))
