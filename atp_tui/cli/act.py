"""The verbs that are made from the registry: an action on hosts, without the screen."""

from __future__ import annotations

from ..actions.action import Invocation
from ..actions.policy import Policy
from ..actions.registry import find
from ..engine.engine import Engine
from ..engine.person import user_name
from ..engine.source import FleetSource
from ..engine.targets import Reading, needed
from ..executor.earlier import names_in
from ..executor.log import JobLog
from ..model.errors import ActionFailed
from ..model.host import HostInfo
from ..model.sets import reached
from ..model.target import on_hosts
from ..model.text import printed, safe
from ..storage.audit import audit_of
from .arguments import Arguments
from .asked import NOT_ALL, read, settled
from .job_log import log_there, opened, warn
from .log_in import person_at_terminal
from .output import complain, emit
from .words import whole

FAILED = 1
"""The exit status where the hosts were reached, and the action did not come to its end."""


async def act(arguments: Arguments, source: FleetSource) -> int:
    """Carry the action out on the hosts that are meant, and say of each how it ended; the exit status.

    Raises ConfigError for the targets, ActionFailed for words that it cannot take, and with --read-only.
    """
    names_jobs = names_in(reached(arguments.targets, source.config.sets))
    log = log_there(warn) if names_jobs else None
    async with opened(log):
        reading, gone = await read(arguments, source.config, log)
        status = await _act(arguments, source, reading, log)
    return status or (NOT_ALL if gone else 0)


async def _act(arguments: Arguments, source: FleetSource, reading: Reading, log: JobLog | None) -> int:
    action = find(arguments.verb)
    given = action.typed(arguments.given)

    def select(hosts: tuple[HostInfo, ...]) -> tuple[HostInfo, ...]:
        return needed(reading, hosts, source.config.transport)

    def invocation(hosts: tuple[str, ...]) -> Invocation:
        return Invocation(action.name, on_hosts(*hosts), given, user_name())

    audit = audit_of(source.config, lambda words: complain(f"warning: {words}"), arguments.verb)
    engine = Engine(source, policy=Policy(read_only=arguments.read_only), audit=audit, log=log)
    await require(engine, invocation(reading.ids or reading.undecided[:1]))  # wrong words are no failure of the action
    async with engine.running(watch=False, select=select), person_at_terminal(engine, batch=arguments.batch):
        targets, left_out = await settled(engine.fleet, reading)
        await require(engine, invocation(targets))
        problem = (await engine.fleet.perform(invocation(targets))).problem
    # an error of no host in particular is that of all
    failed = {} if problem is None else dict(problem.hosts) or dict.fromkeys(targets, problem)
    emit(printed([safe(f"{host}: {action.name}: done") for host in targets if host not in failed]))
    for host, why in failed.items():
        complain(f"{host}: {whole(why)}")
    if left_out or any(why.unreached for why in failed.values()):
        return NOT_ALL
    return FAILED if failed else 0


async def require(engine: Engine, invocation: Invocation) -> None:
    """Raise ActionFailed where the door would not let it pass, which is then on record."""
    problem = engine.fleet.admit(invocation).problem
    if problem is not None:
        error = ActionFailed(problem.reason)
        async with engine.door.audit as audit:
            audit.refused(find(invocation.action), invocation, error)
        raise error
