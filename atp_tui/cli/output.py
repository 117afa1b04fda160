"""What headless verbs print once. What they print while a job runs goes through `drivers/live_output`."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TextIO, TypeVar

from ..model.errors import ActionFailed, AtpError
from ..model.text import Printed, printed, safe

S = TypeVar("S")

PIECE = 1 << 20
"""Characters of JSON that are put together before they are written."""


class ReaderGone(AtpError):
    """Nobody reads standard output any more. There is nothing to say of it: the exit status does."""


def line_of(host: str, text: str) -> Printed:
    """`host: text`, with nothing in it that a terminal would obey."""
    return printed([safe(f"{host}: {text}")])


def standard_output() -> TextIO:
    """Standard output. Raises ActionFailed where whoever has started the program has closed it."""
    stream: TextIO | None = sys.stdout
    if stream is None:
        raise ActionFailed("there is no standard output to write to")
    return stream


def emit(text: Printed) -> None:
    """Print to standard output. Raises ReaderGone, and ActionFailed where it cannot be written for another reason.

    What the terminal's encoding lacks is replaced: a name in another script is no reason to fail.
    """
    _emit([text])


def _emit(pieces: Iterable[str]) -> None:
    stream = standard_output()
    encoding = stream.encoding or "utf-8"
    try:
        stream.flush()
        for piece in pieces:
            stream.buffer.write(piece.encode(encoding, "replace"))
        stream.buffer.flush()
    except OSError as error:
        # the interpreter flushes once more at its end: give it somewhere to flush to
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if isinstance(error, BrokenPipeError):
            raise ReaderGone("nobody reads standard output") from error
        raise unwritable(error) from error


def emit_json(value: object) -> None:
    """Print one JSON object as RFC 8259 has it, which knows no NaN. Raises ValueError for a value that holds one.

    It is written piece by piece: of 64 MiB of control characters, 384 MiB of JSON would be in memory, and twice.
    """
    _emit(_in_pieces(json.JSONEncoder(indent=2, allow_nan=False).iterencode(value)))


def _in_pieces(tokens: Iterable[str]) -> Iterator[str]:
    """Tokens put together, so that a short answer is written whole or not at all; a line end after the last one."""
    held: list[str] = []
    size = 0
    for token in tokens:
        held.append(token)
        size += len(token)
        if size >= PIECE:
            yield "".join(held)
            held.clear()
            size = 0
    yield "".join([*held, "\n"])


class Each(list[Any]):
    """A list for `emit_json` whose items are made one by one as they are written, by `make` of one of `sources`."""

    def __init__(self, make: Callable[[S], object], sources: Sequence[S]) -> None:
        super().__init__(sources)  # what is empty is seen there
        self._make: Callable[[Any], object] = make

    def __iter__(self) -> Iterator[object]:
        return map(self._make, super().__iter__())


def unwritable(error: OSError) -> ActionFailed:
    """What is to be said of an error in writing to standard output."""
    return ActionFailed(f"standard output cannot be written: {error.strerror}")


_complaints: list[Callable[[Printed], None]] = []
"""What takes complaints in place of standard error; the last one does."""


@contextlib.contextmanager
def complaints_to(write: Callable[[Printed], None]) -> Iterator[None]:
    """Let `write` have what is complained about while the block runs."""
    _complaints.append(write)
    try:
        yield
    finally:
        _complaints.remove(write)


def complain_line(text: Printed) -> None:
    """Lines on standard error, if there is one."""
    if _complaints:
        _complaints[-1](text)
        return
    with contextlib.suppress(OSError, AttributeError):
        sys.stderr.write(text)  # Python escapes there what the encoding lacks
        sys.stderr.flush()


def complain(message: str) -> None:
    """One line on standard error, if there is one. A line end in it makes no second one: it may be a host's."""
    complain_line(printed([safe(f"atp-tui: {message}")]))
