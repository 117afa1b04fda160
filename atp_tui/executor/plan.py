"""What the core of jobs tells its runner to do."""

from __future__ import annotations

from enum import StrEnum

from ..model.message import Message, told
from ..model.outcome import Outcome
from ..model.say import Say
from ..model.target import TargetId
from .waves import Halt, Progress

Key = tuple[str, TargetId]
"""A target of a job: the job's id, the target."""


class Reason(StrEnum):
    """Why a target is stopped, or does not run at all."""

    CANCELLED = "cancelled"
    DEADLINE = "deadline"

    @property
    def message(self) -> Message:
        """What is told of a target that ends so."""
        return told(Say.CANCELLED if self is Reason.CANCELLED else Say.DEADLINE)


class Plan:
    """What the runner must do now.

    `start`: begin an attempt. `stop`: end the attempt that runs; its end is told by `ended` as any other one, which may
    take seconds. `leave`: wait no longer for the end of an attempt that was stopped; it is told without it. `ended`:
    the outcome of the last attempt is the target's. `again`: an attempt has ended, and another one comes later; each
    ended target stands in one of these two. `notrun`: the target ends without having run. `finished`: the jobs
    whose last target has ended, which the core has forgotten. `waves`: how jobs in waves stand, each time that a wave
    is over, or a person is to be asked, or they have stopped. `between`: those of which a pause or a gate comes now,
    whose end the core is told by `passed` or `halt`; the gate is for these targets. `wake`: the moment of the next
    `tick`, None for none.
    """

    __slots__ = ("again", "between", "ended", "finished", "leave", "notrun", "start", "stop", "wake", "waves")

    def __init__(self) -> None:
        self.start: list[Key] = []
        self.stop: list[tuple[Key, Reason]] = []
        self.leave: list[Key] = []
        self.ended: list[tuple[Key, Outcome]] = []
        self.again: list[Key] = []
        self.notrun: list[tuple[Key, Reason | Halt]] = []
        self.finished: list[str] = []
        self.waves: list[tuple[str, Progress]] = []
        self.between: list[tuple[str, tuple[TargetId, ...]]] = []
        self.wake: float | None = None
