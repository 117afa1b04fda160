"""`atp-tui forward`: ports and sockets of this machine that lead to those which a host reaches, until Ctrl+C."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from ..actions.action import Invocation
from ..actions.forward import specs_of
from ..actions.policy import Policy
from ..engine.engine import Engine
from ..engine.fleet import Fleet
from ..engine.person import user_name
from ..engine.source import FleetSource
from ..engine.targets import needed
from ..executor.motion import size_told
from ..model.errors import ConfigError
from ..model.forward import Forward
from ..model.host import HostInfo
from ..model.message import Message, told
from ..model.say import Say
from ..model.target import on_hosts
from ..model.text import printed, safe
from ..storage.audit import audit_of
from .act import FAILED
from .agreeing import agreed, passes
from .arguments import Arguments
from .asked import NOT_ALL, read, settled
from .interrupt import Interrupt
from .job_log import log_there, opened, warn
from .log_in import person_at_terminal
from .output import complain, emit, standard_output
from .words import sentence, whole

USAGE = 2


async def forward(arguments: Arguments, source: FleetSource, interrupt: Interrupt) -> int:
    """Forward until a signal ends it; the exit status: 3 where the host was not reached, 1 where nothing listens.

    Raises ConfigError for the target, ActionFailed for a forward that is none, and where the door lets nothing pass.
    """
    standard_output()
    specs_of(_invocation(arguments))  # what is wrong is told before any host is contacted
    log = log_there(warn)
    async with opened(log):
        reading, _ = await read(arguments, source.config, log)
        if len(reading.ids) > 1:
            names = ", ".join(reading.ids[:5])
            raise ConfigError(f"{len(reading.ids)} hosts are meant: {names}", key="HOST", hint="a forward is to one")

        def select(hosts: tuple[HostInfo, ...]) -> tuple[HostInfo, ...]:
            return needed(reading, hosts, source.config.transport)

        audit = audit_of(source.config, lambda words: complain(f"warning: {words}"), arguments.verb)
        engine = Engine(source, policy=Policy(read_only=arguments.read_only, asks=True), audit=audit, log=log)
        await passes(engine, reading, _invocation(arguments), yes=arguments.yes)
        async with engine.running(watch=False, select=select), person_at_terminal(engine, batch=arguments.batch):
            targets, _ = await settled(engine.fleet, reading)
            if len(targets) != 1:
                raise ConfigError(f"{len(targets)} hosts are meant", key="HOST", hint="a forward is to one")
            wanted = await agreed(engine, _invocation(arguments, targets[0]), yes=arguments.yes)
            if wanted is None:
                return USAGE
            problem = (await engine.fleet.perform(wanted)).problem
            if problem is not None:
                complain(f"{targets[0]}: {whole(problem)}")
                return NOT_ALL if problem.unreached else FAILED
            await _until_ended(engine.fleet, interrupt, as_json=arguments.json)
    return 0


def _invocation(arguments: Arguments, *hosts: str) -> Invocation:
    return Invocation("forward", on_hosts(*hosts), {"specs": arguments.given}, user_name())


async def _until_ended(fleet: Fleet, interrupt: Interrupt, *, as_json: bool) -> None:
    """Tell what there is to tell, until a signal comes; then what was carried."""
    over = asyncio.Event()
    interrupt.cancel = over.set
    if interrupt.number is not None:
        over.set()
    for each in fleet.forwards():
        _tell(each, None, as_json=as_json)
        if each.near.exposed:
            words = {"near": str(each.near), "far": str(each.far), "host": each.host}
            complain(f"warning: {sentence(told(Say.FORWARD_EXPOSED, **words))}")
    telling = asyncio.create_task(_news(fleet, as_json=as_json))
    ending = asyncio.create_task(over.wait())
    try:
        await asyncio.wait([telling, ending], return_when=asyncio.FIRST_COMPLETED)
        if telling.done():
            telling.result()  # raises: nobody reads standard output any more
    finally:
        for task in (telling, ending):
            task.cancel()
        await asyncio.wait([telling, ending])
    for each in fleet.forwards():
        if as_json:
            _tell(each, None, as_json=True)
        else:
            complain(f"{each.near}: {carried(each)}")


async def _news(fleet: Fleet, *, as_json: bool) -> None:
    async for news in fleet.forward_news():
        _tell(news.forward, news.message, as_json=as_json)


def _tell(forward: Forward, message: Message | None, *, as_json: bool) -> None:
    if as_json:
        emit(printed([safe(json.dumps(encoded(forward, message)))]))
    elif message is None:
        emit(printed([safe(f"{forward.host}: {forward.near} leads to {forward.far}")]))
    else:
        complain(f"{forward.host}: {sentence(message)}")


def carried(forward: Forward) -> str:
    """`3 connections, 1 of them failed; 12 kB sent, 5 MB received`."""
    failed = f", {forward.failed:,} of them failed" if forward.failed else ""
    connections = f"{forward.total:,} connection{'s' * (forward.total != 1)}{failed}"
    return f"{connections}; {size_told(forward.sent)} sent, {size_told(forward.received)} received"


def encoded(forward: Forward, message: Message | None) -> dict[str, Any]:
    """A line of --jsonl."""
    return {
        "host": forward.host,
        "near": str(forward.near),
        "far": str(forward.far),
        "port": forward.near.port or None,
        "state": str(forward.state),
        "event": None if message is None else str(message.id),
        "message": None if message is None else sentence(message),
        "active": forward.active,
        "total": forward.total,
        "failed": forward.failed,
        "sent": forward.sent,
        "received": forward.received,
    }
