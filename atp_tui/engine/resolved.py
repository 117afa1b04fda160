"""What an expression of the target language comes to, as the port to the fleet tells it."""

from __future__ import annotations

from ..model.data_class import dataclass
from ..model.problem import Problem


@dataclass(frozen=True, slots=True)
class Resolved:
    """The hosts that an expression of the target language names; none where `problem` says what is wrong with it.

    `waits`: an earlier job is being read for it, so that it can be asked again in a moment. `gone` are the hosts of
    earlier jobs that are not there any more.
    """

    ids: tuple[str, ...] = ()
    problem: Problem | None = None
    waits: bool = False
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetWords:
    """What may stand behind an @: tags and named sets, and the numbers of the newest jobs, newest first."""

    tags: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    jobs: tuple[int, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """Tags and sets."""
        return (*self.tags, *self.sets)
