"""The command that a person typed, out of the line that the SSH driver sends for it.

The driver hands its commands to a guard on the far side (ssh/watchdog.py), written in shell. The demo has no shell:
it takes the command and the length of its stdin back out, and does what the guard would.
"""

from __future__ import annotations

import re
import shlex

from ...model.outcome import Command
from ..ssh.watchdog import wrapped

_STDIN_LENGTH = re.compile(r"head -c ([0-9]{1,9})\b")
_MOST_STDIN = 1 << 20
"""Bytes of stdin that the demo takes."""


def unwrap(sent: str) -> tuple[str, int] | None:
    """(command line, bytes of stdin that follow it); None for a line that the SSH driver did not make."""
    try:
        words = shlex.split(sent)
    except ValueError:
        return None
    prologue, newline, line = words[-1].partition("\n") if words else ("", "", "")
    if not newline:
        return None
    found = _STDIN_LENGTH.search(prologue)
    length = int(found[1]) if found else 0
    # the driver's own function has the last word: what it would not send for this command is not its line
    return (line, length) if length <= _MOST_STDIN and wrapped(Command(line, bytes(length))) == sent else None
