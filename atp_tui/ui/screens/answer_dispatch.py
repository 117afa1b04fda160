"""Commands on the answers that are shown: one host's output in a pager, and all of them saved."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textual.app import App

from ...config.replace import PRIVATE, replace_file
from ...engine.fleet import Fleet
from ...executor.fold import Part
from ...model.order import natural
from ...model.quoting import redacted
from ..job_control import JobControl, WatchedJob
from ..keymap import Keymap
from ..services import Aside
from ..text import safe
from ..widgets.answer_heads import DROPPED
from ..widgets.answers import Answers
from ..widgets.command_pane import CommandPane, Mode
from ..words import sentence

if TYPE_CHECKING:
    from ..answers_saved import Group


class AnswerSurface(Protocol):
    """The main screen, as far as answers need it."""

    @property
    def app(self) -> App[object]: ...
    @property
    def jobs(self) -> JobControl: ...
    @property
    def answers(self) -> Answers: ...
    @property
    def pane(self) -> CommandPane: ...
    def spawn(self, work: Coroutine[None, None, None]) -> None: ...
    def tell(self, text: str, *, wrong: bool = False) -> None: ...


class AnswerDispatch:
    """`by_name` performs each with the text behind it."""

    def __init__(self, screen: AnswerSurface, fleet: Fleet, keys: Keymap, aside: Aside) -> None:
        self._screen = screen
        self._fleet = fleet
        self._keys = keys
        self._aside = aside
        self.by_name: dict[str, Callable[[str], object]] = {
            "answer-lines": lambda text: screen.pane.enter(Mode.LINES, text or None),
            "raw-answer": self._raw,
            "save-answers": self._save,
        }

    def _ended(self) -> WatchedJob | None:
        """The job that is shown, once each host has ended; where it has not, that is told."""
        job = self._screen.jobs.shown
        if job is None:
            self._screen.tell("no command was run yet")
        elif job.followed is not None:
            self._screen.tell(f"{job.name} is followed: :save-lines saves its lines", wrong=True)
        elif job.running:
            self._screen.tell(f"{job.name} still runs: once it has ended, it can be saved", wrong=True)
        elif self._is_kept(job):
            return job
        return None

    def _is_kept(self, job: WatchedJob) -> bool:
        """Whether the engine still has its answers, which may be asked after each wait; where not, that is told."""
        kept = self._fleet.parts(job.id, sys.maxsize).number > 0 or not job.model.ended
        if not kept:
            self._screen.tell(f"{job.name}: {DROPPED}", wrong=True)
        return kept

    # One host's output

    def _raw(self, host: str) -> None:
        """All that one host has said, as it came: the host named, else the first of the answer under the cursor."""
        job = self._screen.jobs.shown
        if job is None:
            self._screen.tell("no command was run yet")
            return
        if job.followed is not None:
            self._screen.tell(f"{job.name} is followed: :followed shows its lines")
            return
        if not self._is_kept(job):
            return
        names = [host.strip()] if host.strip() else sorted(self._screen.answers.hosts_at_cursor, key=natural)
        found = self._part_of(job, names[0]) if names else None
        if not names:
            self._screen.tell("no answer is under the cursor", wrong=True)
        elif found is None:
            self._screen.tell(f"{safe(redacted(names[0]))} has no answer here yet", wrong=True)
        else:
            output = self._output(job, found)
            error, cut = "" if found.error is None else sentence(found.error), found.cut > 0
            from .pager import PagerScreen

            whole = self._fleet.spilled(job.id) if cut else ""
            pager = PagerScreen(names[0], job.name, output, self._keys, truncated=cut, error=error, spilled=whole)
            self._screen.app.push_screen(pager)

    def _part_of(self, job: WatchedJob, host: str) -> Part | None:
        for part in self._fleet.parts(job.id).parts:
            if any(host in (target.host, str(target)) for target in self._fleet.members(job.id, part.group)):
                return part
        return None

    # Saved

    def _save(self, text: str) -> None:
        job = self._ended()
        if job is None:
            return
        if not text.strip():
            self._screen.pane.enter(Mode.COMMAND, f"save-answers atp-job-{job.number}.txt")
            return
        path = Path(os.path.expanduser(text.strip()))
        if text.strip().endswith("/") or os.path.isdir(path):
            self._save_each(job, path)
            return
        if os.path.exists(path) and not os.path.isfile(path):
            self._screen.tell(f"what has that name is no file: {safe(str(path))}", wrong=True)
            return
        if sum(part.count for part in job.model.groups) < job.model.ended:
            self._screen.tell(f"{job.name} is being masked: once that is done, it can be saved", wrong=True)
            return
        from ..answers_saved import written

        groups = partial(self._groups, job)
        save = partial(self._written, job, path, lambda: written(path, job.model.job.title, groups()))
        self._asked(path, [path] if os.path.lexists(path) else [], save)

    def _save_each(self, job: WatchedJob, folder: Path) -> None:
        from ..answers_saved import file_name

        files = {host: folder / file_name(host) for host in map(str, job.model.job.targets)}
        there = [file for file in files.values() if os.path.lexists(file)]
        self._asked(folder, there, partial(self._written_each, job, files))

    def _asked(self, path: Path, there: list[Path], save: Callable[[], Coroutine[None, None, None]]) -> None:
        """Save at once where nothing is in the way, else once a person has agreed to its end."""
        if not there:
            self._screen.spawn(save())
            return
        what = safe(str(path)) if there == [path] else f"{len(there)} files in {safe(str(path))}"
        from .ask import AskScreen

        question = AskScreen("save", [f"There is already {what}."], yes="replace it", no="keep it")

        def answered(yes: bool | None) -> None:
            if yes:
                self._screen.spawn(save())

        self._screen.app.push_screen(question, answered)

    def _groups(self, job: WatchedJob) -> Iterator[Group]:
        """Those that are shown."""
        yield from self._with_outputs(job, job.model.groups, masked=job.model.masked)

    def _with_outputs(self, job: WatchedJob, parts: Iterable[Part], *, masked: bool = False) -> Iterator[Group]:
        from ..answers_saved import Group

        for part in parts:
            targets = self._fleet.members(job.id, part.group, masked)
            hosts = tuple(sorted(map(str, targets), key=natural))
            yield Group(part, hosts, self._output(job, part))

    def _output(self, job: WatchedJob, part: Part) -> bytes:
        return self._fleet.output(job.id, part.digest)

    async def _written(self, job: WatchedJob, path: Path, pieces: Callable[[], Iterable[bytes]]) -> None:
        data = bytearray()
        for piece in pieces():
            data += piece
            await asyncio.sleep(0)
        if self._is_kept(job):
            clipped = sum(part.clipped for part in job.model.groups)
            short = f"; of {clipped} masked answers not all of it" if clipped else ""
            await self._put({path: bytes(data)}, f"saved: {safe(str(path))}{short}")

    async def _written_each(self, job: WatchedJob, files: dict[str, Path]) -> None:
        """What each host has said itself, whatever answers are joined on the screen."""
        for group in self._with_outputs(job, self._fleet.parts(job.id).parts):
            if not self._is_kept(job):
                return
            said = group.output + b"\n" * bool(group.output)
            if not await self._put({files[host]: said for host in group.hosts}):
                return
        folder = next(iter(files.values())).parent if files else Path()
        self._screen.tell(f"saved: {len(files)} files in {safe(str(folder))}")

    async def _put(self, files: dict[Path, bytes], done: str = "") -> bool:
        """Write files for their owner alone, beside the event loop; what went wrong is told."""
        try:
            failed = await self._aside(partial(_written_all, files))
        except OSError as error:
            failed = f"cannot be written: {safe(error.strerror or str(error))}"
        if failed:
            self._screen.tell(failed, wrong=True)
            return False
        if done:
            self._screen.tell(done)
        return True


def _written_all(files: dict[Path, bytes]) -> str:
    """Write them; why that was not possible, "" where it was. It waits for the disk."""
    for path, data in files.items():
        try:
            replace_file(path, data, mode=PRIVATE, durable=False)
        except OSError as error:
            return f"cannot be written: {safe(error.strerror or str(error))}: {safe(str(path))}"
    return ""
