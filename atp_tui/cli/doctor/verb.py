"""What `atp-tui doctor` prints, and its exit status."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

from ...model.text import Printed, printed, safe
from ..arguments import Arguments
from ..output import emit, emit_json
from .checks import CHECKS, examined
from .verdict import Asked, Level, Verdict

_WIDTH = max(len(check.name) for check in CHECKS)

Told = Sequence[tuple[str, Verdict]]
"""Verdicts with the names of their checks."""


def doctor(arguments: Arguments) -> int:
    """Look at everything and say what was found; 1 where something is wrong, else 0.

    Raises ConfigError (key "targets") for a set of hosts that means none, or that only hosts could settle.
    """
    asked = Asked(arguments.config, arguments.given, dict(os.environ))
    if asked.fleet is not None:
        _ = asked.hosts  # raises
    told = []
    for name, verdict in examined(asked):
        told.append((name, verdict))
        if not arguments.json:
            emit(as_text(name, verdict))  # at once: a check may take seconds
    if arguments.json:
        emit_json(as_json(told))
    else:
        emit(printed([safe(_sum(told))]))
    return int(any(verdict.level is Level.WRONG for _, verdict in told))


def as_json(told: Told) -> dict[str, object]:
    """The verdicts as plain data for --json."""
    counted = Counter(verdict.level for _, verdict in told)
    return {
        "checks": [
            {"check": name, "verdict": verdict.level.value, "found": verdict.found, "remedy": verdict.remedy or None}
            for name, verdict in told
        ],
        "wrong": counted[Level.WRONG],
        "warnings": counted[Level.WARNING],
    }


def as_text(name: str, verdict: Verdict) -> Printed:
    """The line of a verdict, and the line of its remedy below."""
    lines = [f"{verdict.level.value:<7}  {name:<{_WIDTH}}  {verdict.found}"]
    if verdict.remedy:
        lines.append(f"{'':<7}  {'':<{_WIDTH}}  → {verdict.remedy}")
    return printed(map(safe, lines))


def _sum(told: Told) -> str:
    counted = Counter(verdict.level for _, verdict in told)
    return f"{counted[Level.WRONG]} wrong, {counted[Level.WARNING]} to know of, {counted[Level.OK]} in order"
