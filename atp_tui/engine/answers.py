"""The answers of jobs as groups: of those that are equal, and of those that are equal but for what is masked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..model.answers import AnswerSettings
from .fleet_jobs import Parts

if TYPE_CHECKING:
    from ..executor.masked_fold import MaskedFold, Names
    from ..model.target import TargetId
    from .below import Job, Jobs

NAMED_AT_ONCE = 300
"""Targets of a job whose names are folded the moment its parts are asked for; the others follow when it is over."""

LONGEST_TURN = 0.005
"""Seconds of the event loop after which masking lets others have their turn."""


def names_alone(target: TargetId) -> tuple[str, ...]:
    """The names of a target of which nothing else is known."""
    from ..executor.masking import own_names

    return own_names(*filter(None, (target.host, target.domain)))


class JobAnswers:
    """What the port says of the groups of a job's answers. `settings` may be others by and by."""

    def __init__(self, jobs: Jobs, names: Names = names_alone, settings: AnswerSettings | None = None) -> None:
        self._jobs = jobs
        self._names = names
        self.settings = settings or AnswerSettings()
        self._masked: dict[str, MaskedFold] = {}
        self._masking: set[str] = set()

    def parts(self, job: str, since: int = 0, masked: bool = False) -> Parts:
        """As Fleet.parts."""
        found = self._jobs.job(job)
        if found is None:
            self._masked.pop(job, None)
            return Parts()
        fold = self._masked_fold(found, anew=since == 0) if masked else found.fold
        fold.name_at_once(NAMED_AT_ONCE)
        return Parts(fold.number, fold.parts(since))

    def output(self, job: str, digest: bytes) -> bytes:
        """As Fleet.output."""
        found = self._jobs.job(job)
        if found is None:
            return b""
        masked = self._masked[job].output(digest) if job in self._masked else None
        return found.fold.output(digest) if masked is None else masked

    def members(self, job: str, group: int, masked: bool = False) -> tuple[TargetId, ...]:
        """As Fleet.members."""
        found = self._jobs.job(job)
        if found is None:
            return ()
        return tuple((self._masked_fold(found) if masked else found.fold).members(group))

    async def name_parts(self, job: str, masked: bool = False) -> bool:
        """As Fleet.name_parts."""
        found = self._jobs.job(job)
        return found is not None and await (self._masked_fold(found) if masked else found.fold).name()

    async def mask_parts(self, job: str) -> bool:
        """As Fleet.mask_parts."""
        found = self._jobs.job(job)
        if found is None or job in self._masking:
            return False
        fold, before = self._masked_fold(found), -1
        loop, number = asyncio.get_running_loop(), fold.number
        self._masking.add(job)
        try:
            while before != len(found.results):
                before, begun = len(found.results), loop.time()
                for _ in fold.taking(list(found.results.values())):
                    if loop.time() - begun > LONGEST_TURN:
                        await asyncio.sleep(0)
                        begun = loop.time()
        finally:
            self._masking.discard(job)
        return fold.number != number

    def _masked_fold(self, job: Job, *, anew: bool = False) -> MaskedFold:
        """That of a job; made once more where it is read from its beginning and other patterns count now."""
        for gone in [each for each in self._masked if self._jobs.job(each) is None]:
            del self._masked[gone]
        kept = self._masked.get(job.id)
        if kept is None or (anew and kept.mask.own != self.settings.mask and job.id not in self._masking):
            from ..executor.masked_fold import MaskedFold  # most answers are never masked
            from ..executor.masking import Mask

            kept = self._masked[job.id] = MaskedFold(Mask(self.settings.mask), self._names)
        return kept
