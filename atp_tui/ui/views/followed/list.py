"""The list of followed lines: it goes on with the newest, or stays where the cursor is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType

from ....model.errors import ConfigError
from ...copying import copied
from ...followed_lines import FollowedLine
from ...glyphs import Glyphs
from ...job_control import WatchedJob
from ...messages import CommandLineRequested, Copied
from ...shown import assembled
from ...text import cut, safe, width_of
from ...turns import Turns
from ...widgets.lines import LinesView, Spans
from .drawing import draw_followed, whole_text
from .keys import FOLLOWED

LEAST_COMMAND = 12
"""Cells of the command that the title shows at least."""


class FollowedList(LinesView[FollowedLine]):
    """Shows the lines of `job`; `look` is to be called as they come. Posts Copied and CommandLineRequested."""

    BINDINGS: ClassVar[list[BindingType]] = [*FOLLOWED]

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(id="followed")
        self._glyphs = glyphs
        self._job: WatchedJob | None = None
        self._follows = True
        self._seen = 0  # lines that had come when a person left the newest
        self._longest = 0
        self._wrong = ""
        self._search = Turns(self.set_timer)
        self._searches = False

    @property
    def job(self) -> WatchedJob | None:
        """The job whose lines are shown."""
        return self._job

    @property
    def filter(self) -> str:
        """What lines have to match."""
        return "" if self._job is None or self._job.followed is None else self._job.followed.filter

    def show(self, job: WatchedJob) -> None:
        """Show the lines of another job, from the newest on."""
        if job is not self._job and job.followed is not None:
            self._search.leave()
            self._job, self._follows, self._searches, self._wrong = job, True, False, ""
            self._longest = max(map(width_of, map(safe, job.followed.places)), default=0)
            self.set_lines([])
            self.look()

    def look(self) -> None:
        """Take over what has come."""
        lines = None if self._job is None else self._job.followed
        if lines is None:
            return
        if not lines.is_searched and not self._searches:
            self._searches = True
            self._search.begin(lines.filtering(), self._found)
            if self._searches:
                return  # it is looked at once all were searched
        self._take()

    def _found(self) -> None:
        self._searches = False
        self._take()

    def _take(self) -> None:
        if self._job is None or self._job.followed is None:
            return
        row = self._cursor - self.scroll_offset.y
        self.set_lines(self._job.followed.show())
        if self._follows:
            super().cursor_to(len(self._lines) - 1)
        else:  # lines that go at the top must not move the one that is being read
            self.scroll_to(y=max(0, self._cursor - row), animate=False, force=True, immediate=True)
            self.redraw()
        self._retitle()

    def search(self, text: str) -> None:
        """Show only lines that match a regular expression; what cannot be used is told in the title, and changes
        nothing."""
        if self._job is None or self._job.followed is None or text == self.filter:
            self._wrong = ""
            self._retitle()
            return
        try:
            self._job.followed.take_filter(text)
            self._wrong = ""
        except ConfigError as error:
            self._wrong = error.message
            self._retitle()
            return
        self._search.leave()
        self._searches = False
        self._follows = True
        self.look()

    def draw(self, line: FollowedLine, width: int) -> Spans:
        lines = None if self._job is None else self._job.followed
        place = 0 if lines is None else lines.places.get(line.said.host, 0)
        return draw_followed(line.said, width, place, self._longest, self._glyphs)

    def placeholder(self) -> Sequence[str]:
        if self._job is None or self._job.followed is None:
            return ("Nothing is followed.", "Mark hosts, then type :follow journalctl -f -u libvirtd")
        if self.filter and self._job.followed.came:
            return ("No line matches.",)
        return ("Nothing has been said yet.",)

    def _retitle(self) -> None:
        """`#3 follow journalctl -f  9 of 10 hosts  12,345 lines`, how many are newer, and the filter."""
        job, lines = self._job, None if self._job is None else self._job.followed
        if job is None or lines is None:
            return
        working = len(job.hosts) - job.model.ended - len(lines.away)
        parts = [(f" {working} of {len(job.hosts)} hosts ", "not bold $dim")]
        kept = (
            f"the last {lines.kept:,} of {lines.came:,} lines" if lines.came > lines.kept else f"{lines.came:,} lines"
        )
        parts.append((f" {kept} ", "not bold $dim"))
        if not self._follows and lines.came > self._seen:
            down = "v" if self._glyphs.ascii_only else "↓"
            parts.append((f" {lines.came - self._seen:,} newer {down} ", "bold $title-focus"))
        if self._wrong:
            parts.append((f" {safe(self._wrong)} ", "bold $failed"))
        elif lines.filter:
            parts.append((f" | {safe(lines.filter)} ", "bold $title-focus"))
        room = self.size.width - 4 - sum(width_of(text) + 2 for text, _ in parts)
        title = safe(f"#{job.number} {safe(job.model.job.title)}")
        words = cut(title, max(room - 2, LEAST_COMMAND), self._glyphs.ellipsis)
        between = (self._glyphs.rule * 2, "not bold $rule")
        self.set_title(assembled(f" {words} ", *(each for part in parts for each in (between, part))))

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self._retitle()

    # Keys

    def cursor_to(self, index: int) -> None:
        """As LinesView; from then on it stays on that line, but on the newest it goes on with it."""
        super().cursor_to(index)
        at_end = self._cursor >= len(self._lines) - 1
        if self._follows and not at_end and self._job is not None and self._job.followed is not None:
            self._seen = self._job.followed.came
        self._follows = at_end
        self._retitle()

    def action_filter(self) -> None:
        self.post_message(CommandLineRequested("filter", ""))

    def action_save(self) -> None:
        self.post_message(CommandLineRequested("save-lines", ""))

    def action_copy(self) -> None:
        if (line := self.cursor_line) is not None:
            self.post_message(Copied(1, taken=copied(self.app, whole_text(line.said))))
