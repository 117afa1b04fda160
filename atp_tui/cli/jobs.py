"""`atp-tui jobs`: what was run before. No host is contacted."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ..executor.kept import why_unanswered
from ..executor.log import JobRecord, JobState
from ..model.errors import ConfigError
from ..model.outcome import Outcome
from ..storage.jobs import JobStore
from .arguments import Arguments
from .encode import valid
from .job_log import log_there, warn
from .output import Each, complain, emit, emit_json
from .tables import table
from .words import WORDS, sentence


@asynccontextmanager
async def readable() -> AsyncIterator[JobStore | None]:
    """The log, where there is one; None before the first job. Raises ConfigError where it cannot be read."""
    log = log_there(warn)
    if log is None:
        yield None
        return
    async with log:
        if not await log.is_there():
            raise ConfigError("the log of jobs cannot be read", hint="`atp-tui doctor` looks at it")
        yield log


async def found(log: JobStore | None, name: str) -> JobRecord:
    """The job that is meant. Raises ConfigError where there is none, or more than one."""
    if log is None:
        raise ConfigError("no job was kept yet")
    records = await log.find(name)
    if len(records) == 1:
        return records[0]
    if records:
        raise ConfigError(
            f"several jobs are called {name[:40]!r}",
            hint="write one of " + ", ".join(record.id for record in records),
        )
    newest = await log.jobs(1)
    hint = f"the newest is {newest[0].number}; `atp-tui jobs` lists them" if newest else "none is kept"
    raise ConfigError(f"there is no job {name[:40]!r}", hint=hint)


async def list_jobs(arguments: Arguments) -> int:
    """Show the newest jobs; the exit status."""
    async with readable() as log:
        records = () if log is None else await log.jobs(arguments.number)
    if arguments.json:
        emit_json({"jobs": Each(encode_job, records)})
    elif not records:
        complain("no job was kept yet")
    else:
        emit(table(("JOB", "BEGAN", "STATE", "WHO", "OUTCOMES", "COMMAND", "HOSTS"), map(_row, records)))
    return 0


def encode_job(record: JobRecord) -> dict[str, Any]:
    """One entry of "jobs". Moments are seconds since 1970; "ended" is null where the end is not known.

    "waiting" is the number of hosts that were away and for which its command waits, until "waits_until" at most.
    """
    return valid(
        {
            "number": record.number,
            "id": record.id,
            "state": str(record.state),
            "command": record.title,
            "targets": {"count": record.targets, "folded": record.names},
            "who": record.who,
            "began": record.asked_at,
            "ended": record.ended_at,
            "counts": {str(outcome): count for outcome, count in record.counts},
            "unanswered": record.unanswered,
            "waiting": record.waiting,
            "waits_until": record.until if record.waiting else None,
        }
    )


def moment(at: float) -> str:
    """A moment in local time, to the minute."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
    except (OverflowError, OSError, ValueError):  # a clock that was far off when it was kept
        return "-"


def outcomes(record: JobRecord) -> str:
    """`58 ok, 1 failed, 1 not answered`."""
    told = [f"{count} {WORDS.outcome(outcome)}" for outcome, count in _in_order(record)]
    if record.unanswered:
        told.append(f"{record.unanswered} not answered")
    if record.waiting:
        told.append(f"{record.waiting} waited for")
    return ", ".join(told) or "none"


def state_words(record: JobRecord) -> str:
    """What is to be said of a job that has no end: ""where it has."""
    if record.state in (JobState.ENDED, JobState.WAITING):
        return ""
    if not record.unanswered:
        return f"{record.state}: its program ended; of each host it is known whether the command had begun"
    return f"{record.state}: {record.unanswered} of {record.targets} hosts: {sentence(why_unanswered(record.state))}"


def _in_order(record: JobRecord) -> list[tuple[Outcome, int]]:
    return sorted(record.counts, key=lambda each: (each[0] is not Outcome.OK, each[0]))


def _row(record: JobRecord) -> tuple[object, ...]:
    title = record.title.replace("\n", " ")
    return record.number, moment(record.asked_at), record.state, record.who, outcomes(record), title, record.names


async def prune(arguments: Arguments) -> int:
    """Forget old jobs, and say how much that was; the exit status."""
    async with readable() as log:
        if log is None:
            jobs = results = size = running = 0
        else:
            jobs, results, size, running, _ = await log.prune(time.time() - arguments.older)
    if arguments.json:
        emit_json({"jobs": jobs, "results": results, "output_bytes": size, "running": running})
        return 0
    complain(f"forgotten: {jobs} jobs, {results} results, {size:,} bytes of output")
    if running:
        complain(f"{running} that are as old still run, and stay")
    return 0
