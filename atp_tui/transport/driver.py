"""The port between the transport and whatever really talks to a peer.

A driver opens links. The transport gives each attempt its time limit, and cancels it when that has passed; a driver
must then leave nothing behind: no thread, no socket, no connection that opens late.

A Link is what all connections have in common. What only some of them can do is a capability, a Protocol of its own, and
a link has the methods of those that it has: no method refuses to be of the wrong kind. HostConnection asks by type,
once for each link. Names for what may come: HearsEvents (libvirt's events), OpensChannels
(virtio-serial, consoles). Each is declared when the first link has it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from ..model.causes import Cause
from ..model.data_class import dataclass
from ..model.errors import TransportError
from ..model.host import HostInfo
from ..model.message import Message
from ..model.moving import MoveSink, Pull, Push
from ..model.outcome import Command, ExitStatus, OutputSink, Stream
from ..model.settings import TransportConfig
from ..model.shell import Shell, Size

if TYPE_CHECKING:
    from ..model.forward import Place

T = TypeVar("T")

LostCallback = Callable[[TransportError], None]

FoundCallback = Callable[[str], None]
"""Is told the numeric address that a name has."""

WayCallback = Callable[[str | None], None]
"""Is told the first jump host on the way, as `name:port`; None: there is none."""


class Stage(StrEnum):
    """A point that an attempt to open passes on its way. HOP to LOGGED_IN come once for each sshd on the way."""

    WAY = "way"
    """It is known how the peer is reached, and as whom."""
    HOP = "hop"
    """The next sshd is begun with."""
    CONNECTED = "connected"
    GREETED = "greeted"
    PROVED = "proved"
    """The sshd has proved to have a host key, and that is a good one."""
    LOGGED_IN = "logged-in"


@dataclass(frozen=True, slots=True)
class Passed:
    """An attempt has passed a stage. `found` is what it met there, if that can be told.

    `peer` is told with HOP: a jump host as `name port 22`, "" for the host itself. `found` says there why this side
    makes no TCP connection of its own to it; None where it does.
    """

    stage: Stage
    found: Message | None = None
    peer: str = ""


PassedCallback = Callable[[Passed], None]


class RawStream(Protocol):
    """A byte stream through a link to a socket on the far side. `data` and `ended` call back on the event loop."""

    def write(self, data: bytes) -> None: ...
    def write_eof(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def abort(self) -> None: ...


class StreamReceiver(Protocol):
    """Who takes what arrives on a RawStream. pause/resume: the far side takes no more bytes for now, or again."""

    def data(self, data: bytes) -> None: ...
    def ended(self, error: Exception | None) -> None: ...
    def pause_writing(self) -> None: ...
    def resume_writing(self) -> None: ...


class FarShell(Protocol):
    """The far end of a session. No method raises, or does anything after the end."""

    def write(self, data: bytes) -> None: ...
    def write_eof(self) -> None: ...
    def resize(self, size: Size) -> None: ...
    def leave(self) -> None:
        """End the session from this side, without waiting for the far one."""
        ...


class NearShell(Protocol):
    """The near end of a session, such as the terminal of a person. Called on the event loop; no method waits.

    What it raises ends the session, and `shell` raises it. pause/resume: the far side takes no more bytes for now, or
    again.
    """

    def begun(self, far: FarShell) -> None: ...
    def output(self, stream: Stream, data: bytes) -> asyncio.Future[None] | None:
        """As OutputSink."""
        ...

    def pause_writing(self) -> None: ...
    def resume_writing(self) -> None: ...


class HalvesReceiver(StreamReceiver, Protocol):
    """Who takes what arrives on a stream whose directions end each by itself."""

    def half_ended(self) -> None:
        """Nothing more comes; what is written still arrives. `ended` follows once both directions have ended."""
        ...


class Link(Protocol):
    """One open connection. All methods are called on the event loop; none of them blocks it.

    Time limits are seconds. Errors of the connection itself are TransportErrors (ConnectionLost ends the link); an
    error that the peer answered with is a CallFailed. The same holds for the capabilities.
    """

    @property
    def max_requests(self) -> int | None:
        """How many requests it can carry at the same time; None: as many as one likes."""
        ...

    def is_alive(self) -> bool:
        """What is known here and now, without asking the peer. False once the link is lost or closed."""
        ...

    def bytes_moved(self) -> tuple[int, int] | None:
        """(received, sent) since the link opened, None where the driver does not know."""
        ...

    async def ping(self, timeout: float) -> None:
        """One real round trip to the peer. Raises CallTimeout, ConnectionLost."""
        ...

    async def close(self) -> None:
        """Say goodbye, for a moment at most, then abort. Never raises for a peer that is gone."""
        ...

    def abort(self) -> None:
        """End the link at once, every call in it included, without waiting for the peer."""
        ...


@runtime_checkable
class CallsLibvirt(Protocol):
    """A link to a hypervisor."""

    async def call(self, function: Callable[[Any], T], timeout: float) -> T:
        """Run function(virConnect) on the link's own lane and return its value, which must be plain data.

        Raises what function raised (a libvirtError as CallFailed), CallTimeout, ConnectionLost. After a time-out or a
        cancel the peer may still carry the call out.
        """
        ...


@runtime_checkable
class RunsCommands(Protocol):
    """A link to a shell's host."""

    async def run(self, command: Command, output: OutputSink, timeout: float | None) -> ExitStatus:
        """Run a command and hand its output to `output` as it arrives.

        Raises CallTimeout, ConnectionLost. A time-out, a cancel or the end of the link kills the remote process and all
        it started. After a time-out or a cancel it waits some seconds for the far side's word that they have ended; the
        error then says whether it came (model.ending). Cancelled once more, it waits no longer.
        """
        ...


@runtime_checkable
class OpensStreams(Protocol):
    """A link that other connections can ride on."""

    async def open_stream(self, path: str, receiver: StreamReceiver) -> RawStream:
        """Connect to the unix socket `path` on the far side. Raises ConnectFailed, ConnectionLost."""
        ...

    async def open_pipe(self, command: Command, receiver: StreamReceiver, *, spare: bool = False) -> RawStream:
        """Start a remote command and use its stdin and stdout as a stream. Raises ConnectFailed, ConnectionLost.

        A `spare` pipe takes no place from anything else. Where the peer has no place for it, or needs its place for
        something else later, it is refused, or ends, with NoPlace. Its command must end with its stdin. It is
        Unsupported where the peer is to run nothing but the person's commands.
        """
        ...


@runtime_checkable
class MovesFiles(Protocol):
    """A link to a host that takes files and gives them."""

    async def move(self, asked: Push | Pull, sink: MoveSink) -> ExitStatus:
        """Send or fetch files; 0, or 1 where some of several failed, which the sink was told.

        Raises FileFailed, ConnectionLost. A cancel leaves no file that is not whole under its own name, and its error
        is confirmed (model.ending); so is that of a loss, but where a file was just being put in place. Of what is
        fetched nothing is written outside of `asked.near`.
        """
        ...


@runtime_checkable
class OpensShell(Protocol):
    """A link to a host on which a person may type."""

    async def shell(self, asked: Shell, near: NearShell) -> ExitStatus | None:
        """Carry a session until it ends; None where it was left from this side.

        Raises CallFailed where none was opened (no terminal, no place), or it ended without a status; ConnectionLost.
        A cancel ends it.
        """
        ...


@runtime_checkable
class ReachesTargets(Protocol):
    """A link to a host that connects to ports and sockets for us."""

    async def reach(self, target: Place, receiver: HalvesReceiver) -> RawStream:
        """Connect, on the far side, to a port or a UNIX socket. `receiver` may be called before this returns.

        Raises CallFailed, with REACH_FORBIDDEN where the server does not let us; ConnectionLost.
        """
        ...


@dataclass(slots=True)
class Progress:
    """How far an attempt had come when it was cancelled: `known` is told with "no answer within 30 s" where it is set.

    `kind` is the class of cause of an attempt that ends there. `unhurried` makes a block in which its time limit stands
    still, while a person is asked.
    """

    known: Message | None = None
    kind: Cause = Cause.NO_ANSWER
    unhurried: Callable[[], AbstractContextManager[None]] = nullcontext


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """All that a driver is told for one attempt.

    `on_lost` is called on the event loop, at most once, when a link that was handed out ends without having been
    asked to. `carrier` is the host's SSH link, for a connection that rides on it; that stays open as long as the new
    link does. `progress` is where a driver that is cancelled leaves what it knows of the peer. `on_found` is called
    with the first address of the first peer on the way, where there is one. `on_passed` hears of each stage of an SSH
    connection, for a person who watches one attempt; None: nobody does. `on_way` hears of the jump host, before it is
    connected to.
    """

    host: HostInfo
    config: TransportConfig
    on_lost: LostCallback
    carrier: OpensStreams | None = None
    progress: Progress = field(default_factory=Progress, compare=False)
    on_found: FoundCallback = field(default=lambda _: None, compare=False)
    on_way: WayCallback = field(default=lambda _: None, compare=False)
    on_passed: PassedCallback | None = field(default=None, compare=False)


class Driver(Protocol):
    """Opens links of one kind. One object serves all hosts."""

    async def open(self, request: OpenRequest) -> Link:
        """Open a link whose peer has answered a real request: a login or an RPC, no mere handshake of TCP or TLS.

        Nobody asks it again before it counts as Connected. Raises TransportError; cancelled at the time limit.
        """
        ...

    async def close(self) -> None:
        """Release what the driver itself holds (threads, directories), after its last link was closed."""
        ...
