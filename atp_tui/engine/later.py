"""Parts of an engine that most verbs never use: each is made, and its modules are loaded, when it is first asked for.

A command on a host needs none of what reads figures, goes through domains, or keeps what has happened: half of the
program's own modules.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..actions.action import HostsFile, Invocation
    from ..executor.spec import JobSpec
    from ..model.credential import Secret
    from ..model.forward import Forward, ForwardSpec
    from ..model.guest import GuestSaid
    from ..model.questions import Locked
    from ..monitor.domain_query import Described
    from ..monitor.happening import HappeningPage, HappeningQuery
    from .asking import Asking
    from .away import PickUps
    from .below import Happenings
    from .fleet import Answer, Settled, Wanted
    from .forwards import ForwardNews, Forwards
    from .source import Lock
    from .try_out import Admits, TriesHosts, TryStep
    from .went_on import WentOn


class LockLater:
    """As engine.source.Lock."""

    def __init__(self, make: Callable[[], Lock]) -> None:
        self._make = make
        self._made: Lock | None = None

    def locked(self) -> Locked | None:
        """As Fleet.locked."""
        return None if self._made is None else self._made.locked()

    async def lock(self) -> None:
        """Drop all that was typed, and lock the screen."""
        self._made = self._made or self._make()
        await self._made.lock()

    async def unlock(self, secret: Secret | None, /) -> bool:
        """As Fleet.unlock."""
        return self._made is None or await self._made.unlock(secret)


class AskingLater:
    """As engine.asking.Asking."""

    def __init__(self, make: Callable[[], Asking]) -> None:
        self._make = make

    @cached_property
    def _asking(self) -> Asking:
        return self._make()

    async def ask(self, ids: Collection[str], wanted: Wanted) -> tuple[Answer, ...]:
        """As Fleet.ask."""
        return await self._asking.ask(ids, wanted)

    async def settle(self, expressions: Sequence[str]) -> Settled:
        """As Fleet.settle."""
        return await self._asking.settle(expressions)

    async def describe_domain(self, host_id: str, uuid: str) -> Described:
        """As Fleet.describe_domain."""
        return await self._asking.describe_domain(host_id, uuid)

    async def guest_of(self, host_id: str, uuid: str) -> GuestSaid:
        """As Fleet.guest_of."""
        return await self._asking.guest_of(host_id, uuid)

    def check(self, spec: JobSpec) -> None:
        """As Gates.check."""
        if spec.options.waves is not None and spec.options.waves.gate:
            self._asking.check(spec)

    async def holding(self, gate: str, hosts: Collection[str]) -> tuple[str, ...]:
        """As Gates.holding."""
        return await self._asking.holding(gate, hosts)

    async def close(self) -> None:
        """End what was begun."""
        if "_asking" in self.__dict__:
            await self._asking.close()


class HappeningsLater:
    """As monitor.happenings.Happenings, for the one question that is asked of it."""

    def __init__(self, make: Callable[[], Happenings]) -> None:
        self._make = make

    def page(self, query: HappeningQuery, now: float) -> HappeningPage:
        """As Fleet.happened."""
        return self._make().page(query, now)


class PickUpsLater:
    """As engine.away.PickUps, for those who only ask what waits."""

    def __init__(self, make: Callable[[], PickUps]) -> None:
        self._make = make

    def went_on(self) -> AsyncIterator[WentOn]:
        """As FleetJobs.went_on."""
        return self._make().went_on()

    def waits(self, job: str) -> int:
        """As FleetJobs.waits."""
        return self._make().waits(job)

    async def call_off(self, job: str) -> int:
        """As FleetJobs.call_off."""
        return await self._make().call_off(job)


class ForwardsLater:
    """As engine.forwards.Forwards."""

    def __init__(self, make: Callable[[], Forwards]) -> None:
        self._make = make

    @cached_property
    def _forwards(self) -> Forwards:
        return self._make()

    async def open(self, host_id: str, specs: Sequence[ForwardSpec]) -> tuple[Forward, ...]:
        """As actions.action.Forwards."""
        return await self._forwards.open(host_id, specs)

    async def shut(self, number: int) -> None:
        """As actions.action.Forwards."""
        await self._forwards.shut(number)

    def now(self) -> tuple[Forward, ...]:
        """As Fleet.forwards."""
        return self._forwards.now() if "_forwards" in self.__dict__ else ()

    def news(self) -> AsyncIterator[ForwardNews]:
        """As Fleet.forward_news."""
        return self._forwards.news()

    async def close(self) -> None:
        """Close all of them."""
        if "_forwards" in self.__dict__:
            await self._forwards.close()


class TrialLater:
    """As engine.try_out.Trial."""

    def __init__(self, hosts_file: HostsFile | None, door: Admits, drivers: TriesHosts) -> None:
        self._parts = hosts_file, door, drivers

    def steps(self, host_id: str, edit: Invocation | None) -> AsyncGenerator[TryStep, None]:
        """As Fleet.try_out."""
        from .try_out import Trial

        return Trial(*self._parts).steps(host_id, edit)
