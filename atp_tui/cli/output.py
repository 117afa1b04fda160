"""What headless verbs print once. What they print while a job runs goes through `drivers/live_output`."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import TextIO

from ..model.errors import ActionFailed
from ..model.text import safe


def line_of(host: str, text: str) -> str:
    """`host: text`, with nothing in it that a terminal would obey."""
    return f"{safe(host)}: {safe(text)}\n"


def standard_output() -> TextIO:
    """Standard output. Raises ActionFailed where whoever has started the program has closed it."""
    stream: TextIO | None = sys.stdout
    if stream is None:
        raise ActionFailed("there is no standard output to write to")
    return stream


def emit(text: str) -> None:
    """Print to standard output, quietly where its reader has gone. Raises ActionFailed where it cannot be written.

    What the terminal's encoding lacks is replaced: a name in another script is no reason to fail.
    """
    stream = standard_output()
    data = text.encode(stream.encoding or "utf-8", "replace")
    try:
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()
    except OSError as error:
        # the interpreter flushes once more at its end: give it somewhere to flush to
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(error, BrokenPipeError):
            raise unwritable(error) from error


def emit_json(value: object) -> None:
    """Print one JSON object as RFC 8259 has it, which knows no NaN. Raises ValueError for a value that holds one."""
    emit(json.dumps(value, indent=2, allow_nan=False) + "\n")


def unwritable(error: OSError) -> ActionFailed:
    """What is to be said of an error in writing to standard output."""
    return ActionFailed(f"standard output cannot be written: {error.strerror}")


def complain(message: str) -> None:
    """One message, or several lines of them, on standard error, if there is one."""
    with contextlib.suppress(OSError, AttributeError):
        for line in message.splitlines():
            sys.stderr.write(f"atp-tui: {safe(line)}\n")  # Python escapes there what the encoding lacks
        sys.stderr.flush()
