"""`atp-tui shell HOST`: a session on a host, which has the terminal until it ends."""

from __future__ import annotations

import signal

from ..actions.action import Invocation
from ..actions.policy import Policy
from ..drivers.sources import FileSource
from ..engine.engine import Engine
from ..engine.person import user_name
from ..engine.targets import needed
from ..executor.folding import fold_names
from ..model.errors import ConfigError
from ..model.host import HostInfo
from ..model.outcome import ExitStatus
from ..model.target import on_hosts
from ..storage.audit import audit_of
from .agreeing import agreed, passes
from .arguments import Arguments
from .asked import read
from .interrupt import AT_DEATH
from .log_in import person_at_terminal
from .output import ReaderGone, complain, unwritable
from .words import whole

USAGE = 2

LOST = 255
"""The exit status where there is none of the far side: not reached, no session, lost, or left by ~. as with ssh."""


async def shell(arguments: Arguments, source: FileSource) -> int:
    """Open it, and give the exit status of the far side, 128 and the number of the signal that ended it, or LOST.

    Raises ConfigError for what is not one host; ActionFailed where the door lets it not pass, or there is no terminal.
    """
    reading, _ = await read(arguments, source.config, None)
    hosts = (*reading.ids, *reading.undecided)
    if len(reading.ids) != 1 or reading.undecided:
        what = fold_names(hosts) if hosts else "no host"
        raise ConfigError(f"a shell is on one host, and this is {what}", key="HOST", hint="name a host of hosts.toml")
    terminal = source.drivers.terminal
    terminal.asked(arguments.command)

    def select(hosts: tuple[HostInfo, ...]) -> tuple[HostInfo, ...]:
        return needed(reading, hosts, source.config.transport)

    given = {"command": arguments.command} if arguments.command else {}
    invocation = Invocation("shell", on_hosts(*reading.ids), given, user_name())
    audit = audit_of(source.config, lambda words: complain(f"warning: {words}"), arguments.verb)
    engine = Engine(source, policy=Policy(read_only=arguments.read_only, asks=True), audit=audit)
    await passes(engine, reading, invocation, yes=arguments.yes)  # before the host is asked anything
    AT_DEATH.append(terminal.give_back)
    async with engine.running(watch=False, select=select), person_at_terminal(engine, batch=arguments.batch):
        wanted = await agreed(engine, invocation, yes=arguments.yes)
        if wanted is None:
            return USAGE
        problem = (await engine.fleet.perform(wanted)).problem
    if terminal.gone is not None:
        raise ReaderGone("") if isinstance(terminal.gone, BrokenPipeError) else unwritable(terminal.gone)
    if problem is not None:
        complain(f"{reading.ids[0]}: {whole(problem)}")
        return LOST
    if terminal.ended is None:
        complain(f"{reading.ids[0]}: the session was left")
    return _status(terminal.ended)


def _status(ended: ExitStatus | None) -> int:
    if ended is None:
        return LOST
    if ended.status is not None:
        return ended.status if ended.status < 256 else LOST
    number = getattr(signal, f"SIG{ended.signal}", None)
    return 128 + number if isinstance(number, signal.Signals) else LOST
