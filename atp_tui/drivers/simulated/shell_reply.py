"""What a command of the demo is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...model.data_class import dataclass
from .node import SimulatedNode


@dataclass(frozen=True, slots=True)
class Visit:
    """Who answers, and when: `moment` in seconds since the simulation began, `wall` in seconds since 1970."""

    node: SimulatedNode
    moment: float
    wall: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command prints and how it ends; `delay` is how many seconds it takes before that.

    `goes_on`: it does not end, and this gives how many seconds it is until it prints more, and what, time and again.
    """

    stdout: str = ""
    stderr: str = ""
    status: int = 0
    delay: float = 0.0
    goes_on: Callable[[Visit], tuple[float, str]] | None = None


Answer = Callable[[Visit, Sequence[str], str], Reply]
"""A command: (visit, arguments, what came through the pipe)."""


def usage(name: str, argument: str) -> Reply:
    """The refusal of an argument that a command does not know here."""
    return Reply(stderr=f"{name}: {argument!r} is not known in the demo\n", status=2)
