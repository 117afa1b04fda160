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

_NO_LONGER = b"that is asked no longer, and what you type goes nowhere: Enter ends it"

_TAKE_LINE_AWAY = b"\r\x1b[K"
"""What stands there may be the progress of a run."""


async def line_of_person(descriptor: int, prompt: Safe, *, shown: bool, gone: asyncio.Event) -> str | None:
    """The next line that is typed behind a prompt, blanks included; None at the end of input, or as `gone` is set.

    What was typed before the prompt is no answer to it. Where `gone` is set in the middle of a line, the end of that
    line is waited for, and it goes nowhere. Ctrl+Z leaves for the shell, and comes back to the prompt.
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
            await _rest_of_line(descriptor)
            return None
        typed = os.read(descriptor, LONGEST)
    return typed.decode(errors="replace").rstrip("\r\n") if typed else None


async def _rest_of_line(descriptor: int) -> None:
    """Take what stands in an unfinished line, and wait for its end where there is any."""
    attributes = termios.tcgetattr(descriptor)
    attributes[3] &= ~(termios.ICANON | termios.ECHO | termios.ECHONL)
    attributes[6][termios.VMIN] = attributes[6][termios.VTIME] = 0
    # asked for whole lines no longer, the terminal hands out what it has of one (n_tty_set_termios in Linux)
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
    typed = os.read(descriptor, LONGEST)
    if not typed or b"\n" in typed:
        return
    _write(descriptor, _NO_LONGER)
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        while typed and b"\n" not in typed:
            await readable.wait()
            readable.clear()
            typed = os.read(descriptor, LONGEST)
    finally:
        loop.remove_reader(descriptor)
    _write(descriptor, b"\n")


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
