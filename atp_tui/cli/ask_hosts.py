"""The verbs that ask each host something: `stats` and `domains`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ..executor.outcome import describe
from ..model.errors import AtpError
from ..model.events import HostSampled
from ..model.host import HostInfo
from ..model.node import DomainReading
from ..monitor.readings import read_domains
from ..transport.connection import HostConnection
from .arguments import Arguments
from .encode import encode_domain, encode_host
from .engine import Engine, limit_of
from .fleet_source import FleetSource
from .output import complain, emit
from .tables import domain_table, stats_table

T = TypeVar("T")

NOT_ALL = 3
"""The exit status where some host did not answer."""


async def stats(arguments: Arguments, source: FleetSource) -> int:
    """Connect to every host, sample it, and show its connections; the exit status."""
    engine = Engine(source)

    async def ask(host: HostInfo) -> HostSampled:
        limit = limit_of(host, source.config.transport)
        return await engine.monitor.sample(host.id, timeout=limit, fail_fast=True)

    async with engine.running(watch=False):
        samples = await _of_each(source.config.hosts, ask)
        shown = [encode_host(engine.manager, host.id, _value(samples[host.id])) for host in source.config.hosts]
    if arguments.json:
        emit(json.dumps({"hosts": shown}, indent=2) + "\n")
    else:
        emit(stats_table(shown))
    return NOT_ALL if any(isinstance(sample, AtpError) for sample in samples.values()) else 0


async def domains(arguments: Arguments, source: FleetSource) -> int:
    """Ask every hypervisor for its domains; the exit status. Hosts with SSH alone have none, and are not asked."""
    engine = Engine(source)
    hosts = tuple(host for host in source.config.hosts if host.uri is not None)

    async def read(connection: HostConnection) -> tuple[DomainReading, ...]:
        return await connection.call(read_domains)

    async def ask(host: HostInfo) -> tuple[DomainReading, ...]:
        limit = limit_of(host, source.config.transport)
        return await engine.manager.execute_on_host(host.id, read, timeout=limit, fail_fast=True)

    async with engine.running(watch=False, select=lambda _: hosts):
        answers = await _of_each(hosts, ask)
    found, errors = [], []
    for host, answer in answers.items():
        if isinstance(answer, AtpError):
            errors.append({"host": host, "error": describe(answer)})
        else:
            found += [encode_domain(host, domain) for domain in answer]
    if arguments.json:
        emit(json.dumps({"domains": found, "errors": errors}, indent=2) + "\n")
    else:
        emit(domain_table(found))
        for error in errors:
            complain(f"{error['host']}: {error['error']}")
    return NOT_ALL if errors else 0


def _value(answer: T | AtpError) -> T | None:
    return None if isinstance(answer, AtpError) else answer


async def _of_each(hosts: tuple[HostInfo, ...], ask: Callable[[HostInfo], Awaitable[T]]) -> dict[str, T | AtpError]:
    """The answer of each host, or its error, in the order of the hosts; all are asked at once."""
    answers: dict[str, T | AtpError] = {}

    async def one(host: HostInfo) -> None:
        try:
            answers[host.id] = await ask(host)
        except AtpError as error:
            answers[host.id] = error

    async with asyncio.TaskGroup() as group:
        for host in hosts:
            group.create_task(one(host))
    return {host.id: answers[host.id] for host in hosts}
