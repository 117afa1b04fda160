"""The verbs that are made from the registry: an action on hosts, without the screen."""

from __future__ import annotations

from ..actions.action import Invocation
from ..actions.policy import Policy
from ..actions.registry import find
from ..engine.engine import Engine, connects_on_demand
from ..engine.person import user_name
from ..engine.source import FleetSource
from ..executor.targets import Targets
from ..model.errors import AtpError, FailedOnHosts, PoolError, TransportError
from ..model.host import HostInfo
from ..model.target import on_hosts
from .arguments import Arguments
from .output import complain, emit

FAILED = 1
"""The exit status where the hosts were reached, and the action did not come to its end."""

NOT_REACHED = 3
"""The exit status where some host was not reached."""


async def act(arguments: Arguments, source: FleetSource) -> int:
    """Carry the action out on the hosts that are meant, and say of each how it ended; the exit status.

    Raises ConfigError for the targets, ActionFailed for words that it cannot take, ReadOnly.
    """
    action = find(arguments.verb)
    targets = Targets(source.config.hosts).resolve_all(arguments.targets)
    invocation = Invocation(action.name, on_hosts(*targets), action.typed(arguments.given), user_name())
    wanted = set(targets)

    def select(hosts: tuple[HostInfo, ...]) -> tuple[HostInfo, ...]:
        return connects_on_demand((host for host in hosts if host.id in wanted), source.config.transport)

    engine = Engine(source, policy=Policy(read_only=arguments.read_only))
    engine.door.admit(invocation)  # what is wrong with the words is no failure of the action
    failed: dict[str, AtpError] = {}
    async with engine.running(watch=False, select=select):
        try:
            await engine.door.perform(invocation)
        except FailedOnHosts as error:
            failed = error.errors
        except AtpError as error:
            failed = dict.fromkeys(targets, error)  # an error of no host in particular is that of all
    emit("".join(f"{host}: {action.name}: done\n" for host in targets if host not in failed))
    for host, why in failed.items():
        complain(f"{host}: {why}")
    if any(isinstance(why, TransportError | PoolError) for why in failed.values()):
        return NOT_REACHED
    return FAILED if failed else 0
