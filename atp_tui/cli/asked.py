"""The hosts that a headless verb's targets mean: what is left out of them is told on standard error."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..config.fleet import FleetConfig
from ..engine.earlier import read_earlier
from ..engine.fleet import Fleet
from ..engine.targets import Reading, first_reading
from ..executor.earlier import Earlier
from ..executor.folding import fold_names
from ..executor.log import JobLog
from ..model.errors import ConfigError
from ..model.host import HostInfo
from ..model.sets import reached
from .arguments import Arguments
from .output import complain
from .words import whole

NOT_ALL = 3
"""The exit status where some host did not answer."""


def expressions_of(arguments: Arguments, hosts: Sequence[HostInfo]) -> tuple[str, ...]:
    """The targets that were written and those of the lists, which add up. Raises ConfigError for a list's names."""
    if not arguments.listed:
        return arguments.targets
    from .host_lists import expression_of

    return (*arguments.targets, expression_of(arguments.listed, hosts))


async def read(arguments: Arguments, config: FleetConfig, log: JobLog | None) -> tuple[Reading, bool]:
    """What targets mean before any host was asked, and whether hosts of earlier jobs are left out, which is told.

    Raises ConfigError (key "targets").
    """
    hosts, sets = config.hosts, config.sets
    expressions = expressions_of(arguments, hosts)
    texts = reached(expressions, sets)
    earlier = await read_earlier(texts, log)
    reading = first_reading(expressions, hosts, earlier, sets)
    gone = earlier.gone(texts, {host.id for host in hosts})
    if gone:
        tell_gone(gone)
    return reading, bool(gone)


async def read_jobs(expressions: Sequence[str], config: FleetConfig) -> tuple[Earlier, int]:
    """The jobs that expressions name, for a verb that has no use for the log beside, and its exit status where hosts of
    theirs are in the file no more, which is told. A host that is disabled is in the file.
    """
    from .job_log import log_there, opened, warn

    log = log_there(warn)
    texts = reached(expressions, config.sets)
    async with opened(log):
        earlier = await read_earlier(texts, log)
    try:
        gone = earlier.gone(texts, {host.id for host in (*config.hosts, *config.disabled)})
    except ConfigError:
        return earlier, 0  # it is told with its place where it is read
    if gone:
        complain(f"left out, since hosts.toml has them no more: {fold_names(gone)}")
    return earlier, NOT_ALL if gone else 0


def tell_gone(hosts: Collection[str]) -> None:
    """Say that hosts of an earlier job are left out."""
    complain(f"left out, since hosts.toml has them no more or disabled: {fold_names(hosts)}")


async def settled(fleet: Fleet, reading: Reading) -> tuple[tuple[str, ...], bool]:
    """The targets, and whether hosts were left out, each of which is told on standard error.

    No host is asked where all is decided. Raises ConfigError (key "targets") where no host is left.
    """
    if not reading.undecided:
        return reading.ids, False
    found = await fleet.settle(reading.expressions)
    for host, why in found.left_out:
        complain(f"{host}: left out: {'the figure is not known' if why is None else whole(why)}")
    if found.problem is not None:
        wrong = found.problem
        raise ConfigError(wrong.message, key="targets", hint=wrong.hint or None, column=wrong.column)
    return found.ids, bool(found.left_out)
