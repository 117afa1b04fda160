"""Two versions of a text side by side: as `diff -u` has it, and in one line."""

from __future__ import annotations

import difflib
import re
from itertools import islice

from ..model.quoting import redacted

SHOWN = 6
"""Lines of a difference that a message has."""

_WIDEST = 60


def unified(before: str, after: str, name: str) -> str:
    """The difference of two texts as `diff -u` writes it; empty where there is none."""
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), f"{name} before", f"{name} after")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def in_short(before: str, after: str) -> str:
    """The first lines that differ, in one line: what went with `-`, and what came with `+`."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    changed = [line for line in islice(lines, 2, None) if not line.startswith("@@") and line[1:].strip()]
    shown = [f"{line[0]} {_shown(line[1:].strip())}" for line in changed[:SHOWN]]
    more = f" | and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    return " | ".join(shown) + more if shown else "blank lines or line ends"


def _shown(line: str) -> str:
    """A line without what could be a password in a URI."""
    return re.sub(r"\S*@\S*", lambda word: redacted(word[0]), line)[:_WIDEST]
