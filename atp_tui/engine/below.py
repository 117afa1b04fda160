"""What the fleet of this process is made of, as its port sees each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ..actions.action import Action, Invocation
    from ..actions.door import JobAct
    from ..actions.policy import Agreement
    from ..executor.fold import Fold
    from ..executor.reader import JobEvent
    from ..executor.waves import Progress
    from ..model.connection import ConnectionSnapshot, PoolStatistics
    from ..model.errors import AtpError
    from ..model.guest import GuestSaid
    from ..model.host import HostInfo
    from ..model.message import Message
    from ..model.outcome import CommandResult
    from ..model.target import TargetId
    from ..monitor.domain_index import HostWithDomains
    from ..monitor.domain_query import Described
    from ..monitor.follower import Changed
    from ..monitor.happening import HappeningPage, HappeningQuery
    from ..monitor.lives import Life
    from ..monitor.rows import HostDetail, HostRow, Known
    from .fleet import Answer, Settled, Wanted
    from .resolved import Resolved
    from .try_out import TryStep
    from .went_on import WentOn


class Clock(Protocol):
    """The program's clock."""

    def monotonic(self) -> float: ...


class Transport(Protocol):
    """What is read of the transport manager. None of it waits; HostUnknown for a host that is gone."""

    @property
    def clock(self) -> Clock: ...
    def host(self, host_id: str) -> HostInfo: ...
    def pools(self, host_id: str) -> tuple[PoolStatistics, ...]: ...
    def looked_at(self, host_id: str) -> None: ...


class View(Protocol):
    """The rows as they are now."""

    @property
    def host_ids(self) -> Collection[str]: ...
    def rows(self) -> tuple[HostRow, ...]: ...
    def row(self, host_id: str) -> HostRow | None: ...
    def look(self, host_id: str) -> Known | None: ...
    def detail(self, host_id: str) -> HostDetail | None: ...
    def lives(self, host_id: str, connections: Iterable[ConnectionSnapshot], now: float) -> tuple[Life, ...]: ...
    def with_domains(self, host_id: str) -> HostWithDomains | None: ...


class Follower(Protocol):
    """Tells which rows of the view have changed, on the event loop; what `listen` gives back ends that."""

    def listen(self, heard: Callable[[Changed], object]) -> Callable[[], None]: ...


class Happenings(Protocol):
    """The log of what has happened."""

    def page(self, query: HappeningQuery, now: float) -> HappeningPage: ...


class Targets(Protocol):
    """The target language; as Fleet.resolve."""

    def resolved(self, expression: str) -> Resolved: ...
    @property
    def set_names(self) -> tuple[str, ...]: ...
    @property
    def job_numbers(self) -> tuple[int, ...]: ...


class Asking(Protocol):
    """Asks hosts."""

    async def ask(self, ids: Collection[str], wanted: Wanted) -> tuple[Answer, ...]: ...
    async def settle(self, expressions: Sequence[str]) -> Settled: ...
    async def describe_domain(self, host_id: str, uuid: str) -> Described: ...
    async def guest_of(self, host_id: str, uuid: str) -> GuestSaid: ...


class Waits(Protocol):
    """Commands that wait for hosts that are away."""

    def went_on(self) -> AsyncIterator[WentOn]: ...
    def waits(self, job: str) -> int: ...
    async def call_off(self, job: str) -> int: ...


class Trying(Protocol):
    """Tries one host as its file would describe it."""

    def steps(self, host_id: str, edit: Invocation | None) -> AsyncGenerator[TryStep, None]: ...


class Job(Protocol):
    """Work on many targets. Iterating gives its events, exactly one TargetEnded for each target, then ends."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def targets(self) -> tuple[TargetId, ...]: ...
    @property
    def started_at(self) -> float: ...
    @property
    def done(self) -> bool: ...
    @property
    def fold(self) -> Fold: ...
    @property
    def results(self) -> Mapping[TargetId, CommandResult]: ...
    @property
    def progress(self) -> Progress | None: ...
    @property
    def paused(self) -> bool: ...
    @property
    def cancelled(self) -> bool: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def halt(self, why: Message) -> None: ...
    def cancel(self) -> None: ...
    async def wait(self) -> tuple[CommandResult, ...]: ...
    def __aiter__(self) -> AsyncIterator[JobEvent]: ...


class Jobs(Protocol):
    """The jobs that are kept."""

    def job(self, job: str) -> Job | None: ...


class Door(Protocol):
    """The one way to whatever touches a host, hosts.toml or known_hosts."""

    def admit(self, invocation: Invocation) -> Action:
        """The action; raises AtpError where it would not be carried out even if a person confirmed it."""
        ...

    def wants(self, invocation: Invocation) -> Agreement | None:
        """What a person has to agree to first. Raises what `admit` raises."""
        ...

    def decline(self, invocation: Invocation, error: AtpError) -> None:
        """Keep on record that it was not carried out."""
        ...

    def steered(self, act: JobAct, job: str, targets: Collection[TargetId]) -> None:
        """Keep on record what a person has done to a job."""
        ...

    async def perform(self, invocation: Invocation) -> Job | None:
        """Carry it out; gives the job that it has started, if it did. Raises AtpError."""
        ...
