"""The hosts that a headless verb's targets mean: what is left out of them is told on standard error."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..engine.earlier import read_earlier
from ..engine.fleet import Fleet
from ..engine.targets import Reading, first_reading
from ..executor.folding import fold_names
from ..executor.log import JobLog
from ..model.errors import ConfigError
from ..model.host import HostInfo
from .output import complain
from .words import whole


async def read(expressions: Sequence[str], hosts: Sequence[HostInfo], log: JobLog | None) -> tuple[Reading, bool]:
    """What targets mean before any host was asked, and whether hosts of earlier jobs are left out, which is told.

    Raises ConfigError (key "targets").
    """
    earlier = await read_earlier(expressions, log)
    reading = first_reading(expressions, hosts, earlier)
    gone = earlier.gone(expressions, {host.id for host in hosts})
    if gone:
        tell_gone(gone)
    return reading, bool(gone)


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
