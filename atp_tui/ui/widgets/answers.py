"""The answers to a command: a virtualised list of blocks that fold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content

from ...model.errors import ConfigError
from .. import bindings
from ..copying import copied
from ..glyphs import UNICODE, Glyphs
from ..keymap import Keymap
from ..marks import Marks
from ..messages import CommandLineRequested, Copied, MarkRequested, RerunRequested
from ..shown import styled, together
from ..text import Safe, cut, safe, width_of
from ..turns import Turns
from .answer_blocks import AnswerLine, AnswerLines
from .answer_filter import AnswerFilter
from .answers_model import AnswersModel
from .lines import LinesView, Spans, drawn

LEAST_COMMAND = 12
"""Cells of the command that the title shows before it leaves other words out."""

EDGE = 4
"""Cells of the upper edge that a title never gets: the corners, and a blank beside each."""

_MARGIN = drawn((" ", "text"))


class Answers(LinesView[AnswerLine]):
    """Shows an AnswersModel. Posts RerunRequested, MarkRequested and Copied."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.ANSWERS]

    def __init__(self, *, glyphs: Glyphs = UNICODE, marks: Marks | None = None, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys = glyphs.keys
        self._marks = marks if marks is not None else Marks()
        self._shown_marks = self._marks.hosts
        self._model: AnswersModel | None = None
        self._number = 0
        self._searched: AnswerFilter | None = None  # what lines are being looked for just now
        self._search = Turns(self.set_timer)

    def show(self, model: AnswersModel | None, number: int = 0) -> None:
        """Show the answers of the job that a person knows by this number, where they were left; None for none."""
        if self._model is not None:
            self._model.place = self._place()
        self._model, self._number = model, number
        self.set_lines([])
        self.advance()
        if model is not None and model.place is not None:
            self.cursor_to_key(model.place)

    def _place(self) -> str | None:
        """The key of the line under the cursor; None at the end, which is followed."""
        line = self.cursor_line
        return None if line is None or line.key == self.lines[-1].key else line.key

    def advance(self) -> None:
        """Take over what the model has learned."""
        lines = self._model.lines() if self._model is not None else AnswerLines()
        cursor = self.cursor_line
        at_the_end = cursor.key == self.lines[-1].key if cursor is not None else len(lines) > 0
        self._set_still(lines)
        self.set_title(self._title_now())
        if at_the_end and self._model is not None and len(self._model.job.targets) == 1:
            self.cursor_to(len(lines) - 1)  # one host's output is followed, until a person looks at what came before
        self._filter_on()

    def _set_still(self, lines: AnswerLines) -> None:
        """Take over lines with the one under the cursor in the row where it is, whatever has come above it: a person
        may be reading there. Without the focus what is seen is the beginning, for as long as nobody went on."""
        place, top = self.cursor_place, self.scroll_offset.y
        at_the_beginning = place == top == 0 and not self.has_focus
        in_view = self._in_view(place)
        self.set_lines(lines)
        if at_the_beginning:
            self.cursor_to(0)
        elif in_view and self.cursor_place != place:
            self.scroll_to(y=max(0, self.cursor_place - (place - top)), animate=False, force=True)
            self.redraw()

    def filter_lines(self, text: str) -> str:
        """Show only lines that match a regular expression, all for an empty one; gives what is wrong with it."""
        if self._model is None:
            return "no command was run yet" if text else ""
        try:
            self._model.take_filter(AnswerFilter(text) if text else None)
        except ConfigError as error:
            return error.message
        self.advance()
        return ""

    def _filter_on(self) -> None:
        """Look for lines that match where nobody does; what was looked for before is of no use any more."""
        model = self._model
        wanted = None if model is None else model.filter
        if wanted is self._searched:
            return
        self._searched = wanted
        if model is None or wanted is None:
            self._search.leave()
            return

        def found() -> None:
            self._searched = None
            self._set_still(model.lines())

        self._search.begin(model.filtering(), found)

    def tick(self) -> None:
        """Let the time of a running job go on, and see whether the outputs of one that has ended are still there."""
        if self._model is None:
            return
        if not self._model.finished:
            self.set_title(self._title_now())
        elif self._model.check():
            self.advance()

    def draw(self, line: AnswerLine, width: int) -> Spans:
        spans = self._marked(line) if line.head and self._marks.hosts else line.spans
        return clip((*_MARGIN, *spans), width)  # the first cell is the cursor's

    def _marked(self, line: AnswerLine) -> Spans:
        """A head with the sign of marks behind that of its fold: dim where only some of its hosts are marked."""
        marked, hosts = self._marks.hosts, self._hosts_of(line)
        if marked.isdisjoint(hosts):
            return line.spans
        (fold, role), *others = line.spans
        mark = drawn((fold.rstrip(), role), ("*", "mark" if marked >= hosts else "dim"))
        return (*mark, *others)

    def look_at_marks(self) -> None:
        """Other hosts may be marked."""
        if self._shown_marks is not self._marks.hosts:
            self._shown_marks = self._marks.hosts
            self.redraw()

    def _hosts_of(self, line: AnswerLine) -> frozenset[str]:
        return self._model.hosts_of(line.block) if self._model is not None else frozenset()

    def placeholder(self) -> Sequence[str]:
        if self._model is not None and self._model.filter is not None:
            return ("No line matches.",)
        return how_to_run(self._keys)

    @property
    def hosts_at_cursor(self) -> frozenset[str]:
        """The hosts of the answer under the cursor."""
        line = self.cursor_line
        return frozenset() if line is None else self._hosts_of(line)

    def line_opened(self, line: AnswerLine) -> None:
        if self._model is not None:
            self._model.toggle(line.block)
            self.advance()
            self.cursor_to_key(line.block)

    def action_toggle_all(self) -> None:
        if self._model is not None:
            self._model.toggle_all()
            self.advance()

    def action_toggle_mark(self) -> None:
        if (line := self.cursor_line) is not None:
            self.post_message(MarkRequested(self._hosts_of(line)))

    def action_unmark(self) -> None:
        self.post_message(MarkRequested(None))

    def action_rerun(self) -> None:
        self.post_message(RerunRequested())

    def action_mask(self) -> None:
        self.post_message(CommandLineRequested("mask-answers", ""))

    def action_filter(self) -> None:
        self.post_message(CommandLineRequested("answer-lines", ""))

    def action_raw(self) -> None:
        self.post_message(CommandLineRequested("raw-answer", ""))

    def action_save(self) -> None:
        self.post_message(CommandLineRequested("save-answers", ""))

    def action_copy(self) -> None:
        """The block under the cursor, as shown, to the terminal's clipboard (OSC 52)."""
        line = self.cursor_line
        block = self._model.lines().block(line.block) if line is not None and self._model is not None else None
        if block is not None:
            body = list(block.lines())[1:] or list(block.lines())
            text = "\n".join("".join(text for text, _ in each.spans).strip() for each in body)
            self.post_message(Copied(len(body), taken=copied(self.app, text)))

    def _title_now(self) -> Content:
        model = self._model
        if model is None:
            return styled(" answers ")
        head, tally = " answers  ", f"  {model.summary()}"
        again = f"  {self._keys.sign('answers.rerun')} rerun failed" if model.finished and model.failed_hosts else ""
        room = self.outer_size.width - EDGE - width_of(head + tally) - 1  # the command gives way, never the tally
        if room < LEAST_COMMAND:
            head, room = " ", room + width_of(head) - 1
        if room - width_of(again) < LEAST_COMMAND:
            again = ""
        number = f"#{self._number} " if self._number else ""
        line = cut(safe(number + model.job.title), max(0, room - width_of(again)))
        if not line:
            tally = tally.lstrip()
        return together(styled(head), styled(line, "$foreground"), styled(f"{tally}{again} "))

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.set_title(self._title_now())


def how_to_run(keys: Keymap) -> Sequence[str]:
    """What stands where there is no job."""
    mark, run = keys.sign("hosts.mark"), keys.sign("action.run")
    return ("No command was run yet.", f"Mark hosts with {mark}, press {run}", "and type a command for them.")


def clip(spans: Spans, width: int) -> Spans:
    """As many of the spans as fit, the last one cut."""
    shown: list[tuple[Safe, str]] = []
    for text, role in spans:
        if width <= 0:
            break
        piece = cut(text, width)
        shown.append((piece, role))
        width -= width_of(piece)
    return tuple(shown)
