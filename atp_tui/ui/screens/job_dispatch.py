"""What the screen's commands do to jobs: start, show, cancel and forget them, and what is told of each.

Each job runs until its own end; one of them is shown, and that one alone is what a cancel means.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Protocol

from ...actions.action import Invocation
from ...engine.fleet import Fleet, JobTicket
from ...executor.waves import Phase
from ...model.data_class import dataclass
from ...model.outcome import Outcome
from ..frame.navigation import Navigation
from ..frame.pane_room import PaneRoom
from ..frame.showing import Showing
from ..job_control import MOST_JOBS, JobControl, WatchedJob
from ..keymap import Keymap
from ..ringing import Ringing
from ..text import safe
from ..words import outcome_count, sentence

if TYPE_CHECKING:
    from .ask import AskScreen

MASKED = "masked: own names, addresses, MACs, UUIDs, PIDs, times, durations, sizes, and [answers] of hosts.toml"


class JobSurface(Protocol):
    """The main screen, as far as jobs need it."""

    @property
    def jobs(self) -> JobControl: ...
    @property
    def room(self) -> PaneRoom: ...
    @property
    def showing(self) -> Showing: ...
    @property
    def navigation(self) -> Navigation: ...
    def spawn(self, work: Coroutine[None, None, None]) -> None: ...
    def tell(self, text: str, *, wrong: bool = False) -> None: ...


@dataclass(eq=False, slots=True)
class _Start:
    """A job that was asked for and is not there yet. It is what a person means to see next, and to cancel."""

    cancelled: bool = False


class JobDispatch:
    """One method a command."""

    def __init__(self, screen: JobSurface, fleet: Fleet, keys: Keymap, ringing: Ringing) -> None:
        self._screen = screen
        self._fleet = fleet
        self._keys = keys
        self._ringing = ringing
        self._starts: list[_Start] = []
        self._asked: dict[str, int] = {}  # by job: the wave after which a person was told that it waits

    @property
    def _how_to_cancel(self) -> str:
        return f"{self._keys.sign('fleet.interrupt')} cancels the one that is shown"

    def has_room(self) -> bool:
        """Whether one more job may be started; where not, that is told."""
        has_room = len(self._screen.jobs.running) + len(self._starts) < MOST_JOBS
        if not has_room:
            self._screen.tell(f"{MOST_JOBS} jobs run already: {self._how_to_cancel}", wrong=True)
        return has_room

    def start(self, invocation: Invocation) -> None:
        """Have the door carry it out; its job is shown when it is there."""
        start = _Start()
        self._starts.append(start)
        self._screen.spawn(self._started(invocation, start))

    async def _started(self, invocation: Invocation, start: _Start) -> None:
        try:
            performed = await self._fleet.perform(invocation)
            number = None if performed.job is None else await self._fleet.job_number(performed.job.id)
        finally:
            self._starts.remove(start)
        if performed.problem is not None:
            self._screen.tell(sentence(performed.problem.reason), wrong=True)
        if performed.job is not None:
            job = self._screen.jobs.watch(performed.job, invocation, number)
            if job.followed is None:
                self._screen.room.show_answers()
            self._screen.showing.answers()
            if job.followed is not None:
                self._screen.navigation.open("followed")
            self._tell_of_wait(job)
            if start.cancelled:
                self._cancel(job)

    async def follow(self) -> None:
        """Show, aside, each job that begins by itself on hosts that were away, and tell of it."""
        async for news in self._fleet.went_on():
            if news.problem is not None:
                self._screen.tell(f"#{news.number} still waits: {sentence(news.problem)}", wrong=True)
                continue
            targets = news.invocation.targets
            ticket = JobTicket(news.job, news.title, targets, news.started_at)
            number = await self._fleet.job_number(news.job)
            job = self._screen.jobs.watch(ticket, news.invocation, number, aside=True)
            self._screen.showing.answers()
            hosts = targets[0].host if len(targets) == 1 else f"{len(targets)} hosts"
            self._screen.tell(f"#{news.number} goes on as #{job.number} on {safe(hosts)}, back now")

    def _tell_of_wait(self, job: WatchedJob) -> None:
        """Where others still work on hosts of a new job, it comes after them there, which is told."""
        hosts, others = self._screen.jobs.before(job)
        if hosts:
            numbers = ", ".join(f"#{each.number}" for each in others)
            on = f"{hosts} host{'s' * (hosts != 1)}"
            self._screen.tell(f"#{job.number} waits on {on} for {numbers}: one job a host at a time")

    def cancel(self) -> bool:
        """End the job that is shown, or is about to be; False where it does not run."""
        if self._starts:
            self._starts[-1].cancelled = True
            return True
        return self._cancel(self._screen.jobs.shown)

    def _cancel(self, job: WatchedJob | None) -> bool:
        waits = job is not None and not job.running
        cancelled = self._screen.jobs.cancel(job)
        if job is not None and cancelled and waits:
            self._screen.tell(f"{job.name} waits no longer for hosts that were away")
        elif job is not None and cancelled:
            self._screen.tell(f"cancelling {job.name}: its commands are being ended on the hosts too")
        return cancelled

    def pause(self) -> None:
        """Begin on no further host of the job that is shown."""
        job = self._screen.jobs.shown
        if self._screen.jobs.pause(job) and job is not None:
            self._screen.tell(f"{job.name} is paused: what runs goes on, and :resume begins on the others")
        else:
            paused = job is not None and job.running and job.model.paused
            self._screen.tell("it is paused already: :resume lets it go on" if paused else "no job runs that is shown")

    def resume(self) -> None:
        """Let the job that is shown go on."""
        job = self._screen.jobs.shown
        if self._screen.jobs.resume(job) and job is not None:
            self._screen.tell(f"{job.name} goes on")
        else:
            self._screen.tell("the job that is shown is not paused" if job is not None else "no command was run yet")

    def advanced(self, id: str) -> None:
        """Say once that a job waits for a person before its next wave."""
        job = self._screen.jobs.job(id)
        progress = None if job is None else job.model.progress
        if job is None or progress is None or progress.phase is not Phase.ASKS or not job.model.paused:
            return
        if self._asked.get(id) != progress.wave:
            self._asked[id] = progress.wave
            wave = f"wave {progress.wave} of {progress.waves} is over"
            self._screen.tell(f"{job.name}: {wave}: :resume goes on with the next, :cancel leaves the others out")

    def ended(self, id: str) -> None:
        """Say what a cancel came to in place of what was told when it was asked for, and what went wrong unseen; where
        no answers are in sight, each end."""
        job = self._screen.jobs.job(id)
        self._asked.pop(id, None)
        if job is None:
            return
        hosts, lasted = len(job.model.job.targets), self._fleet.now() - job.model.job.started_at
        stopped = None if job.model.progress is None else job.model.progress.why
        self._ring(job, lasted, stopped=stopped is not None)
        if stopped is not None:
            self._screen.tell(
                f"{job.name}: {safe(sentence(stopped))}; @job.{job.number}.notrun was not run", wrong=True
            )
        elif job.cancelled:
            answered = job.model.answered
            had_answered = f"{answered} of {hosts} host{'s' * (hosts != 1)} had answered"
            if job.followed is not None and not job.unconfirmed:
                self._screen.tell(f"{job.name} has ended")
            elif job.unconfirmed:
                ended = outcome_count(job.unconfirmed, Outcome.UNCONFIRMED)
                self._screen.tell(f"{job.name}: {ended}; {had_answered}", wrong=True)
            else:
                self._screen.tell(f"cancelled {job.name}: {had_answered}")
        elif not self._screen.showing.has_answers_in_sight or (job.failed and job is not self._screen.jobs.shown):
            self._screen.tell(f"{job.name}: {job.model.summary()}", wrong=job.failed)

    def _ring(self, job: WatchedJob, lasted: float, *, stopped: bool) -> None:
        counts, cancelled = job.model.counts, job.cancelled
        command = self._ringing.ended(
            job.number, counts, lasted, wrong=job.failed, stopped=stopped, cancelled=cancelled
        )  # fmt: skip
        if command is not None:
            self._screen.spawn(command)

    def mask(self) -> None:
        """Join answers of the job that is shown in spite of what is masked, or only equal ones again."""
        job = self._screen.jobs.shown
        if job is None:
            self._screen.tell("no command was run yet")
            return
        self._screen.jobs.mask(job, on=not job.model.masked)
        self._screen.tell(MASKED if job.model.masked else "each answer is as it came again")

    def show(self, job: WatchedJob | None) -> None:
        """Show the answers of another job."""
        if job is not None and job is not self._screen.jobs.shown:
            self._screen.jobs.show(job)
            self._screen.showing.answers()

    def show_older(self) -> None:
        """Show the job before, in the order of their numbers."""
        self._show_beside(1, "older")

    def show_newer(self) -> None:
        """Show the job after."""
        self._show_beside(-1, "newer")

    def _show_beside(self, step: int, which: str) -> None:
        job = self._screen.jobs.beside(step)
        if job is None:
            self._screen.tell(f"no {which} job" if self._screen.jobs.shown else "no command was run yet")
        else:
            self._screen.room.show_answers()
        self.show(job)

    def clear(self) -> bool:
        """Forget all jobs that have ended. False where some still run, which is told."""
        self._screen.jobs.forget_done()
        self._screen.showing.answers()
        running = len(self._screen.jobs.running)
        if running:
            are = "job still runs" if running == 1 else "jobs still run"
            self._screen.tell(f"{running} {are}: {self._how_to_cancel}", wrong=True)
        return not running

    def before_quitting(self) -> AskScreen | None:
        """What is asked before the end of the program ends jobs; None where none runs."""
        running = self._screen.jobs.running
        if not running:
            return None
        from .ask import AskScreen

        told = [f"#{job.number} {job.model.summary()}: {safe(job.model.job.title)}" for job in running]
        if len(running) == 1:
            title, end = "a job runs", "Quitting ends the command on every host."
        else:
            title, end = f"{len(running)} jobs run", "Quitting ends the commands of all of them on every host."
        return AskScreen(title, [*told, end], yes="quit", no="stay")
