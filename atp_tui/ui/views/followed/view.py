"""The view of what a job follows: leaving it ends nothing, the job is listed, and cancelled, as all others are."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult

from ....config.replace import PRIVATE, replace_file
from ....model.quoting import redacted
from ...followed_lines import Shown
from ...job_control import WatchedJob
from ...messages import JobChosen
from ...text import safe
from ...widgets.lines import LinesView
from ..jobs.pointing import pointed_at
from ..view import Pointed, ResultsRoom, View, ViewServices
from .drawing import whole_text
from .list import FollowedList

AT_A_TIME = 500
"""Lines that are made between two looks at a person's keys."""


class FollowedView(View):
    """One list, of the job that is shown where that follows, else of the newest that does."""

    RESULTS: ClassVar[ResultsRoom] = ResultsRoom.NONE

    def __init__(self, given: ViewServices) -> None:
        super().__init__(id="followed-view")
        self._fleet = given.fleet
        self._marks = given.marks
        self._jobs = given.jobs
        self._tell = given.tell
        self.followed = FollowedList(given.glyphs)

    def compose(self) -> ComposeResult:
        yield self.followed

    def look(self, described: bool) -> None:
        self.look_at_jobs()

    def look_at_jobs(self) -> None:
        follows = [job for job in self._jobs.jobs if job.followed is not None]
        shown = self._jobs.shown if self._jobs.shown in follows else self.followed.job
        job = shown if shown in follows else next(iter(follows), None)
        if job is not None:
            self.followed.show(job)
        self.followed.look()

    def tick(self) -> None:
        self.followed.look()

    def take_focus(self) -> None:
        self.followed.focus()

    def choose(self, text: str) -> None:
        """Show what the job of that number follows: `3` or `#3`."""
        number = text.strip().removeprefix("#")
        follows = [job for job in self._jobs.jobs if job.followed is not None]
        found = next((job for job in follows if str(job.number) == number), None)
        if found is not None:
            self.post_message(JobChosen(found.id))
            return
        there = ", ".join(str(job.number) for job in reversed(follows))
        hint = f"there are {there}" if there else "nothing is followed yet"
        self._tell(f"no job {safe(redacted(text))} follows: {hint}", True)

    @property
    def crumb(self) -> str:
        return "" if self._job is None else self._job.name

    @property
    def _job(self) -> WatchedJob | None:
        return self.followed.job

    @property
    def list(self) -> LinesView[Any]:
        return self.followed

    @property
    def pointed(self) -> Pointed:
        return pointed_at(self._fleet, self._marks, self._job)

    @property
    def filter(self) -> str:
        return self.followed.filter

    def search(self, text: str) -> None:
        self.followed.search(text)

    @property
    def commands(self) -> Mapping[str, Callable[[str], object]]:
        return {"save-lines": self._save}

    def _save(self, text: str) -> None:
        """Write the lines that are shown into a new file, for its owner alone."""
        path = Path(os.path.expanduser(text.strip()))
        if self._job is None or self._job.followed is None:
            self._tell("nothing is followed", True)
        elif os.path.lexists(path):
            self._tell(f"choose another name: there is already {safe(str(path))}", True)
        else:
            self.run_worker(self._saved(path, self._job.followed.show()))

    async def _saved(self, path: Path, lines: Shown) -> None:
        data = bytearray()
        for number, line in enumerate(lines):
            data += f"{whole_text(line.said)}\n".encode()
            if number % AT_A_TIME == 0:
                await asyncio.sleep(0)
        try:
            replace_file(path, bytes(data), mode=PRIVATE, durable=False)
        except OSError as error:
            self._tell(f"cannot be written: {safe(error.strerror or str(error))}: {safe(str(path))}", True)
            return
        self._tell(f"saved {len(lines):,} lines: {safe(str(path))}", False)
