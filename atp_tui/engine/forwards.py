"""The forwards of a program: what listens here, and what is carried to hosts over their SSH connections.

A forward stays while its host is away. What connects to it meanwhile waits as any work on the host does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Protocol

from ..model.connection import ConnectionState
from ..model.data_class import dataclass
from ..model.errors import ActionFailed, AtpError, HostUnknown
from ..model.events import ConnectionChanged, Event, HostRemoved, HostSampled
from ..model.forward import Forward, ForwardSpec, ForwardState, Place
from ..model.message import Message, told
from ..model.say import Say
from ..transport.connection import HostConnection
from ..transport.driver import HalvesReceiver
from ..transport.manager import TransportManager
from ..transport.slot import LeaseClass
from .holding import Holder
from .joining import ClosingStream, Joined

MOST_FORWARDS = 100
"""Forwards of a program at a time."""

MOST_CONNECTIONS = 256
"""Connections through one forward at a time; further ones wait in the system's own queue."""

_NEWS_KEPT = 200


class NearStream(ClosingStream, Protocol):
    """A connection that has come to a place that is listened on."""

    def begin(self, receiver: HalvesReceiver) -> None:
        """Give what comes to `receiver`, from now on."""
        ...


class Listening(Protocol):
    """A place of this machine that is listened on. `place` has the port that was given."""

    @property
    def place(self) -> Place: ...

    async def accept(self) -> NearStream:
        """The next connection; nothing of it is read before it is begun with."""
        ...

    def close(self) -> None:
        """Listen no more."""
        ...


class Listens(Protocol):
    """What listens on this machine."""

    def listen(self, place: Place) -> Listening:
        """Listen on a place. Raises ActionFailed."""
        ...


@dataclass(frozen=True, slots=True)
class ForwardNews:
    """What is to be told of a forward, as it was then."""

    forward: Forward
    message: Message


class Forwards:
    """All forwards. Made idle; `close` ends what was begun."""

    def __init__(self, manager: TransportManager, listens: Listens) -> None:
        self._manager = manager
        self._listens = listens
        self._running: dict[int, _Running] = {}
        self._number = 0
        self._following: asyncio.Task[None] | None = None
        self._holders: dict[str, Holder] = {}
        self._readers: list[_Reader] = []

    def now(self) -> tuple[Forward, ...]:
        """Those that are open, in the order in which they were opened."""
        return tuple(each.forward for each in self._running.values())

    async def news(self) -> AsyncIterator[ForwardNews]:
        """What is to be told of forwards from now on; of a reader that is slow the oldest is dropped."""
        reader = _Reader()
        self._readers.append(reader)
        try:
            while True:
                yield await reader.next()
        finally:
            self._readers.remove(reader)

    async def open(self, host_id: str, specs: Sequence[ForwardSpec]) -> tuple[Forward, ...]:
        """Listen here, and have the host's SSH connection. All of them or none.

        Raises ActionFailed where one cannot be listened on, HostUnknown, Unsupported, TransportError, PoolError.
        """
        if len(self._running) + len(specs) > MOST_FORWARDS:
            why = f"{len(self._running)} forwards are open: close some of them first"
            raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action="forward", why=why), host=host_id)
        listening: list[Listening] = []

        async def reaches(connection: HostConnection) -> None:
            assert connection.reaches is not None  # raises where it does not

        try:
            for spec in specs:
                listening.append(self._listens.listen(spec.near))
            await self._manager.execute_on_host(
                host_id, reaches, channel="ssh", fail_fast=True, lease_class=LeaseClass.WATCH
            )
        except BaseException:
            for each in listening:
                each.close()
            raise
        if self._following is None:
            self._following = asyncio.create_task(self._follow(), name="follow forwards")
        if host_id not in self._holders:
            self._holders[host_id] = Holder(self._manager, host_id)
        begun = []
        for spec, listener in zip(specs, listening, strict=True):
            self._number += 1
            running = _Running(self, self._manager, self._number, host_id, spec, listener)
            self._running[self._number] = running
            begun.append(running.forward)
        return tuple(begun)

    async def shut(self, number: int) -> None:
        """Close a forward, and cut what goes through it. Raises ActionFailed where there is none of that number."""
        if number not in self._running:
            why = f"there is no forward {number}; open are {', '.join(map(str, self._running)) or 'none'}"
            raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action="close-forward", why=why))
        await self._shut(number)

    async def close(self) -> None:
        """Close all of them."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait([self._following])
            self._following = None
        for number in tuple(self._running):
            await self._shut(number)

    def tell(self, forward: Forward, message: Message) -> None:
        """Give news to whoever reads them."""
        for reader in self._readers:
            reader.put(ForwardNews(forward, message))

    async def _follow(self) -> None:
        with self._manager.hub.subscribe(8192, without=HostSampled) as news:
            while True:
                for event in await news.batch():
                    await self._heard(event)

    async def _heard(self, event: Event) -> None:
        if isinstance(event, ConnectionChanged) and event.channel == "ssh":
            for each in self._running.values():
                if each.forward.host == event.host_id:
                    each.connection_changed(event)
            if event.host_id in self._holders:
                self._holders[event.host_id].changed()
        elif isinstance(event, HostRemoved):
            for number in [number for number, each in self._running.items() if each.forward.host == event.host_id]:
                await self._shut(number)

    async def _shut(self, number: int) -> None:
        """Close a forward, unless somebody else has begun to; several may be closed at the same time."""
        running = self._running.pop(number, None)
        if running is None:
            return
        await running.close()
        host = running.forward.host
        if all(each.forward.host != host for each in self._running.values()) and host in self._holders:
            await self._holders.pop(host).close()


class _Reader:
    """News for one reader."""

    def __init__(self) -> None:
        self._news: deque[ForwardNews] = deque(maxlen=_NEWS_KEPT)
        self._there = asyncio.Event()

    def put(self, news: ForwardNews) -> None:
        self._news.append(news)
        self._there.set()

    async def next(self) -> ForwardNews:
        while not self._news:
            self._there.clear()
            await self._there.wait()
        return self._news.popleft()


class _Running:
    """One forward that is open."""

    def __init__(
        self,
        owner: Forwards,
        manager: TransportManager,
        number: int,
        host_id: str,
        spec: ForwardSpec,
        listener: Listening,
    ) -> None:
        self._owner = owner
        self._manager = manager
        self._listener = listener
        self._known = Forward(number, host_id, listener.place, spec.far, manager.clock.monotonic())
        self._state = ForwardState.OPEN
        self._active = self._total = self._failed = self._sent = self._received = 0
        self._note: Message | None = None
        self._room = asyncio.Semaphore(MOST_CONNECTIONS)
        self._carried: set[asyncio.Task[None]] = set()
        self._accepting = asyncio.create_task(self._accept(), name=f"forward {number}")

    @property
    def forward(self) -> Forward:
        """It, at this moment."""
        known = self._known
        return Forward(
            known.number, known.host, known.near, known.far, known.since, self._state, self._active, self._total,
            self._failed, self._sent, self._received, self._note,
        )  # fmt: skip

    async def close(self) -> None:
        tasks = (self._accepting, *self._carried)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        self._listener.close()

    def connection_changed(self, event: ConnectionChanged) -> None:
        """The SSH connection of its host has come or gone."""
        near, host = str(self._known.near), self._known.host
        if event.after is ConnectionState.CONNECTED:
            if self._state is ForwardState.WAITING:
                self._state, self._note = ForwardState.OPEN, None
                self._owner.tell(self.forward, told(Say.FORWARD_BACK, near=near, host=host))
        elif event.before is ConnectionState.CONNECTED and self._state is ForwardState.OPEN:
            why = event.closing or event.cause or told(Say.CLOSED_ENDED)
            # those connections are opened again by whatever needs them
            if why.id not in (Say.CLOSED_IDLE, Say.CLOSED_LIFETIME, Say.CLOSED_RESIZED):
                self._state = ForwardState.WAITING
                self._tell(told(Say.FORWARD_LOST, near=near, host=host, why=why))

    def _tell(self, message: Message) -> None:
        self._note = message
        self._owner.tell(self.forward, message)

    async def _accept(self) -> None:
        while True:
            if self._room.locked():
                self._tell(told(Say.FORWARD_FULL, near=str(self._known.near), most=MOST_CONNECTIONS))
            await self._room.acquire()
            try:
                near = await self._listener.accept()
            except BaseException:
                self._room.release()
                raise
            self._active += 1
            self._total += 1
            task = asyncio.create_task(self._carry(near))
            self._carried.add(task)
            task.add_done_callback(self._carried.discard)
            task.add_done_callback(partial(self._over, near))  # and not by the task, which may never begin

    async def _carry(self, near: NearStream) -> None:
        joined = Joined(near, self._count_sent, self._count_received)

        async def through(connection: HostConnection) -> None:
            joined.far = await connection.reaches.reach(self._known.far, joined.far_half)
            near.begin(joined.near_half)
            await joined.ended()

        try:
            await self._manager.execute_on_host(self._known.host, through, channel="ssh", lease_class=LeaseClass.WATCH)
        except HostUnknown:
            return
        except AtpError as error:
            self._failed += 1
            self._tell(error.reason)

    def _over(self, near: NearStream, _: asyncio.Task[None]) -> None:
        near.abort()
        self._active -= 1
        self._room.release()

    def _count_sent(self, size: int) -> None:
        self._sent += size

    def _count_received(self, size: int) -> None:
        self._received += size
