"""The verbs that ask each host something: `stats` and `domains`."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from ..engine.engine import Engine
from ..engine.fleet import Answer, Wanted
from ..engine.source import FleetSource
from ..model.fence import Fence
from ..model.problem import Problem
from .arguments import Arguments
from .asked import NOT_ALL
from .encode import encode_domain, encode_host, encode_odd, valid
from .log_in import person_at_terminal
from .output import complain, emit, emit_json
from .tables import domain_table, stats_table
from .words import nonsense, sentence

_log = logging.getLogger(__name__)

_UNTOLD = "what %s has said could not be told"


async def stats(arguments: Arguments, source: FleetSource) -> int:
    """Connect to every host, sample it, and show its connections; the exit status."""
    engine = Engine(source)
    async with engine.running(watch=False), person_at_terminal(engine, batch=arguments.batch):
        answers = await engine.fleet.ask([host.id for host in source.config.hosts], Wanted.FIGURES)
    fence = Fence(_log)
    shown = [_figures_of(answer, fence) for answer in answers]
    if arguments.json:
        emit_json({"hosts": shown})
    else:
        emit(stats_table(shown))
    return NOT_ALL if any(entry["error"] is not None for entry in shown) else 0


async def domains(arguments: Arguments, source: FleetSource) -> int:
    """Ask every hypervisor for its domains; the exit status. Hosts with SSH alone have none, and are not asked."""
    engine = Engine(source)
    hosts = tuple(host for host in source.config.hosts if host.uri is not None)
    only = engine.running(watch=False, select=lambda _: hosts)
    async with only, person_at_terminal(engine, batch=arguments.batch):
        answers = await engine.fleet.ask([host.id for host in hosts], Wanted.DOMAINS)
    fence = Fence(_log)
    found, errors, odd = [], [], []
    for answer in answers:
        host = answer.detail.host
        try:
            found += [encode_domain(host.row.id, domain.reading, domain.about) for domain in host.domains]
        except Exception as error:  # noqa: BLE001 - it costs that host its domains, not the others theirs
            answer = replace(answer, problem=Problem(fence.caught(error, _UNTOLD, host.row.id)))
        if answer.problem is not None:
            errors.append(valid({"host": host.row.id, "error": sentence(answer.problem.reason)}))
        if host.row.odd is not None:
            odd.append({"host": host.row.id, **encode_odd(host.row.odd)})
    if arguments.json:
        emit_json({"domains": found, "errors": errors, "nonsense": odd})
    else:
        emit(domain_table(found))
        for each in errors:
            complain(f"{each['host']}: {each['error']}")
        for answer in answers:
            if answer.problem is None and answer.detail.host.row.odd is not None:
                complain(f"{answer.detail.host.row.id}: {nonsense(answer.detail.host.row.odd)}")
    return NOT_ALL if errors else 0


def _figures_of(answer: Answer, fence: Fence) -> dict[str, Any]:
    """What JSON has of a host; where that cannot be made of what it has said, it is a host that has said nothing."""
    try:
        return encode_host(answer)
    except Exception as error:  # noqa: BLE001 - as above
        said = answer.detail.host
        row = replace(said.row, cpu=None, memory=None, rtt=None, vms=None, node=None, system=None, odd=None)
        bare = replace(said, row=row, node=None, system=None, domains=())
        problem = Problem(fence.caught(error, _UNTOLD, said.row.id))
        return encode_host(replace(answer, detail=replace(answer.detail, host=bare), problem=problem))
