"""The verbs that are made from the registry: an action on hosts, without the screen."""

from __future__ import annotations

from ..actions.action import Invocation
from ..actions.registry import find
from ..engine.engine import Engine
from ..engine.person import user_name
from ..engine.source import FleetSource
from ..model.errors import AtpError
from ..model.host import HostInfo
from ..model.target import on_hosts
from .arguments import Arguments
from .asked import ask, first_reading, needed
from .output import complain, emit

FAILED = 3
"""The exit status where the action did not come to its end, or a host was left out."""


async def act(arguments: Arguments, source: FleetSource) -> int:
    """Carry the action out on the hosts that are meant, and say so; the exit status.

    Raises ConfigError for the targets, ActionFailed for words that it cannot take.
    """
    action = find(arguments.verb)
    reading = first_reading(arguments.targets, source.config.hosts)
    given = action.typed(arguments.given)

    def select(hosts: tuple[HostInfo, ...]) -> tuple[HostInfo, ...]:
        return needed(reading, hosts, source.config.transport)

    async with Engine(source).running(watch=False, select=select) as engine:
        targets, left_out = await ask(engine, reading)
        try:
            await engine.door.perform(Invocation(action.name, on_hosts(*targets), given, user_name()))
        except AtpError as error:
            told = error.host is None or error.host in error.message
            complain(error.message if told else f"{error.host}: {error.message}")
            return FAILED
    emit("".join(f"{host}: {action.name}: done\n" for host in targets))
    return FAILED if left_out else 0
