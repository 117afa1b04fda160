"""The verbs that are made from the registry: an action on hosts, without the screen."""

from __future__ import annotations

from ..actions.action import Invocation
from ..actions.registry import find
from ..engine.engine import Engine, connects_on_demand
from ..engine.person import user_name
from ..engine.source import FleetSource
from ..executor.targets import Targets
from ..model.errors import AtpError
from ..model.host import HostInfo
from ..model.target import on_hosts
from .arguments import Arguments
from .output import complain, emit

FAILED = 3
"""The exit status where the action did not come to its end."""


async def act(arguments: Arguments, source: FleetSource) -> int:
    """Carry the action out on the hosts that are meant, and say so; the exit status.

    Raises ConfigError for the targets, ActionFailed for words that it cannot take.
    """
    action = find(arguments.verb)
    targets = Targets(source.config.hosts).resolve(arguments.targets)
    invocation = Invocation(action.name, on_hosts(*targets), action.typed(arguments.given), user_name())
    wanted = set(targets)

    def select(hosts: tuple[HostInfo, ...]) -> tuple[HostInfo, ...]:
        return connects_on_demand((host for host in hosts if host.id in wanted), source.config.transport)

    async with Engine(source).running(watch=False, select=select) as engine:
        try:
            await engine.door.perform(invocation)
        except AtpError as error:
            told = error.host is None or error.host in error.message
            complain(error.message if told else f"{error.host}: {error.message}")
            return FAILED
    emit("".join(f"{host}: {action.name}: done\n" for host in targets))
    return 0
