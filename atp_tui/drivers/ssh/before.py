"""`[ssh] before`: a program of this machine that is run before a host is connected to, such as a VPN or a knock."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import field
from functools import partial
from pathlib import Path

from ...model.causes import Cause
from ...model.data_class import dataclass
from ...model.errors import ActionFailed, ConnectFailed
from ...model.host import HostInfo
from ...model.message import Message, told
from ...model.placeholders import parsed
from ...model.quoting import redacted
from ...model.say import Say
from ...transport.driver import Progress
from ..aside import off_loop
from ..programs import ProgramFailed, Programs

LIMIT = 30.0
"""Seconds that it has where `before_timeout` says nothing."""

GOOD_FOR = 5.0
"""Seconds in which a run that went well serves other hosts with the same words: attempts on many hosts are begun some
at a time. For the same host it is run anew: its connection may have been lost since because the way is closed again."""

MOST_AT_A_TIME = 8
"""Programs that run at the same time, over all hosts: with `{address}` among the words each host has a run of its
own."""

_Key = tuple[tuple[str, ...], float]


@dataclass(slots=True, eq=False)
class _Run:
    """One run. `task` gives None, or why it did not go well. `served` are hosts that have had it."""

    task: asyncio.Task[Message | None]
    waiting: int = 0
    served: set[str] = field(default_factory=set)


class Before:
    """The programs of all hosts of a driver, on one event loop. They are run in read-only mode, too: they are of this
    machine and of its own configuration, and a host is not changed by them."""

    def __init__(self) -> None:
        self._runs: dict[_Key, _Run] = {}
        self._places = asyncio.Semaphore(MOST_AT_A_TIME)

    async def run(self, host: HostInfo, progress: Progress) -> None:
        """Run the program of a host, if it has one, while the time limit of the attempt stands still. Hosts whose words
        are the same share a run. Raises ConnectFailed. A cancel ends a run that nobody else waits for."""
        settings = host.ssh_settings
        if not settings.before:
            return
        try:
            words = tuple(parsed(word, is_shell=False).filled(host) for word in settings.before)
        except ActionFailed as error:
            raise ConnectFailed(error.reason, permanent=True, kind=Cause.BEFORE_FAILED) from error
        with progress.unhurried():
            failure = await self._outcome(words, settings.before_timeout or LIMIT, host.id)
        if failure is not None:
            raise ConnectFailed(failure, kind=Cause.BEFORE_FAILED)

    async def _outcome(self, words: tuple[str, ...], limit: float, host_id: str) -> Message | None:
        key = words, limit
        run = self._runs.get(key)
        if run is None or (run.task.done() and host_id in run.served):
            run = self._runs[key] = _Run(asyncio.create_task(self._result(key), name="before connecting"))
        run.waiting += 1
        run.served.add(host_id)
        try:
            return await asyncio.shield(run.task)
        finally:
            run.waiting -= 1
            if not run.waiting and not run.task.done():
                self._drop(key, run)
                run.task.cancel()

    async def _result(self, key: _Key) -> Message | None:
        words, limit = key
        programs, run = Programs(), self._runs[key]
        ended = partial(programs.output, words, Path(), limit, None, last_line=True)
        try:
            async with self._places:
                await off_loop("before", ended)
        except (ProgramFailed, RuntimeError) as error:  # RuntimeError: the system has no thread left
            self._drop(key, run)
            return told(Say.BEFORE_FAILED, program=redacted(words[0]), why=str(error))
        finally:
            programs.close()  # cut short, it ends with all that it has started in its group
        asyncio.get_running_loop().call_later(GOOD_FOR, self._drop, key, run)
        return None

    def _drop(self, key: _Key, run: _Run) -> None:
        if self._runs.get(key) is run:
            del self._runs[key]

    async def close(self) -> None:
        """End what runs."""
        tasks = [run.task for run in self._runs.values()]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
