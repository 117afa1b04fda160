"""Hosts that are asked now, each within its own time: for their figures, or for what a condition hangs on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from ..executor.log import JobLog
from ..executor.spec import JobSpec
from ..executor.targets import Targets
from ..model.connection import ConnectionState
from ..model.errors import AtpError, CallFailed, ConfigError
from ..model.events import DomainsDescribed, HostSampled
from ..model.fence import Fence
from ..model.host import HostInfo
from ..model.node import DomainReading, Oddity
from ..model.problem import problem_of
from ..model.sets import NO_SETS, Sets, reached
from ..model.settings import TransportConfig
from ..monitor.border import Nonsense, Odd
from ..monitor.domain_detail import read_xml
from ..monitor.domain_query import Described
from ..monitor.facts import HostFacts, unheard
from ..monitor.fleet import FleetView
from ..monitor.needs import Needs
from ..monitor.readings import read_domains
from ..monitor.record import HostRecord
from ..monitor.sampler import Monitor
from ..transport.connection import HostConnection
from ..transport.manager import TransportManager
from .earlier import read_earlier
from .fleet import Answer, Detail, Settled, Wanted
from .guests import Guests
from .limits import limit_of
from .round_trips import round_trips
from .targets import first_reading, read_gate, together
from .vm_metadata import MetadataOf, metadata_of

_log = logging.getLogger(__name__)

APART = 1.0
"""Seconds between the two samples that a share of time needs."""

_NOT_TRIED = (ConnectionState.CONNECTING, ConnectionState.DISCONNECTED)


class Asking:
    """Asks the hosts of a manager. `described` gives all hosts of the configuration, also those that are not used."""

    def __init__(
        self,
        manager: TransportManager,
        monitor: Monitor,
        described: Callable[[], Sequence[HostInfo]],
        config: TransportConfig,
        log: JobLog | None = None,
        sets: Callable[[], Sets] = lambda: NO_SETS,
    ) -> None:
        """`sets` gives those of the configuration as it is now."""
        self._manager = manager
        self._sets = sets
        self._monitor = monitor
        self._described = described
        self._config = config
        self._log = log
        self._fence = Fence(_log)
        self._guests = Guests(manager)
        self.guest_of, self.close = self._guests.guest_of, self._guests.close

    async def ask(self, ids: Collection[str], wanted: Wanted) -> tuple[Answer, ...]:
        """As Fleet.ask."""
        asked = set(ids)
        hosts = [host for host in self._manager.list_hosts() if host.id in asked]
        samples = await self._each(hosts, self._sample if wanted is Wanted.FIGURES else self._domains)
        well = [host.id for host in hosts if isinstance(samples[host.id], HostSampled)]
        times: Mapping[str, float] = {}
        about: Mapping[str, MetadataOf] = {}
        if wanted is Wanted.FIGURES:  # once all have opened: the first request of a crowd waits for it
            times = await round_trips(self._manager, well, max(map(self._limit, hosts), default=0.0))
        else:
            about = await self._metadata([sample for sample in samples.values() if isinstance(sample, HostSampled)])
        present = {host.id for host in self._manager.list_hosts()}  # a host may have gone meanwhile
        answers = {
            id: self._answer(id, samples[id], times.get(id), about.get(id, MetadataOf()))
            for id in samples
            if id in present
        }
        return tuple([answers[id] for id in ids if id in answers])

    async def describe_domain(self, host_id: str, uuid: str) -> Described:
        """As Fleet.describe_domain."""
        try:
            host = self._manager.host(host_id)

            async def read(connection: HostConnection) -> str:
                return await connection.call(lambda virt: read_xml(virt, uuid))

            limit = self._limit(host)
            return Described(await self._manager.execute_on_host(host.id, read, timeout=limit, fail_fast=True))
        except AtpError as error:
            return Described(problem=problem_of(error))
        except Exception as error:  # noqa: BLE001 - as in `_each`
            reason = self._fence.caught(error, "what a domain of %s is made of cannot be read", host_id)
            return Described(problem=problem_of(CallFailed(reason, host=host_id)))

    def check(self, spec: JobSpec) -> None:
        """As Gates.check."""
        gate = "" if spec.options.waves is None else spec.options.waves.gate
        if gate:
            among = self._among({target.host for target in spec.targets})
            read_gate(gate, among, self._described(), self._sets())

    async def holding(self, gate: str, hosts: Collection[str]) -> tuple[str, ...]:
        """As Gates.holding. The expression is read with these hosts alone: so no other one is asked."""
        return (await self._settle((gate,), self._among(hosts), some=True)).ids

    def _among(self, ids: Collection[str]) -> tuple[HostInfo, ...]:
        wanted = set(ids)
        return tuple([host for host in self._described() if host.id in wanted])

    async def settle(self, expressions: Sequence[str]) -> Settled:
        """As Fleet.settle."""
        return await self._settle(expressions, tuple(self._described()))

    async def _settle(self, expressions: Sequence[str], hosts: tuple[HostInfo, ...], *, some: bool = False) -> Settled:
        sets = self._sets()
        earlier = await read_earlier(reached(expressions, sets), self._log)
        try:
            reading = first_reading(expressions, hosts, earlier, sets, some=some)
            if not reading.undecided:
                return Settled(reading.ids)
            undecided = set(reading.undecided)
            asked = [host for host in self._manager.list_hosts() if host.id in undecided]
            samples, errors = await self._sampled(asked, 2 if reading.needs is Needs.SAMPLES else 1)
            about = await self._metadata(samples) if reading.needs_metadata else {}
            errors |= {id: found.error for id, found in about.items() if found.error is not None}
            targets = self._knowing(hosts, samples, about, partial(Targets, earlier=earlier, sets=sets, some=some))
            ids, left_out = together(targets, reading.expressions)
            why = tuple((id, problem_of(errors[id]) if id in errors else None) for id in left_out)
        except ConfigError as error:
            return Settled(problem=problem_of(error))
        try:
            return Settled(ids or targets.resolve(reading.expressions[0]), why)
        except ConfigError as error:
            return Settled((), why, problem_of(error))

    def _knowing(
        self,
        hosts: Sequence[HostInfo],
        samples: Iterable[HostSampled],
        about: Mapping[str, MetadataOf],
        made: Callable[[Sequence[HostInfo], HostFacts], Targets],
    ) -> Targets:
        """The target language with what these samples say, and the metadata that were read."""
        view = FleetView(self._manager)
        for sample in samples:
            view.apply(sample)
        for id, found in about.items():
            view.apply(DomainsDescribed(self._manager.clock.monotonic(), id, found.found))
        # hosts on which nothing depends are not in the manager, but their names may stand in an expression
        rows = tuple([view.row(host.id) or unheard(host) for host in hosts])
        unasked = {row.id for row in rows if row.state in _NOT_TRIED}
        return made(hosts, HostFacts(rows, unasked, view.with_domains))

    async def _metadata(self, samples: Iterable[HostSampled]) -> dict[str, MetadataOf]:
        """The metadata of the domains of these samples, by host; each host has the time that it has to connect."""
        found: dict[str, MetadataOf] = {}

        async def read(host: HostInfo, sample: HostSampled) -> None:
            try:
                found[host.id] = await metadata_of(self._manager, host, sample.domains, self._limit(host))
            except Exception as error:  # noqa: BLE001 - as in `_each`
                reason = self._fence.caught(error, "what the VMs of %s are cannot be read", host.id)
                found[host.id] = MetadataOf(error=CallFailed(reason, host=host.id))

        newest = {sample.host_id: sample for sample in samples}
        async with asyncio.TaskGroup() as group:
            for host in self._manager.list_hosts():
                if host.id in newest:
                    group.create_task(read(host, newest[host.id]))
        return found

    async def _sampled(self, hosts: Sequence[HostInfo], times: int) -> tuple[list[HostSampled], dict[str, AtpError]]:
        """The samples, in the order in which they came, and the errors of hosts that gave none."""
        samples: list[HostSampled] = []
        errors: dict[str, AtpError] = {}
        for turn in range(times):
            if turn:
                await asyncio.sleep(APART)
            still = [host for host in hosts if host.id not in errors]
            for host_id, answer in (await self._each(still, self._sample)).items():
                if isinstance(answer, AtpError):
                    errors[host_id] = answer
                else:
                    samples.append(answer)
        return samples, errors

    def _limit(self, host: HostInfo) -> float:
        return limit_of(host, self._config)

    async def _sample(self, host: HostInfo) -> HostSampled:
        return await self._monitor.sample(host.id, timeout=self._limit(host), fail_fast=True)

    async def _domains(self, host: HostInfo) -> HostSampled:
        """A sample of the domains alone: a node whose own figures cannot be read has domains all the same."""

        odd = Odd()

        async def read(connection: HostConnection) -> tuple[DomainReading, ...]:
            return await connection.call(lambda virt: read_domains(virt, odd))

        domains = await self._manager.execute_on_host(host.id, read, timeout=self._limit(host), fail_fast=True)
        requests, errors = self._manager.totals(host.id)
        now = self._manager.clock.monotonic()
        return HostSampled(now, host.id, None, domains, 0.0, requests, errors, odd=odd.told())

    async def _each(
        self, hosts: Iterable[HostInfo], ask: Callable[[HostInfo], Awaitable[HostSampled]]
    ) -> dict[str, HostSampled | AtpError]:
        """The answer of each host, or its error, in the order of the hosts; all are asked at once.

        What a library makes of an odd answer (a name that is not UTF-8, a figure that is missing) is that host's error.
        """
        answers: dict[str, HostSampled | AtpError] = {}

        async def one(host: HostInfo) -> None:
            try:
                answers[host.id] = await ask(host)
            except AtpError as error:
                answers[host.id] = error
            except Exception as error:  # noqa: BLE001 - an answer that nobody foresaw costs its own host alone
                reason = self._fence.caught(error, "the answer of %s cannot be read", host.id)
                answers[host.id] = CallFailed(reason, host=host.id)

        async with asyncio.TaskGroup() as group:
            for host in hosts:
                group.create_task(one(host))
        return {host.id: answers[host.id] for host in hosts}

    def _answer(
        self, host_id: str, sample: HostSampled | AtpError, round_trip: float | None, about: MetadataOf
    ) -> Answer:
        """What one host has said. The round-trip time is the one that was measured for itself."""
        record = HostRecord(self._manager.host(host_id), self._manager.host_state(host_id), history=1)
        try:
            if isinstance(sample, HostSampled):
                record.sampled(sample)
                record.of_domains.describe(about.found)
            said = record.detail()
        except Exception as error:  # noqa: BLE001 - as above
            sample = CallFailed(self._fence.caught(error, "what %s has said could not be shown", host_id), host=host_id)
            record.spoil(sample.reason)
            said = record.detail()
        if isinstance(sample, Nonsense):
            said = replace(said, row=replace(said.row, odd=Oddity(1, sample.what)))
        said = replace(said, row=replace(said.row, rtt=round_trip))
        detail = Detail(self._manager.clock.monotonic(), said, self._manager.pools(host_id), record.host.reached_by)
        wrong = sample if isinstance(sample, AtpError) else about.error
        return Answer(detail, None if wrong is None else problem_of(wrong))
