"""Guests that are asked by their agent: only when a person looks at one, and one at a time on a host.

libvirt waits for an agent for as long as it likes: half a minute where another program is at the same domain, and
twenty such calls hold up the whole daemon. A call that is given up goes on over there. So a person waits LIMIT
seconds, while the call itself keeps its connection until libvirt answers, and the next guest of that host waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from ..model import libvirt
from ..model.errors import AtpError, CallFailed, CallTimeout
from ..model.fence import Fence
from ..model.guest import GuestInfo, GuestSaid
from ..model.message import told
from ..model.problem import problem_of
from ..model.say import Say
from ..monitor.guest_info import read_guest
from ..transport.connection import HostConnection
from ..transport.manager import TransportManager

_log = logging.getLogger(__name__)

LIMIT = 5.0
"""Seconds that a person waits at most."""

LONGEST = 60.0
"""Seconds after which the call is given up. libvirt itself waits 30 for the domain, 5 for the agent's first word, and 5
for each of its seven answers."""

_WORDS = {
    libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED: Say.GUEST_NO_AGENT,
    libvirt.VIR_ERR_AGENT_UNRESPONSIVE: Say.GUEST_SILENT,
    libvirt.VIR_ERR_AGENT_UNSYNCED: Say.GUEST_SILENT,
    libvirt.VIR_ERR_INTERNAL_ERROR: Say.GUEST_REFUSES,
    libvirt.VIR_ERR_OPERATION_INVALID: Say.GUEST_OFF,
    libvirt.VIR_ERR_OPERATION_TIMEOUT: Say.GUEST_BUSY,
    libvirt.VIR_ERR_OPERATION_DENIED: Say.GUEST_NOT_ALLOWED,
    libvirt.VIR_ERR_ACCESS_DENIED: Say.GUEST_NOT_ALLOWED,
    libvirt.VIR_ERR_NO_SUPPORT: Say.GUESTS_NOT_ASKED,
}


class Guests:
    """Asks guests of the hosts of a manager. `close` ends what is still asked."""

    def __init__(self, manager: TransportManager) -> None:
        self._manager = manager
        self._fence = Fence(_log)
        self._asked: dict[str, asyncio.Task[GuestInfo]] = {}

    async def guest_of(self, host_id: str, uuid: str) -> GuestSaid:
        """As Fleet.guest_of."""
        try:
            info = await self._guest(host_id, uuid)
            return GuestSaid(self._manager.clock.monotonic(), info)
        except AtpError as error:
            return GuestSaid(self._manager.clock.monotonic(), problem=problem_of(_in_words(error)))
        except Exception as error:  # noqa: BLE001 - what a guest makes go wrong is told in its place
            reason = self._fence.caught(error, "what a guest on %s says cannot be read", host_id)
            return GuestSaid(self._manager.clock.monotonic(), problem=problem_of(CallFailed(reason, host=host_id)))

    async def close(self) -> None:
        """Ask nobody any more. What libvirt is at goes on over there until it ends by itself."""
        tasks = tuple(self._asked.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _guest(self, host_id: str, uuid: str) -> GuestInfo:
        ends = self._manager.clock.monotonic() + LIMIT
        while (before := self._asked.get(host_id)) is not None:
            if not await self._done(before, ends):
                raise CallTimeout(told(Say.GUEST_WAITS), host=host_id)
        task = self._asked[host_id] = asyncio.create_task(self._ask(host_id, uuid), name=f"guest {host_id}")
        task.add_done_callback(partial(self._ended, host_id))
        if not await self._done(task, ends):
            raise CallTimeout(told(Say.GUEST_SLOW, limit=LIMIT), host=host_id)
        return task.result()

    async def _ask(self, host_id: str, uuid: str) -> GuestInfo:
        async def read(connection: HostConnection) -> GuestInfo:
            return await connection.call(lambda virt: read_guest(virt, uuid), LONGEST)

        return await self._manager.execute_on_host(host_id, read, timeout=LONGEST, fail_fast=True)

    def _ended(self, host_id: str, task: asyncio.Task[GuestInfo]) -> None:
        del self._asked[host_id]
        if not task.cancelled():
            task.exception()  # nobody may wait for it any more, and asyncio would complain of that

    async def _done(self, task: asyncio.Task[GuestInfo], ends: float) -> bool:
        """Whether the task has ended by that moment. It goes on when nobody waits for it any more."""
        await asyncio.wait([task], timeout=max(0.0, ends - self._manager.clock.monotonic()))
        return task.done()


def _in_words(error: AtpError) -> AtpError:
    """libvirt's error by what it means for a guest; its own words where they say more."""
    if not isinstance(error, CallFailed) or error.code not in _WORDS:
        return error
    said = str(error)
    # "Guest agent is not responding: QEMU guest agent is not connected": what stands before says the number in words
    return CallFailed(told(_WORDS[error.code], why=said.partition(": ")[2] or said), host=error.host, code=error.code)
