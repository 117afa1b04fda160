"""Jobs that work on hosts already, as a person is told of them before another act on these hosts. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ..executor.folding import fold_names
from ..model.data_class import dataclass
from ..model.freeze import local_time
from ..model.message import Message, told
from ..model.quoting import redacted
from ..model.say import Say

MOST_TOLD = 3
"""Jobs that a question tells of."""

LONGEST_TITLE = 40
"""Characters of a job's command line that it shows: `atp-tui jobs` has all of it."""


@dataclass(frozen=True, slots=True)
class JobAtWork:
    """A job that runs: `hosts` are those that have not answered yet. `since` is a moment of the wall clock.

    `number` is that of the log of jobs; None: it is a job of this very program.
    """

    hosts: frozenset[str]
    who: str
    since: float
    title: str
    number: int | None = None


def told_of(jobs: Iterable[JobAtWork], hosts: Collection[str], *, others: bool) -> Iterator[Message]:
    """What is told of the jobs that work on any of these hosts, of those of other programs or of this one's."""
    wanted = frozenset(hosts)
    found = [job for job in jobs if (job.number is not None) is others and not wanted.isdisjoint(job.hosts)]
    for job in found[:MOST_TOLD]:
        title = redacted(job.title.partition("\n")[0])
        told_title = title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"
        on = fold_names([host for host in hosts if host in job.hosts])
        if job.number is None:
            yield told(Say.ASKS_OWN_JOB, hosts=on, title=told_title)
        else:
            since = local_time(job.since)
            yield told(Say.ASKS_JOB, number=job.number, who=job.who, hosts=on, since=since, title=told_title)
    if len(found) > MOST_TOLD:
        yield told(Say.ASKS_MORE_JOBS, number=len(found) - MOST_TOLD)
