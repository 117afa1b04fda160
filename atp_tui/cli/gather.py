"""What `run --gather` shows: equal answers once, below the folded names of the hosts that gave them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from ..engine.fleet import Fleet
from ..executor.fold import Part
from ..model.order import natural
from ..model.outcome import Outcome
from ..model.text import Printed, continued, printed, safe
from .lines import indented
from .words import ending


async def gathered(fleet: Fleet, job: str, *, masked: bool = False) -> Iterator[Printed]:
    """The groups of a job that is over, each as text: those that went well first, and of these the largest.

    `masked`: answers that are equal but for what is masked are one group.
    """
    if masked:
        await fleet.mask_parts(job)
    await fleet.name_parts(job, masked)
    return gathered_of(fleet.parts(job, 0, masked).parts, partial(fleet.output, job))


def gathered_of(parts: Iterable[Part], output: Callable[[bytes], bytes]) -> Iterator[Printed]:
    """Groups as text, in the same order; `output` is what the hosts of a group said, by its digest."""
    return (_text(part, output(part.digest)) for part in _in_order(parts))


def _in_order(parts: Iterable[Part]) -> list[Part]:
    def key(part: Part) -> tuple[object, ...]:
        return part.outcome is not Outcome.OK, -part.count, natural(part.label)

    return sorted(parts, key=key)


def _text(part: Part, output: bytes) -> Printed:
    """`kvm[01-17] (17):` and how they ended, where that was not well; then what they said, two cells further in.

    `kvm[01-17] (17, masked: 9 answers):` where they have said different things, but for what is masked the same.
    """
    joined = f", masked: {part.variants} answers" if part.variants > 1 else ""
    joined += ", not all of it shown" if part.clipped else ""
    ended = "" if part.outcome is Outcome.OK else f" {ending(part)}"
    said = indented(output, safe("  ")) if output else continued()
    return continued(printed([safe(f"{part.label} ({part.count}{joined}):{ended}")]), said)
