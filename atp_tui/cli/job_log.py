"""The log of jobs of this user, as the screen and the verbs open it."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ..config.paths import jobs_file
from ..executor.log import JobRecord
from ..model.errors import ConfigError
from ..model.outcome import Outcome
from ..model.quoting import redacted
from ..storage.jobs import JobStore
from ..storage.remark import Remark
from .output import complain

_log = logging.getLogger(__name__)

LONGEST_TITLE = 24
"""Characters of a command line that are told where the line has to say more: it is in the list of jobs."""


def user_log(told: Callable[[str], object]) -> JobStore | None:
    """The log in the user's state directory, not open yet; None where there is no home: then no job is kept.

    What `told` hears is wrong; what only differs goes to the program's own log.
    """

    def hear(words: str) -> None:
        if isinstance(words, Remark):
            _log.info("%s", words)
        else:
            told(words)

    try:
        return JobStore(jobs_file(), hear)
    except ConfigError:
        return None


def log_there(told: Callable[[str], object]) -> JobStore | None:
    """As `user_log`, where jobs have been kept: nothing is made for a person who only asks for them."""
    try:
        there = os.path.lexists(jobs_file())
    except ConfigError:
        return None
    return user_log(told) if there else None


@asynccontextmanager
async def opened(log: JobStore | None, told: Callable[[str], object] | None = None) -> AsyncIterator[None]:
    """The log, where there is one, until the block ends. `told` hears meanwhile which jobs were cut short."""
    if log is None:
        yield
        return
    async with log:
        if told is None:
            yield
            return
        telling = asyncio.create_task(_tell_cut_short(log, told), name="cut short")
        try:
            yield
        finally:
            telling.cancel()
            await asyncio.wait([telling])


async def _tell_cut_short(log: JobStore, told: Callable[[str], object]) -> None:
    found = await log.cut_short()
    if found:
        told(cut_short_words(found))


def warn(words: str) -> None:
    """What a verb says of the log."""
    complain(f"warning: {words}")


def cut_short_words(jobs: tuple[JobRecord, ...]) -> str:
    """What a person is told at the start of jobs whose program ended before they did, the newest first."""
    if len(jobs) > 1:
        return f"{len(jobs)} jobs were cut short, job {jobs[0].number} the last: atp-tui jobs"
    (job,) = jobs
    title = redacted(job.title.partition("\n")[0])
    title = title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"
    never = dict(job.counts).get(Outcome.NOTRUN, 0)
    of = f"{job.unanswered} of {job.targets} hosts had not answered"
    of += f", and {never} had not begun" if never else ""
    return f"job {job.number} `{title}` was cut short: {of}: atp-tui jobs show {job.number}"
