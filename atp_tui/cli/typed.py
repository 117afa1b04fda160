"""One line typed at the terminal, seen or not. However it ends, the terminal shows again what is typed."""

from __future__ import annotations

import asyncio
import os
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ..model.text import Safe
from .interrupt import AT_DEATH

LONGEST = 4096
"""Bytes of a line that a terminal takes."""

_TAKE_LINE_AWAY = b"\r\x1b[K"
"""What stands there may be the progress of a run."""


async def line_of_person(descriptor: int, prompt: Safe, *, shown: bool, gone: asyncio.Event) -> str | None:
    """The next line that is typed behind a prompt, blanks included; None at the end of input, or as `gone` is set.

    What was typed before the prompt is no answer to it. Ctrl+Z leaves for the shell, and comes back to the prompt.
    """
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    with _echo(descriptor, prompt, shown=shown):
        loop.add_reader(descriptor, readable.set)
        waits = [asyncio.ensure_future(each.wait()) for each in (readable, gone)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            loop.remove_reader(descriptor)
            for each in waits:
                each.cancel()
        if not readable.is_set():
            _write(descriptor, b"\n")
            return None
        typed = os.read(descriptor, LONGEST)
    return typed.decode(errors="replace").rstrip("\r\n") if typed else None


@contextmanager
def _echo(descriptor: int, prompt: Safe, *, shown: bool) -> Iterator[None]:
    before = termios.tcgetattr(descriptor)
    quiet = [*before[:3], before[3] & ~termios.ECHO | termios.ECHONL, *before[4:]]

    def restore() -> None:
        with suppress(termios.error):  # the terminal has gone
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)

    def begin() -> None:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before if shown else quiet)
        _write(descriptor, _TAKE_LINE_AWAY + prompt.encode(errors="replace"))

    def stop() -> None:
        restore()
        loop.remove_signal_handler(signal.SIGTSTP)
        os.kill(os.getpid(), signal.SIGTSTP)  # and here it goes on, once the shell has it in front again
        loop.add_signal_handler(signal.SIGTSTP, stop)
        begin()

    loop = asyncio.get_running_loop()
    AT_DEATH.append(restore)
    loop.add_signal_handler(signal.SIGTSTP, stop)
    try:
        begin()
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTSTP)
        AT_DEATH.remove(restore)
        restore()


def _write(descriptor: int, data: bytes) -> None:
    with suppress(OSError):
        os.write(descriptor, data)
