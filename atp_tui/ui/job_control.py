"""The jobs of this session: watched, shown one at a time, cancelled, forgotten."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from ..actions.action import Invocation
from ..engine.fleet import JobTicket
from ..model.data_class import dataclass
from ..model.outcome import Outcome
from .glyphs import Glyphs
from .job_feed import Jobs, feed, masks
from .messages import JobAdvanced
from .targeting import label_of
from .text import Safe, cut, safe
from .widgets.answers_model import AnswersModel
from .widgets.job_list import PAUSED, JobLine

if TYPE_CHECKING:
    from .followed_lines import FollowedLines

MOST_JOBS = 20
"""Jobs of a session that are kept: as many as the engine keeps of those that are done."""

NAME_WIDTH = 24
"""Cells of a command line in a sentence that names its job."""


@dataclass(eq=False, slots=True)
class WatchedJob:
    """A job of this session. `number` is the one that a person knows it by, `asked` what it was started by."""

    number: int
    asked: Invocation
    model: AnswersModel
    cancelled: bool = False
    """Whether its end was asked for."""
    waits: Callable[[], int] = lambda: 0
    """For how many hosts that were away its command waits."""
    followed: FollowedLines | None = None
    """The lines that it follows, of a job that does."""
    hosts: frozenset[str] = field(init=False)
    target: Safe = field(init=False)
    """Its hosts, as a line of a list names them."""

    def __post_init__(self) -> None:
        targets = self.model.job.targets
        self.hosts = frozenset(target.host for target in targets)
        self.target = safe(label_of(tuple(map(str, targets))))

    @property
    def id(self) -> str:
        return self.model.job.id

    @property
    def running(self) -> bool:
        """Whether a host of it has not ended yet."""
        return not self.model.finished

    @property
    def failed(self) -> bool:
        """Whether it went wrong on some host: not where a person's cancel is known to have ended it."""
        return self._tally()[1] > 0

    def _tally(self) -> tuple[int, int, int]:
        """On how many hosts it ended well, badly, and by a person's cancel."""
        counts = self.model.counts
        well = counts.get(Outcome.OK, 0)
        off = counts.get(Outcome.CANCELLED, 0) + counts.get(Outcome.NOTRUN, 0) if self.cancelled else 0
        return well, self.model.ended - well - off, off

    @property
    def unconfirmed(self) -> int:
        """On how many hosts it was cancelled, and may still run."""
        return self.model.counts.get(Outcome.UNCONFIRMED, 0)

    @property
    def state(self) -> str:
        """What it is doing, in one word of job_list.STATES."""
        if self.running:
            if self.cancelled:
                return "cancelling"
            return PAUSED if self.model.paused else "running" if self.model.begun else "waiting"
        if self.unconfirmed:
            return "unconfirmed"
        if self.waits():
            return "waiting"
        if self.failed:
            return "failed"
        return "cancelled" if self._tally()[2] else "done"

    @property
    def line(self) -> JobLine:
        """How it stands, for the lists of jobs."""
        model, title = self.model, safe(self.model.job.title)
        hosts, tally = len(model.job.targets), self._tally()
        return JobLine(
            self.id, self.number, title, self.state, model.lasted(), hosts, model.ended, *tally,
            self.target, model.began_told(), model.counts_told(),
        )  # fmt: skip

    @property
    def name(self) -> str:
        """`#3 uname -r`, for a sentence."""
        return f"#{self.number} {cut(safe(self.model.job.title), NAME_WIDTH)}"


class JobControl:
    """Holds the jobs, newest first. The one that is shown is the newest until a person chooses another one.

    `spawn` runs the reader of each as a task that the screen owns; `send` takes its news.
    """

    def __init__(
        self,
        fleet: Jobs,
        glyphs: Glyphs,
        send: Callable[[Message], object],
        spawn: Callable[[Coroutine[None, None, None]], object],
    ) -> None:
        self._fleet = fleet
        self._glyphs = glyphs
        self._send = send
        self._spawn = spawn
        self._number = 0
        self.jobs: tuple[WatchedJob, ...] = ()
        self.shown: WatchedJob | None = None

    @property
    def running(self) -> tuple[WatchedJob, ...]:
        """Those of which a host has not ended yet."""
        return tuple(job for job in self.jobs if job.running)

    @property
    def out_of_sight(self) -> int:
        """How many run beside the one that is shown."""
        return sum(job is not self.shown for job in self.running)

    def job(self, id: str) -> WatchedJob | None:
        """The job of that id; None where it is not kept."""
        return next((job for job in self.jobs if job.id == id), None)

    def hosts_of(self, id: str) -> frozenset[str]:
        """The hosts of that job; none where it is not kept."""
        job = self.job(id)
        return frozenset() if job is None else job.hosts

    def is_shown(self, id: str) -> bool:
        """Whether the answers of that job are those that are seen."""
        return self.shown is not None and self.shown.id == id

    def watch(
        self, ticket: JobTicket, asked: Invocation, number: int | None = None, *, aside: bool = False
    ) -> WatchedJob:
        """Show a job that `asked` has started, by the number that the log has for it; where there is none, by the next
        one here. Beyond MOST_JOBS the oldest that is done is forgotten. `aside`: another job stays the one shown."""
        number = self._number + 1 if number is None else number
        self._number = max(self._number, number)
        model = AnswersModel(ticket, self._fleet, self._glyphs)
        followed = _followed(ticket) if asked.action == "follow" else None
        job = WatchedJob(number, asked, model, waits=partial(self._fleet.waits, ticket.id), followed=followed)
        self.jobs = (job, *self.jobs)
        if not aside or self.shown is None:
            self.show(job)
        done = [each for each in self.jobs if not each.running]
        if len(self.jobs) > MOST_JOBS and done:
            self._forget(done[-1])
        if followed is None:
            self._spawn(feed(self._fleet, job.model, self._send))
        else:
            from .follow_feed import follow_feed  # loaded with the first job that follows

            self._spawn(follow_feed(self._fleet, job.model, followed, self._send))
        return job

    def mask(self, job: WatchedJob, *, on: bool) -> None:
        """Join its answers in spite of what is masked, beside all else, or only equal ones again."""
        job.model.mask(on)
        self._send(JobAdvanced(job.id))
        if on:
            self._spawn(masks(self._fleet, job.model, self._send))

    def before(self, job: WatchedJob) -> tuple[int, tuple[WatchedJob, ...]]:
        """On how many hosts of a new job others have not ended yet, and which, oldest first. A host does one job at a
        time, beside what is followed there."""
        working = [each for each in self.running if each is not job and each.followed is job.followed is None]
        others = [(each, {*each.model.left} & {*job.model.left}) for each in working]
        common = set().union(*(hosts for _, hosts in others))
        return len(common), tuple(each for each, hosts in reversed(others) if hosts)

    def show(self, job: WatchedJob | None) -> None:
        """Show that one from now on."""
        if self.shown is not None and self.shown is not job:
            self.shown.model.rest()
        self.shown = job

    def beside(self, step: int) -> WatchedJob | None:
        """The job so many places further on in the list than the one that is shown; None beyond its ends."""
        if self.shown is None:
            return None
        place = self.jobs.index(self.shown) + step
        return self.jobs[place] if 0 <= place < len(self.jobs) else None

    def cancel(self, job: WatchedJob | None) -> bool:
        """End that job, or the wait of its command for hosts that are away; False where it does neither."""
        if job is not None and not job.running and job.waits():
            self._spawn(self._call_off(job.id))
            return True
        if job is None or not job.running:
            return False
        job.cancelled = True
        self._fleet.cancel(job.id)
        return True

    async def _call_off(self, job: str) -> None:
        await self._fleet.call_off(job)
        self._send(JobAdvanced(job))

    def pause(self, job: WatchedJob | None) -> bool:
        """Begin on no further host of that job; False where it does not run, or is paused already."""
        if job is None or not job.running or job.cancelled or job.model.paused:
            return False
        job.model.paused = True
        self._fleet.pause(job.id)
        self._send(JobAdvanced(job.id))
        return True

    def resume(self, job: WatchedJob | None) -> bool:
        """Let that job go on; False where it is not paused."""
        if job is None or not job.running or not job.model.paused:
            return False
        job.model.paused = False
        self._fleet.resume(job.id)
        self._send(JobAdvanced(job.id))
        return True

    def forget_done(self) -> None:
        """Drop the answers of all jobs that are done; of those that run, the newest is shown."""
        shown, self.jobs = self.shown, self.running
        self.show(shown if shown in self.jobs else next(iter(self.jobs), None))

    def _forget(self, job: WatchedJob) -> None:
        self.jobs = tuple(each for each in self.jobs if each is not job)


def _followed(ticket: JobTicket) -> FollowedLines:
    from .followed_lines import FollowedLines

    return FollowedLines(ticket.targets)
