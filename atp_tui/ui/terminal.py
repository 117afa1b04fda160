"""The terminal that the application runs in: its end, and the signals that ask for it."""

from __future__ import annotations

import asyncio
import select
import signal
import sys
from functools import partial
from typing import Any

from textual.app import App

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that leave the application; Ctrl+C as a key does not come as one while it runs."""

_DEAD = select.POLLHUP | select.POLLERR | select.POLLNVAL


def terminal_gone() -> bool:
    """Whether standard input was a terminal that has been hung up.

    Usually SIGHUP tells; where the program leads no session of that terminal (a supervisor, `setsid`) nothing does.
    """
    poll = select.poll()
    try:
        poll.register(sys.__stdin__, 0)  # type: ignore[arg-type] # None is a TypeError below
    except (TypeError, ValueError):
        return False  # no standard input, or a closed one: there was no terminal to lose
    return any(happened & _DEAD for _, happened in poll.poll(0))


async def run_until_left(app: App[Any]) -> None:
    """Run an application until it is left; a signal that ends programs leaves it too, however early it comes.

    The return code is then 128 + the signal's number. Otherwise the terminal would stay as the screen has set it.
    """
    loop = asyncio.get_running_loop()
    for number in ENDING:
        loop.add_signal_handler(number, partial(app.exit, return_code=128 + number))
    await app.run_async()
