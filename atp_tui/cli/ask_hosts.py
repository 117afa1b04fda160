"""The verbs that ask each host something: `stats` and `domains`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ..engine.engine import Engine, limit_of
from ..engine.source import FleetSource
from ..executor.outcome import describe
from ..model.errors import AtpError, CallFailed
from ..model.events import HostSampled
from ..model.exhausted import exhausted
from ..model.host import HostInfo
from ..model.message import told
from ..model.node import DomainReading
from ..model.say import Say
from ..monitor.readings import read_domains
from ..transport.connection import HostConnection
from .arguments import Arguments
from .encode import encode_domain, encode_host
from .output import complain, emit, emit_json
from .round_trips import round_trips
from .tables import domain_table, stats_table
from .words import sentence

T = TypeVar("T")

_log = logging.getLogger(__name__)

NOT_ALL = 3
"""The exit status where some host did not answer."""


async def stats(arguments: Arguments, source: FleetSource) -> int:
    """Connect to every host, sample it, and show its connections; the exit status."""
    engine = Engine(source)

    async def ask(host: HostInfo) -> HostSampled:
        limit = limit_of(host, source.config.transport)
        return await engine.monitor.sample(host.id, timeout=limit, fail_fast=True)

    async with engine.running(watch=False):
        samples = await of_each(source.config.hosts, ask)
        limit = max((limit_of(host, source.config.transport) for host in source.config.hosts), default=0.0)
        well = [host for host, sample in samples.items() if not isinstance(sample, AtpError)]
        times = await round_trips(engine.manager, well, limit)
        shown = [encode_host(engine.manager, host, sample, times.get(host)) for host, sample in samples.items()]
    if arguments.json:
        emit_json({"hosts": shown})
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
        answers = await of_each(hosts, ask)
    found, errors = [], []
    for host, answer in answers.items():
        if isinstance(answer, AtpError):
            errors.append({"host": host, "error": sentence(describe(answer))})
        else:
            found += [encode_domain(host, domain) for domain in answer]
    if arguments.json:
        emit_json({"domains": found, "errors": errors})
    else:
        emit(domain_table(found))
        for error in errors:
            complain(f"{error['host']}: {error['error']}")
    return NOT_ALL if errors else 0


async def of_each(hosts: tuple[HostInfo, ...], ask: Callable[[HostInfo], Awaitable[T]]) -> dict[str, T | AtpError]:
    """The answer of each host, or its error, in the order of the hosts; all are asked at once.

    What a library makes of an odd answer (a name that is not UTF-8, a figure that is missing) is that host's error.
    """
    answers: dict[str, T | AtpError] = {}

    async def one(host: HostInfo) -> None:
        try:
            answers[host.id] = await ask(host)
        except AtpError as error:
            answers[host.id] = error
        except Exception as error:  # noqa: BLE001 - an answer that nobody foresaw costs its own host alone
            _log.exception("the answer of %s cannot be read", host.id)
            reason = exhausted(error) or told(Say.ANSWER_UNREADABLE, kind=type(error).__name__)
            answers[host.id] = CallFailed(reason, host=host.id)

    async with asyncio.TaskGroup() as group:
        for host in hosts:
            group.create_task(one(host))
    return {host.id: answers[host.id] for host in hosts}
