"""Ctrl+C and SIGTERM: the first one ends things in order, the second one ends the program."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """Whether the person wants it ended, and what ends it: cancelling the verb, unless the verb knows better."""

    def __init__(self, cancel: Callable[[], object]) -> None:
        self.number: int | None = None
        self.cancel = cancel

    @property
    def exit_status(self) -> int:
        """128 and the signal's number, as shells have it: 130 for Ctrl+C."""
        return 128 + (self.number or 0)

    def heard(self, number: int) -> None:
        """A signal came."""
        if self.number is not None:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.number = number
        self.cancel()


Verb = Callable[[Interrupt], Coroutine[Any, Any, int]]


def run_verb(verb: Verb) -> int:
    """Run a headless verb on an event loop; its exit status, or that of the signal that interrupted it."""

    async def main() -> int:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        interrupt = Interrupt(task.cancel)
        for number in SIGNALS:
            loop.add_signal_handler(number, interrupt.heard, number)
        try:
            status = await verb(interrupt)
        except asyncio.CancelledError:
            if interrupt.number is None:
                raise
            return interrupt.exit_status
        return status if interrupt.number is None else interrupt.exit_status

    return asyncio.run(main())
