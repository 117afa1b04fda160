"""What `atp-tui doctor` prints, and its exit status."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

from ...model.text import Printed, printed, safe
from ..arguments import Arguments
from ..output import emit, emit_json
from .checks import examined
from .verdict import Asked, Level, Verdict

Told = Sequence[tuple[str, Verdict]]
"""Verdicts with the names of their checks."""


def doctor(arguments: Arguments) -> int:
    """Look at everything and say what was found; 1 where something is wrong, else 0.

    Raises ConfigError (key "targets") for a set of hosts that means none, or that only hosts could settle.
    """
    asked = Asked(arguments.config, arguments.given, dict(os.environ))
    if asked.fleet is not None:
        _ = asked.hosts  # raises
    told = tuple(examined(asked))
    if arguments.json:
        emit_json(as_json(told))
    else:
        emit(as_text(told))
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


def as_text(told: Told) -> Printed:
    """A line for each verdict, with its remedy in a line below, and a line that sums up."""
    width = max((len(name) for name, _ in told), default=0)
    lines = []
    for name, verdict in told:
        lines.append(f"{verdict.level.value:<7}  {name:<{width}}  {verdict.found}")
        if verdict.remedy:
            lines.append(f"{'':<7}  {'':<{width}}  → {verdict.remedy}")
    counted = Counter(verdict.level for _, verdict in told)
    lines.append(f"{counted[Level.WRONG]} wrong, {counted[Level.WARNING]} to know of, {counted[Level.OK]} in order")
    return printed(map(safe, lines))
