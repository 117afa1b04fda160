"""HostConnection: one connection to one host that comes back by itself.

States, reconnect, heartbeat and metrics are written once here, over the Link port. While not Connected, one supervisor
task makes the attempts; while Connected, one timer watches for silence. A generation number, raised by every attempt
and by every end, keeps the late news of an old link from touching the new one.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from ..model.connection import ConnectionSnapshot, ConnectionState
from ..model.errors import AtpError, CallTimeout, ConnectionLost, TransportError
from ..model.events import ConnectionChanged
from ..model.host import HostInfo
from ..model.message import Message, told
from ..model.moving import MoveSink, Pull, Push
from ..model.outcome import Command, ExitStatus, OutputSink
from ..model.say import Say
from ..model.settings import Channel, TransportConfig
from ..model.shell import Shell
from .backoff import may_try_again
from .clock import Clock
from .dialer import Dial, Dialed
from .driver import CallsLibvirt, MovesFiles, NearShell, OpensShell, RunsCommands
from .heartbeat import Heartbeat, round_trip, silence
from .lifecycle import Lifecycle
from .metrics import Metrics
from .opened import Carries, Opened, refuse, too_late
from .pause import Pause
from .status import connection_changed, connection_snapshot
from .watchers import Watchers

T = TypeVar("T")
_S = ConnectionState
ChangeListener = Callable[["HostConnection", ConnectionChanged], None]


class HostConnection(Carries):
    """One connection of a host's pool. Made by the pool; tasks get it from a lease.

    All methods are for the event loop's thread. `on_change` is called for every transition, after it has happened.
    """

    def __init__(
        self,
        connection_id: int,
        host: HostInfo,
        channel: Channel,
        config: TransportConfig,
        dial: Dial,
        *,
        clock: Clock,
        rng: random.Random,
        on_change: ChangeListener,
    ) -> None:
        self.id = connection_id
        self.host_info = host
        self.channel = channel
        self.config = config
        self.life = Lifecycle(clock.monotonic())
        self.counters = Metrics(self.life.since)
        self._dial = dial
        self.clock = clock
        self._rng = rng
        self._on_change = on_change
        self._generation = 0
        self._abandoned = -1  # the generation whose link was asked something that nobody waits for any more
        self._closed = False
        self._dialed: Dialed | None = None
        self.opened: Opened | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._heartbeat = Heartbeat(clock, self._ping, name=f"heartbeat {host.id}#{connection_id}")
        self._pause, self._watchers = Pause(clock), Watchers()

    def __repr__(self) -> str:
        return f"<HostConnection {self.host_info.id} {self.channel}#{self.id} {self.state}>"

    # -- what one can read ---------------------------------------------------------------------------------------

    async def is_alive(self) -> bool:
        """State Connected, and the driver agrees. Asks nobody: awaited for the sake of tasks, which are async."""
        return self.opened is not None and self.opened.link.is_alive()

    @property
    def state(self) -> ConnectionState:
        """Where it is in its life."""
        return self.life.state

    @property
    def owes_answer(self) -> bool:
        """Whether the peer may still be at a request that was given up, and has answered no heartbeat since."""
        return self._abandoned == self._generation

    @property
    def metrics(self) -> ConnectionSnapshot:
        """Its figures at this moment. The uses are filled in by the pool, which counts them."""
        return connection_snapshot(self.id, self.channel, self.life, self.counters, self.opened)

    # -- using it ------------------------------------------------------------------------------------------------

    async def call(self, function: Callable[[Any], T], deadline: float | None = None) -> T:
        """Run function(virConnect) on the connection's lane; its value must be plain data, not a handle.

        `deadline` in seconds from now, call_timeout if None; waiting for a reconnect counts. Raises what function
        raised (a libvirtError as CallFailed), CallTimeout, ConnectionLost, Unsupported on an SSH connection.
        """
        limit = self.config.call_timeout if deadline is None else deadline
        opened, limit = (self.opened, limit) if self.opened else await self._wait_for_link(limit)
        link = opened.calls_libvirt or refuse(self.host_info.id, self.channel, CallsLibvirt)
        return await self._measured(link.call(function, limit))

    async def run(self, command: Command, output: OutputSink, timeout: float | None = None) -> ExitStatus:
        """Run a command over SSH, its output going to `output` as it comes; `timeout` in seconds, None for none.

        Raises CallTimeout, ConnectionLost, Unsupported. However it ends, the process ends with it (model.ending).
        """
        opened, left = self.opened, timeout
        if opened is None:
            opened, waited = await self._wait_for_link(self.config.call_timeout if timeout is None else timeout)
            left = None if timeout is None else waited
        link = opened.runs_commands or refuse(self.host_info.id, self.channel, RunsCommands)
        return await self._measured(link.run(command, output, left))

    async def move(self, asked: Push | Pull, sink: MoveSink) -> ExitStatus:
        """Send or fetch files over SSH; as MovesFiles.move. Raises Unsupported on a hypervisor connection."""
        opened = self.opened or (await self._wait_for_link(self.config.call_timeout))[0]
        link = opened.moves_files or refuse(self.host_info.id, self.channel, MovesFiles)
        return await self._measured(link.move(asked, sink))

    async def shell(self, asked: Shell, near: NearShell) -> ExitStatus | None:
        """Carry a session over SSH; as OpensShell.shell. Raises Unsupported on a hypervisor connection."""
        opened = self.opened or (await self._wait_for_link(self.config.call_timeout))[0]
        link = opened.opens_shell or refuse(self.host_info.id, self.channel, OpensShell)
        return await self._measured(link.shell(asked, near))

    async def ping(self, deadline: float | None = None) -> None:
        """One round trip to the peer. It counts as any request does: in the figures, as a beat, and by its time-out.

        `deadline` in seconds from now (heartbeat_timeout), reconnects included. Raises CallTimeout, ConnectionLost.
        """
        limit = self.config.heartbeat_timeout if deadline is None else deadline
        opened, limit = (self.opened, limit) if self.opened else await self._wait_for_link(limit)
        await self._measured(opened.link.ping(limit))

    async def _measured(self, request: Awaitable[T]) -> T:
        """Make one request on the link that is there now; count it, time it, note its failure."""
        generation = self._generation
        self.counters.total_requests += 1
        started = self.clock.monotonic()
        try:
            value = await request
        except asyncio.CancelledError:
            self._abandoned = generation
            raise
        except Exception as error:
            self._note_failure(error, generation)
            raise
        now = self.clock.monotonic()
        if generation == self._generation:
            self._heartbeat.heard(now)
        self.counters.answered(started, now)
        return value

    def check(self) -> asyncio.Task[None]:
        """Have the heartbeat ask now, and lose a peer that does not answer in time. The task is the heartbeat's."""
        return self._heartbeat.check()

    # -- its life ------------------------------------------------------------------------------------------------

    def configure(self, host: HostInfo, config: TransportConfig) -> None:
        """Take new settings and a new description. What only an opening can take holds from the next one on."""
        self.host_info, self.config = host, config
        self._heartbeat.retime(config.heartbeat_interval)
        if self.life.given_up and config.auto_reconnect and may_try_again(config.reconnect, self.life.attempt):
            self.retry()  # by these settings it would not have been given up

    def start(self) -> None:
        """Begin connecting, in the background. Does nothing where an attempt runs, the connection is up or closed."""
        if self.life.state is _S.DISCONNECTED and not self._closed:
            self._move(_S.CONNECTING, None)
            self._supervise()

    async def connect(self, timeout: float | None = None) -> None:
        """Be connected, or raise why not. Callers at the same time share one attempt.

        `timeout` in seconds (None: as long as attempts go on). Raises CallTimeout, or the error that ended them.
        """
        self.start()
        await self._wait_for_link(timeout)

    def retry(self) -> None:
        """Attempt now, whatever was waited for; what a person asks for after a permanent failure."""
        if self.life.state is _S.DISCONNECTED:
            self.start()
        elif self.life.state is _S.FAILED and not self._attempting():
            self._move(_S.CONNECTING, None, attempt=0)
            self._supervise()
        else:
            self._pause.end()

    def hasten(self) -> bool:
        """Attempt now unless one has just failed; False then. For callers that wait, who may be many."""
        if self.clock.monotonic() - self.life.failed_at < self.config.reconnect.initial_delay:
            return not self._pause.is_on and self._attempting()
        self.retry()
        return True

    def hear_good_news(self, spread: float = 0.0, *, under_way: bool = True) -> bool:
        """There is reason to hope: bring the attempt that is waited for forward. Whether it comes sooner now.

        It comes by chance within `spread` seconds, so that connections which hear the same do not all come at once, and
        not before the least delay after the attempt that failed last. Not `under_way`: an attempt that is being made
        has brought this news itself. Where no attempt is to come, none will.
        """
        if self.life.next_attempt_at is None and not (under_way and self._attempting()):
            return False
        now = self.clock.monotonic()
        sooner = self.life.hope(now, self.life.earliest(self.config.reconnect, now) + spread * self._rng.random())
        if sooner and self.life.next_attempt_at is not None:
            self._pause.change(self.life.next_attempt_at - now)
        return sooner

    async def disconnect(self, why: Message | None = None) -> None:
        """Close for good. Takes a second at most, with a silent peer too. `why`: None where its user wants it."""
        self._leave(why)
        supervisor = self._supervisor
        dialed = self._take_down()
        try:
            if supervisor is not None:
                supervisor.cancel()
                await asyncio.wait([supervisor])
            await self._heartbeat.stopped()
            if dialed is not None:
                await dialed.goodbye(self.clock)
        finally:
            if dialed is not None:
                dialed.end()  # cancelled before the goodbye: nobody else knows of this link any more
        if self.life.state is _S.DRAINING:
            self._move(_S.DISCONNECTED, None)
        self._heartbeat.end()
        self._on_change = lambda *_: None  # it must not be in a cycle: the engine freezes Python's collector

    def abort(self, why: Message | None = None) -> None:
        """Cut now, without waiting for anything; `disconnect` must still follow to collect the tasks."""
        self._leave(why)
        if self._supervisor is not None:
            self._supervisor.cancel()
        if (dialed := self._take_down()) is not None:
            dialed.end()

    def _leave(self, why: Message | None) -> None:
        self._closed = True
        if not self.life.ended:
            self.life.closing = why or told(Say.CLOSED_ENDED)
            self._move(_S.DRAINING, None)

    # -- attempts ------------------------------------------------------------------------------------------------

    def _supervise(self) -> None:
        self._supervisor = asyncio.get_running_loop().create_task(self._attempts(), name=f"connect {self!r}")
        self._supervisor.add_done_callback(self._supervisor_ended)

    def _attempting(self) -> bool:
        # One that has made its last attempt is done before its callback below has run, and whom it woke asks first.
        return self._supervisor is not None and not self._supervisor.done()

    def _supervisor_ended(self, task: asyncio.Task[None]) -> None:
        if self._supervisor is task:
            self._supervisor = None
        if not task.cancelled():
            task.result()  # a defect must be loud, not an attempt that silently never comes

    async def _attempts(self) -> None:
        """Try until connected, until nothing is left to try, or until cancelled."""
        while True:
            if self.life.next_attempt_at is not None:
                await self._pause.sleep(self.life.next_attempt_at - self.clock.monotonic())
                self._move(_S.CONNECTING if self.life.state is _S.FAILED else _S.RECONNECTING, self.life.error)
            self._generation += 1
            try:
                dialed = await self._dial(self.host_info, self.config, partial(self._lost, self._generation))
            except TransportError as error:
                if not self._attempt_failed(error):
                    return
            else:
                self._established(dialed)
                return

    def _established(self, dialed: Dialed) -> None:
        self._dialed, self.opened = dialed, Opened(dialed.link)
        self.counters.opened(self.clock.monotonic())
        # The link has answered a real request (see Dial): only that resets the counter, not a TCP handshake.
        self._move(_S.CONNECTED, None, attempt=0)
        self._heartbeat.start(self.config.heartbeat_interval)
        if not dialed.link.is_alive():  # lost between the driver's answer and this moment
            self._lost(self._generation, ConnectionLost(told(Say.ENDED_AS_OPENED), host=self.host_info.id))

    def _attempt_failed(self, error: TransportError) -> bool:
        """Note a failed attempt; whether there will be another one."""
        now = self.clock.monotonic()
        self.counters.failed(error, now)
        state, attempt, at = self.life.after_failure(error, self.config, now, self._rng.random)
        self._move(state, error, attempt=attempt, next_attempt_at=at)
        return at is not None and not self.life.ended  # the listener of the transition may have closed it

    # -- loss ----------------------------------------------------------------------------------------------------

    def _lost(self, generation: int, error: TransportError) -> None:
        """The link of that generation is gone; news of an older one is ignored."""
        if generation != self._generation or self.life.state is not _S.CONNECTED:
            return
        error.channel = error.channel or self.channel
        dialed = self._take_down()
        self.counters.failed(error, self.clock.monotonic())
        try:
            state, at = self.life.after_loss(error, self.config, self.clock.monotonic(), self._rng.random)
            self._move(state, error, next_attempt_at=at)
        finally:
            if dialed is not None:
                dialed.end()  # after the news of the loss: the carrier's pool may act on being let go
        if at is not None and not self.life.ended:  # the listener of the transition may have closed it
            self._supervise()

    def _take_down(self) -> Dialed | None:
        """Stop using the link: whatever it still says is of an old generation."""
        self._generation += 1
        self._heartbeat.stop()
        dialed, self._dialed, self.opened = self._dialed, None, None
        return dialed

    def _note_failure(self, error: Exception, generation: int) -> None:
        self.counters.failed(error, self.clock.monotonic())
        if isinstance(error, ConnectionLost):
            self._lost(generation, error)
        elif isinstance(error, CallTimeout) and generation == self._generation:
            self._abandoned = generation
            self._heartbeat.check()  # was it the call that is slow, or the peer that is gone?

    async def _ping(self) -> None:
        """One round trip with a deadline, for the heartbeat. No answer is a loss."""
        generation = self._generation
        if (opened := self.opened) is None:
            return
        try:
            took = await round_trip(self.clock, opened.link, self.config.heartbeat_timeout)
        except CallTimeout as error:
            self._lost(generation, silence(self.host_info.id, self.config.heartbeat_timeout, error))
        except TransportError as error:
            self._lost(generation, error)
        except AtpError as error:  # its answer is an error, or there was nothing to ask with: not its end
            self.counters.failed(error, self.clock.monotonic())
        else:
            if generation == self._generation:
                self._heartbeat.heard(self.clock.monotonic())
                self._abandoned = -1
            self.counters.measured(took)

    # -- transitions ---------------------------------------------------------------------------------------------

    def _move(
        self,
        state: ConnectionState,
        error: TransportError | None,
        *,
        attempt: int | None = None,
        next_attempt_at: float | None = None,
    ) -> None:
        before, now = self.life.state, self.clock.monotonic()
        self.life.move(state, error, now, attempt=attempt, next_attempt_at=next_attempt_at)
        self._watchers.wake()
        self._on_change(self, connection_changed(now, self.host_info.id, self.channel, self.id, before, self.life))

    async def _wait_for_link(self, timeout: float | None) -> tuple[Opened, float]:
        """The link, once it is up, and the seconds that are left of `timeout`."""
        begun = self.clock.monotonic()
        try:
            async with self.clock.timeout(timeout):
                while (opened := self.opened) is None:
                    self._require_hope()
                    await self._watchers.wait()
        except TimeoutError as error:
            raise too_late(self.host_info, timeout or 0.0) from (self.life.error or error)
        return opened, float("inf") if timeout is None else max(0.001, begun + timeout - self.clock.monotonic())

    def _require_hope(self) -> None:
        """Raise why there will be no connection; start an attempt where none runs and one may help."""
        if self.life.ended or self.life.permanent or (self.life.state is _S.FAILED and not self.hasten()):
            raise self.life.failure(self.host_info)
