"""The verbs that ask each host something: `stats` and `domains`."""

from __future__ import annotations

from ..engine.engine import Engine
from ..engine.fleet import Wanted
from ..engine.source import FleetSource
from .arguments import Arguments
from .encode import encode_domain, encode_host
from .output import complain, emit, emit_json
from .tables import domain_table, stats_table
from .words import sentence

NOT_ALL = 3
"""The exit status where some host did not answer."""


async def stats(arguments: Arguments, source: FleetSource) -> int:
    """Connect to every host, sample it, and show its connections; the exit status."""
    engine = Engine(source)
    async with engine.running(watch=False):
        answers = await engine.fleet.ask([host.id for host in source.config.hosts], Wanted.FIGURES)
    shown = [encode_host(answer) for answer in answers]
    if arguments.json:
        emit_json({"hosts": shown})
    else:
        emit(stats_table(shown))
    return NOT_ALL if any(answer.problem for answer in answers) else 0


async def domains(arguments: Arguments, source: FleetSource) -> int:
    """Ask every hypervisor for its domains; the exit status. Hosts with SSH alone have none, and are not asked."""
    engine = Engine(source)
    hosts = tuple(host for host in source.config.hosts if host.uri is not None)
    async with engine.running(watch=False, select=lambda _: hosts):
        answers = await engine.fleet.ask([host.id for host in hosts], Wanted.DOMAINS)
    found, errors = [], []
    for answer in answers:
        host = answer.detail.host
        if answer.problem is not None:
            errors.append({"host": host.row.id, "error": sentence(answer.problem.reason)})
        found += [encode_domain(host.row.id, domain.reading) for domain in host.domains]
    if arguments.json:
        emit_json({"domains": found, "errors": errors})
    else:
        emit(domain_table(found))
        for error in errors:
            complain(f"{error['host']}: {error['error']}")
    return NOT_ALL if errors else 0
