"""Ctrl+C, SIGTERM and a terminal that closes: the first signal ends things in order, the second one the program."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from ..executor.outcome import MAY_STILL_RUN
from ..model.exhausted import exhausted
from ..transport.clock import SleepCountingLoop

AT_DEATH: list[Callable[[], object]] = []
"""What is done before a second signal ends the program: a terminal that hides what is typed shows it again."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_log = logging.getLogger(__name__)


class Interrupt:
    """Whether the person wants it ended, and what ends it: cancelling the verb, unless the verb knows better.

    Made on the event loop on which `cancel` is to be called.
    """

    def __init__(self, cancel: Callable[[], object]) -> None:
        self.number: int | None = None
        self.cancel = cancel
        self.at_once: Callable[[], object] = lambda: None
        """What is done before the second signal ends the program; it waits for nothing."""
        self._loop = asyncio.get_running_loop()

    @property
    def exit_status(self) -> int:
        """128 and the signal's number, as shells have it: 130 for Ctrl+C."""
        return 128 + (self.number or 0)

    def heard(self, number: int) -> None:
        """A signal came. The second one needs no event loop, which may be the very thing that stands still."""
        if self.number is not None:
            signal.signal(number, signal.SIG_DFL)
            self.at_once()
            for each in AT_DEATH:
                each()
            os.kill(os.getpid(), number)
        self.number = number
        self._loop.call_soon_threadsafe(lambda: self.cancel())

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear the signals while the block runs, but not those that whoever started the program has it ignore.

        `nohup` does so with SIGHUP, a shell without job control with SIGINT for what runs behind an `&`.
        """
        wanted = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        with _woken_by_signals(self._loop):
            before = {number: signal.signal(number, lambda number, _frame: self.heard(number)) for number in wanted}
            try:
                yield
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)


@contextmanager
def _woken_by_signals(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Let each signal end the wait of this event loop, which is then to hear it.

    Python calls a handler between two steps of the main thread. A signal that comes just before the loop begins to
    wait, or that the kernel gives to another thread, ends no wait: it was heard with the next event, which may be an
    hour off.
    """
    reading, writing = socket.socketpair()
    with reading, writing:
        reading.setblocking(False)
        writing.setblocking(False)
        loop.add_reader(reading, reading.recv, 4096)
        before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            loop.remove_reader(reading)


Verb = Callable[[Interrupt], Coroutine[Any, Any, int]]


def run_verb(verb: Verb) -> int:
    """Run a headless verb on an event loop; its exit status, or that of the signal that interrupted it.

    That some command may still run is told all the same: nobody would look for it otherwise.
    """

    async def main() -> int:
        task = asyncio.current_task()
        assert task is not None
        interrupt = Interrupt(task.cancel)
        with interrupt.listening():
            try:
                status = await verb(interrupt)
            except asyncio.CancelledError:
                if interrupt.number is None:
                    raise
                return interrupt.exit_status
        return status if interrupt.number is None or status == MAY_STILL_RUN else interrupt.exit_status

    runner = asyncio.Runner(loop_factory=SleepCountingLoop)
    try:
        return runner.run(main())
    finally:
        _close(runner)


def _close(runner: asyncio.Runner) -> None:
    """Close the event loop. asyncio starts a thread for that: where none is left, the verb has done its work all the
    same, and its answer stands."""
    try:
        runner.close()
    except RuntimeError as error:
        if exhausted(error) is None:
            raise
        _log.warning("the event loop was left without its end: %s", exhausted(error))
