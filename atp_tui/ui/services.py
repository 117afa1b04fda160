"""What the screen needs from below, as ports: the composition root fills them in, the tests bring small fakes.

Nothing here imports the transport, asyncssh or libvirt: the first frame must not wait for them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..actions.action import Action, Invocation
from ..actions.policy import Policy
from ..executor.reader import JobEvent
from ..model.connection import PoolStatistics
from ..model.host import HostInfo
from ..model.outcome import CommandResult
from ..model.questions import KeyQuestion, PasswordQuestion
from ..model.target import TargetId
from ..monitor.fleet import HostDetail, HostRow
from ..monitor.follower import Changed


class Moments(Protocol):
    """The program's clock: what the moments in rows and snapshots are measured by."""

    def monotonic(self) -> float: ...


class Transport(Protocol):
    """What the screen reads of the transport manager. None of it waits; HostUnknown for a host that is gone."""

    @property
    def clock(self) -> Moments: ...

    def host(self, host_id: str) -> HostInfo: ...
    def pools(self, host_id: str) -> tuple[PoolStatistics, ...]: ...


class Fleet(Protocol):
    """The fleet's current view, which the engine keeps up to date."""

    def rows(self) -> tuple[HostRow, ...]: ...
    def detail(self, host_id: str) -> HostDetail | None: ...


class Follower(Protocol):
    """Tells which rows of the view have changed, on the event loop; what `listen` gives back ends that."""

    def listen(self, heard: Callable[[Changed], object]) -> Callable[[], None]: ...


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


class Targets(Protocol):
    """The target language: "kvm[01-18]", "@rack1!state:failed". `resolve` raises ConfigError, with the column of the
    mistake, naming what is unknown."""

    def resolve(self, expression: str) -> tuple[str, ...]: ...
    def fold(self, ids: Collection[str]) -> str: ...


class Door(Protocol):
    """The one way to whatever touches a host, hosts.toml or known_hosts."""

    @property
    def actions(self) -> tuple[Action, ...]: ...

    @property
    def policy(self) -> Policy: ...

    def admit(self, invocation: Invocation) -> Action:
        """The action; raises AtpError where it would not be carried out even if a person confirmed it."""
        ...

    async def perform(self, invocation: Invocation) -> Job | None:
        """Carry it out; gives the job that it has started, if it did. Raises AtpError."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """All that the screens are given.

    `refresh` is the seconds between repaints of metrics. `start` is entered on the application's loop after the first
    frame was painted and left when it quits: it starts the transport and adds the hosts. `history_file` None keeps
    the history of commands in memory alone. `period` is the seconds between two samples of a host. `theme_folders`
    hold themes beside the program's own. `notice` is told at the start, as something that is wrong. `who` is the person
    at the screen. `keys` are the keys that this person has chosen, by the id of what they do.
    """

    transport: Transport
    fleet: Fleet
    follower: Follower
    targets: Targets
    door: Door
    key_question: Callable[[str], KeyQuestion | None]
    password_question: Callable[[str], PasswordQuestion | None]
    source: str
    who: str = ""
    file: Path | None = None
    refresh: float = 1.0
    period: float = 2.0
    keys: tuple[tuple[str, str], ...] = ()
    theme: str | None = None
    theme_folders: tuple[Path, ...] = ()
    notice: str = ""
    ascii_only: bool = False
    history_file: Path | None = None
    start: Callable[[], AbstractAsyncContextManager[object]] | None = None
