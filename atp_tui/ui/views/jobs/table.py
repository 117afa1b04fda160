"""The list of all jobs, with the room of a view: its keys, its title, and the heads of its columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from ...copying import copied
from ...glyphs import Glyphs
from ...marks import Marks
from ...messages import CommandLineRequested, Copied, MarkRequested, RerunRequested
from ...shown import assembled
from ...text import cut, safe, width_of
from ...widgets.answers import how_to_run
from ...widgets.job_list import JobLine, JobLines
from ...widgets.lines import Spans
from .drawing import columns, draw_job
from .keys import JOBS


class JobTable(JobLines):
    """`hosts_of` gives the hosts of a job by its id. Posts JobChosen, Opened, RerunRequested, CommandLineRequested,
    MarkRequested, Copied."""

    BINDINGS: ClassVar[list[BindingType]] = [*JOBS]

    class Opened(Message):
        """Enter: the answers of the job under the cursor are asked for."""

    def __init__(self, hosts_of: Callable[[str], frozenset[str]], glyphs: Glyphs, marks: Marks) -> None:
        super().__init__(glyphs=glyphs, id="job-table")
        self._hosts_of = hosts_of
        self._marks = marks

    def show(self, jobs: Sequence[JobLine], shown: str | None) -> None:
        super().show(jobs, shown)
        self._retitle()

    def draw(self, line: JobLine, width: int) -> Spans:
        hosts = self._hosts_of(line.key) if self._marks.hosts else frozenset()
        marked = bool(hosts) and self._marks.hosts >= hosts
        return draw_job(line, width, columns(self._room, self.lines), self._glyphs, marked=marked)

    @property
    def _room(self) -> int:
        """Cells of a line, those of a scrollbar left out: one that comes must not move the columns."""
        return self.size.width - 1

    def placeholder(self) -> Sequence[str]:
        return how_to_run(self._glyphs.keys)

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self._retitle()

    def _retitle(self) -> None:
        """`Jobs 5 · 2 running`, and the heads of the columns, which that is cut for."""
        width = self.scrollable_content_region.width
        heads = [each for each in columns(self._room, self.lines).heads() if each[0] <= width - 2] if self.lines else []
        room = heads[0][0] - len(heads[0][1]) - 3 if heads else max(width - 2, 0)
        running = sum(line.ended < line.hosts for line in self.lines)
        number = f" {len(self.lines)}" if self.lines else ""
        going = f" {self._glyphs.separator} {running} running" if running else ""
        words = next((each for each in (f"Jobs{number}{going}", f"Jobs{number}") if len(each) + 2 <= room), "Jobs")
        title = f" {cut(safe(words), max(room - 2, 0), self._glyphs.ellipsis)} "
        parts: list[str | tuple[str, str]] = [title]
        used = width_of(title) + 1  # the line begins left of the title
        for end, name in heads:
            gap = max(0, end - used - len(name) - 1)
            parts += [(self._glyphs.rule * gap, "not bold $rule"), (f" {name} ", "not bold $dim")]
            used = end + 1
        self.set_title(assembled(*parts))

    def line_opened(self, line: JobLine) -> None:
        self.post_message(self.Opened())

    def action_toggle_mark(self) -> None:
        if (line := self.cursor_line) is not None:
            self.post_message(MarkRequested(self._hosts_of(line.key)))

    def action_unmark(self) -> None:
        self.post_message(MarkRequested(None))

    def action_rerun(self) -> None:
        self.post_message(RerunRequested())

    def action_pause(self) -> None:
        """The job under the cursor is the one that is shown. To let it go on is no affair of a single key."""
        if self.cursor_line is not None:
            self.post_message(CommandLineRequested("pause", ""))

    def action_copy(self) -> None:
        """The command line, to the terminal's clipboard (OSC 52)."""
        if (line := self.cursor_line) is not None:
            self.post_message(Copied(1, taken=copied(self.app, line.title)))
