"""The hosts that a headless verb's targets mean: what is left out of them is told on standard error."""

from __future__ import annotations

from ..engine.fleet import Fleet
from ..engine.targets import Reading
from ..model.errors import ConfigError
from .output import complain
from .words import whole


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
