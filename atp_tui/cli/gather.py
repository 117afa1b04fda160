"""What `run --gather` shows: equal answers once, below the folded names of the hosts that gave them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..engine.fleet import Fleet
from ..executor.fold import Part
from ..model.order import natural
from ..model.outcome import Outcome
from ..model.text import Printed, continued, printed, safe
from .lines import indented
from .words import ending


async def gathered(fleet: Fleet, job: str) -> Iterator[Printed]:
    """The groups of a job that is over, each as text: those that went well first, and of these the largest."""
    await fleet.name_parts(job)
    return (_text(part, fleet.output(job, part.digest)) for part in _in_order(fleet.parts(job).parts))


def _in_order(parts: Iterable[Part]) -> list[Part]:
    def key(part: Part) -> tuple[object, ...]:
        return part.outcome is not Outcome.OK, -part.count, natural(part.label)

    return sorted(parts, key=key)


def _text(part: Part, output: bytes) -> Printed:
    """`kvm[01-17] (17):` and how they ended, where that was not well; then what they said, two cells further in."""
    ended = "" if part.outcome is Outcome.OK else f" {ending(part)}"
    said = indented(output, safe("  ")) if output else continued()
    return continued(printed([safe(f"{part.label} ({part.count}):{ended}")]), said)
