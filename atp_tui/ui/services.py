"""What the screen needs from below, as ports: the composition root fills them in, the tests bring small fakes.

Nothing here imports the transport, asyncssh or libvirt: the first frame must not wait for them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..executor.reader import JobEvent
from ..executor.spec import JobSpec
from ..model.connection import PoolStatistics
from ..model.credential import Credential
from ..model.events import Event
from ..model.host import HostInfo
from ..model.outcome import CommandResult
from ..model.target import TargetId
from ..monitor.fleet import HostDetail, HostRow


class Subscription(Protocol):
    """A bounded queue of events."""

    async def batch(self) -> Sequence[Event]:
        """Everything queued; waits for the first event where nothing is."""
        ...

    def take(self) -> Sequence[Event]:
        """Everything queued, which may be nothing."""
        ...

    def close(self) -> None: ...


class EventSource(Protocol):
    """Where events are subscribed to."""

    def subscribe(self, size: int = 1024) -> Subscription: ...


class Moments(Protocol):
    """The program's clock: what the moments in rows and snapshots are measured by."""

    def monotonic(self) -> float: ...


class Transport(Protocol):
    """What the screen reads of the transport manager. None of it waits; HostUnknown for a host that is gone."""

    @property
    def hub(self) -> EventSource: ...

    @property
    def clock(self) -> Moments: ...

    def host(self, host_id: str) -> HostInfo: ...
    def pools(self, host_id: str) -> tuple[PoolStatistics, ...]: ...


class Fleet(Protocol):
    """The fleet's current view, which the screen's bridge feeds with events."""

    def apply(self, event: Event) -> None: ...
    def grow_old(self, now: float) -> frozenset[str]: ...
    def rows(self) -> tuple[HostRow, ...]: ...
    def detail(self, host_id: str) -> HostDetail | None: ...


class Job(Protocol):
    """Work on many targets. Iterating gives its events, exactly one TargetEnded for each target, then ends."""

    @property
    def title(self) -> str: ...

    @property
    def targets(self) -> tuple[TargetId, ...]: ...

    @property
    def results(self) -> Mapping[TargetId, CommandResult]: ...

    @property
    def started_at(self) -> float: ...

    @property
    def done(self) -> bool: ...

    def cancel(self) -> None: ...
    def __aiter__(self) -> AsyncIterator[JobEvent]: ...


class Jobs(Protocol):
    """Starts jobs and owns their tasks."""

    def start(self, spec: JobSpec) -> Job: ...


class Targets(Protocol):
    """Node sets: "kvm[01-18]", "@rack1&@prod". `resolve` raises ConfigError naming what is unknown."""

    def resolve(self, expression: str) -> tuple[str, ...]: ...
    def fold(self, ids: Collection[str]) -> str: ...


class ActionInfo(Protocol):
    """An entry of the registry of actions, as far as keys, `:` command line, palette and help show it."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def key(self) -> str | None: ...

    @property
    def help(self) -> str: ...

    @property
    def needs_hosts(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class KeyQuestion:
    """An SSH host key that a person must decide on. `changed`: another key is on file for this host.

    `address` is who shows it: the host itself, or a jump host on the way to it. `on_file` are the keys on file, each
    as its type and fingerprint.
    """

    host_id: str
    address: str
    fingerprint: str
    public_key: str
    changed: bool
    on_file: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PasswordQuestion:
    """A name and a password that a host wants. `refused`: it did not take those it was given.

    `address` is who asks, `user` the name that is known already or empty, `uri` the one they would be for.
    """

    host_id: str
    address: str
    user: str
    refused: bool
    uri: str


Perform = Callable[[str, tuple[str, ...], str], Awaitable[None]]
"""Runs the action of that name on these hosts with that argument; raises AtpError."""


@dataclass(frozen=True, slots=True)
class Services:
    """All that the screens are given.

    `refresh` is the seconds between repaints of metrics. `start` is entered on the application's loop after the first
    frame was painted and left when it quits: it starts the transport and adds the hosts. `history_file` None keeps
    the history of commands in memory alone. `period` is the seconds between two samples of a host. `theme_folders`
    hold themes beside the program's own. `notice` is told at the start, as something that is wrong.
    """

    transport: Transport
    fleet: Fleet
    jobs: Jobs
    targets: Targets
    actions: Sequence[ActionInfo]
    perform: Perform
    key_question: Callable[[str], KeyQuestion | None]
    trust: Callable[[str, KeyQuestion], Awaitable[None]]
    password_question: Callable[[str], PasswordQuestion | None]
    log_in: Callable[[PasswordQuestion, Credential], Awaitable[None]]
    source: str
    file: Path | None = None
    refresh: float = 1.0
    period: float = 2.0
    theme: str | None = None
    theme_folders: tuple[Path, ...] = ()
    notice: str = ""
    ascii_only: bool = False
    history_file: Path | None = None
    start: Callable[[], AbstractAsyncContextManager[object]] | None = None
