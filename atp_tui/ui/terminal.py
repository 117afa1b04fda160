"""The terminal that the application runs in: its end, and the signals that ask for it."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .themed_app import ThemedApp

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals that leave the application; Ctrl+C as a key does not come as one while it runs."""

_DEAD = select.POLLHUP | select.POLLERR | select.POLLNVAL


def terminal_gone() -> bool:
    """Whether standard input was a terminal that has been hung up.

    Usually SIGHUP tells; where the program leads no session of that terminal (a supervisor, `setsid`) nothing does.
    """
    try:
        return _hung_up(sys.__stdin__.fileno())  # type: ignore[union-attr] # None is an AttributeError below
    except (AttributeError, ValueError):
        return False  # no standard input, or a closed one: there was no terminal to lose


def _hung_up(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(happened & _DEAD for _, happened in poll.poll(0))


def has_job_control() -> bool:
    """Whether a shell of this session, outside this process group, looks after it: only then does somebody continue
    what stops itself. As with POSIX's orphaned process groups, seen from the group's leader."""
    leader = os.getpgrp()
    try:
        parent = os.getppid() if leader == os.getpid() else _parent(leader)
        return os.getsid(parent) == os.getsid(0) and os.getpgid(parent) != leader
    except (OSError, ValueError, IndexError):
        return False  # the parent has ended, or there is no /proc


def _parent(process: int) -> int:
    status = Path(f"/proc/{process}/stat").read_text(errors="replace")
    return int(status.rpartition(")")[2].split()[1])


def _on_signal(number: int, act: Callable[[], object], at_once: Callable[[], object]) -> None:
    """Have the running loop call `act` at a signal, without fail, and `at_once` be called before, as the signal comes.

    asyncio's own handler hears of a signal by a byte in the pipe that wakes the loop. Each key that the reader's thread
    hands to the loop leaves a byte there too. Some 280 of them fill it, and then the signal would be lost. Python calls
    a handler of its own all the same. The byte still wakes a loop that sleeps; where it has no room, nothing is said.
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(number, lambda: None)
    signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)

    def heard(_number: int, _frame: object) -> None:
        at_once()
        with suppress(RuntimeError):  # the loop is closed: the program ends anyway
            loop.call_soon_threadsafe(act)

    signal.signal(number, heard)


async def run_until_left(app: ThemedApp) -> None:
    """Run an application until it is left; a signal that ends programs leaves it too, however early it comes.

    The return code is then 128 + the signal's number. Otherwise the terminal would stay as the screen has set it.
    From there on the program ends within HARD_END seconds, whatever hangs, unless `app.leaving` hears that it is over.
    Raises what the application failed with, once the terminal is given back.
    """
    app.leaving.start()
    for number in ENDING:
        _on_signal(number, partial(app.exit, return_code=128 + number), partial(app.leaving.begin, 128 + number))
    try:
        await app.run_async()
    finally:
        app.leaving.begin()
        _write_to_nobody()
    if app._exception is not None:  # Textual has no public way to it
        raise app._exception


def _write_to_nobody() -> None:
    """Give what is still to be written to a terminal that is gone somewhere to go: the interpreter, which could not
    flush it, would end with status 120."""
    nobody = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        if _hung_up(descriptor):
            os.dup2(nobody, descriptor)
    os.close(nobody)
