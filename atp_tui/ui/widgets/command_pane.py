"""The line in which commands, filters and `:` commands are typed, and which says on how many hosts they would run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.color import Color
from textual.containers import Horizontal
from textual.content import Content
from textual.suggester import Suggester
from textual.theme import Theme
from textual.widgets import Input

from ...config.accents import Accent
from ...engine.resolved import TargetWords
from .. import bindings
from ..history import History
from ..keymap import OWN, Keymap
from ..messages import (
    CancelRequested,
    CommandLineRequested,
    FilterChanged,
    LinesFiltered,
    ModeChanged,
    PaneLeft,
    RunRequested,
)
from ..shown import Words, styled, together
from ..targeting import Selection, completed
from ..text import cut, safe
from ..typeable import TYPEABLE
from .one_line import OneLine

NOTE = 48
"""Cells that a note has at least."""

LABEL_WIDTH = 36

_ASK_AGAIN = 0.1
"""Seconds after which the hosts are looked up again where an earlier job was being read for them."""


class Mode(Enum):
    """What the line is for now; the value is its prompt."""

    RUN = "❯"
    FILTER = "/"
    COMMAND = ":"
    SEARCH = "history: "
    LINES = "|"


PLACEHOLDERS = {
    Mode.RUN: "a command for these hosts",
    Mode.FILTER: "a name, a tag, state:failed, cpu>80; {enter} keeps it, {leave} clears it",
    Mode.LINES: "lines of answers: a regular expression; {enter} keeps it, {leave} clears it",
    Mode.COMMAND: "retry, theme light, help …",
    Mode.SEARCH: "a part of what was typed before; {search} goes further back",
}


class CommandInput(OneLine):
    """One line of text without control characters; the keys of a shell."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.PANE]

    def __init__(self, pane: CommandPane, suggester: Suggester) -> None:
        super().__init__(
            id="line", placeholder=PLACEHOLDERS[Mode.RUN], compact=True, suggester=suggester, restrict=TYPEABLE
        )
        self._pane = pane

    @property
    def mode(self) -> Mode:
        """What it is for now."""
        return self._pane.mode

    def action_older(self) -> None:
        self._pane.recall(older=True)

    def action_newer(self) -> None:
        self._pane.recall(older=False)

    def action_search(self) -> None:
        self._pane.search()

    def action_leave(self) -> None:
        self._pane.leave()

    def action_cancel(self) -> None:
        if self._pane.mode is Mode.RUN:
            self.post_message(CancelRequested())
        else:
            self._pane.leave()

    def action_newer_job(self) -> None:
        self.post_message(CommandLineRequested("newer-job", ""))

    def action_older_job(self) -> None:
        self.post_message(CommandLineRequested("older-job", ""))

    def action_complete(self) -> None:
        if self._pane.mode is Mode.COMMAND and self.cursor_position == len(self.value) and self._suggestion:
            self.action_cursor_right()
        else:
            self.screen.focus_next()


class _Completer(Suggester):
    """Offers what `complete` makes of the text, else what `path` does."""

    def __init__(self, complete: Callable[[str], str | None], path: Callable[[str], Awaitable[str | None]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete
        self._path = path

    async def get_suggestion(self, value: str) -> str | None:
        return self._complete(value) or await self._path(value)


class CommandPane(Horizontal):
    """Posts RunRequested, CommandLineRequested, FilterChanged, CancelRequested, ModeChanged and PaneLeft.

    `select` answers which hosts a line would run on; `completions` gives what may be typed after `:`, of
    which a part stands there; `paths` completes a path in what stands there, `words` gives those of targets.
    """

    BORDER_TITLE = " run "

    def __init__(
        self,
        select: Callable[[str], Selection],
        history: History,
        completions: Callable[[str], Sequence[str]],
        *,
        paths: Callable[[str], Awaitable[str | None]],
        words: Callable[[], TargetWords] = TargetWords,
        keys: Keymap = OWN,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._select = select
        self._histories = {Mode.RUN: history, Mode.COMMAND: History()}
        self._completions = completions
        self._paths = paths
        self._words = words
        self._signs = {name: keys.sign(f"pane.{name}") for name in ("enter", "leave", "search")}
        self._mode = Mode.RUN
        self._drafts = dict.fromkeys(Mode, "")
        self._skipped = 0
        self._worn: tuple[Mode, Accent | None] | None = None

    def compose(self) -> ComposeResult:
        yield Words(id="target")
        yield CommandInput(self, _Completer(self._completion, self._path))
        yield Words(id="note")

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, self._dress_anew)
        self.show_target()

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def line(self) -> CommandInput:
        """The line itself, which takes the focus."""
        return self.query_one("#line", CommandInput)

    def enter(self, mode: Mode, text: str | None = None) -> None:
        """Take the focus in that mode; `text` replaces what stood there, and what is typed then goes on with it. A pane
        that was hidden is there again."""
        self.display = True
        self._switch(mode, text)
        self.line.select_on_focus = text is None  # what is selected is replaced by the next key
        self.line.focus()

    def go_on(self) -> None:
        """Take the focus again, with all as it was left."""
        self.line.select_on_focus = False
        self.line.focus()

    def _switch(self, mode: Mode, text: str | None = None) -> None:
        self._drafts[self._mode] = self.line.value
        self._mode = mode
        self.post_message(ModeChanged())
        self.line.placeholder = PLACEHOLDERS[mode].format_map(self._signs)
        self.line.value = self._drafts[mode] if text is None else text
        self.line.cursor_position = len(self.line.value)
        self.show_target()

    def show_target(self) -> None:
        """Say again which hosts a command would run on: call it when marks, cursor or hosts change."""
        label = self.query_one("#target", Words)
        if self._mode is not Mode.RUN:
            self._wear(None)
            _put(label, styled(f" {self._mode.value}", "bold $title-focus"))
            self.tell(self._found_words() if self._mode is Mode.SEARCH else "")
            return
        chosen = self._select(self.line.value)
        self._wear(chosen.accent)
        parts = [
            styled(f" {cut(safe(chosen.label), LABEL_WIDTH)} ", accent_style(chosen.accent)),
            styled(f"({len(chosen.ids)}) ", "bold" if chosen.ids else "$dim"),
            styled(f"{Mode.RUN.value} ", "$title-focus"),
        ]
        _put(label, together(*parts))
        if chosen.waits:
            self.set_timer(_ASK_AGAIN, self.show_target)
        left_out = len(chosen.left_out)
        names = chosen.left_out[0] if left_out == 1 else f"{left_out} hosts"
        left = f"{names} {'takes' if left_out == 1 else 'take'} no commands" if left_out and chosen.ids else ""
        if chosen.gone and not left:
            left = f"{chosen.gone} {'is' if chosen.gone == 1 else 'are'} in hosts.toml no more"
        self.tell(left if chosen.problem is None or not self.line.value else chosen.problem)

    def _wear(self, accent: Accent | None) -> None:
        """Frame and title say that hosts have a tag with an accent: by the colour, the line's weight and the tag."""
        if self._worn == (self._mode, accent):
            return
        self._worn = (self._mode, accent)
        title = styled(f" {self._mode.name.lower()} ")
        if accent is None:
            self.styles.clear_rule("border_top")
            self.border_title = title
            return
        self.styles.border_top = ("heavy", Color.parse(self.app.theme_variables.get(accent.colour, accent.colour)))
        tag = styled(f" {cut(safe(accent.tag), LABEL_WIDTH)} ", f"reverse {accent_style(accent)}")
        self.border_title = together(title, tag)

    def _dress_anew(self, _theme: Theme) -> None:
        mode, accent = self._worn or (self._mode, None)
        self._worn = None
        if mode is self._mode:
            self._wear(accent)

    def tick(self) -> None:
        """A second has passed: hosts that the line names by a condition may be others by now, and those pointed at may
        have gone while it is typed."""
        if self._mode is Mode.RUN and (self.line.value.startswith("@") or self.line.has_focus):
            self.show_target()

    def tell(self, text: str) -> None:
        """A few words at the right end of the line."""
        room = max(NOTE, self.size.width // 2)  # where there is room, a mistake is told with its column and its hint
        shown = f" {cut(safe(text), room)} " if text else ""
        _put(self.query_one("#note", Words), styled(shown, "$dim"))

    def recall(self, *, older: bool) -> None:
        """Walk through what was typed before in this mode."""
        history = self._histories.get(self._mode)
        if history is not None:
            line = history.older(self.line.value) if older else history.newer(self.line.value)
            self.line.value = line
            self.line.cursor_position = len(line)

    def search(self) -> None:
        """Begin to search what was typed before, or look further back."""
        if self._mode is Mode.SEARCH:
            older = self._histories[Mode.RUN].search(self.line.value, self._skipped + 1)
            self._skipped += older is not None
            self.show_target()
        elif self._mode is Mode.RUN:
            self._histories[Mode.RUN].refresh()
            self._switch(Mode.SEARCH, "")

    def _found(self) -> str | None:
        return self._histories[Mode.RUN].search(self.line.value, self._skipped)

    def _found_words(self) -> str:
        return (self._found() or "nothing found") if self.line.value else ""

    def _take_found(self) -> None:
        """The line that was found, for Enter to run it: nothing runs on a fleet before it stands beside its hosts."""
        self._switch(Mode.RUN, self._found())

    def leave(self) -> None:
        """Esc: leaves the line; a filter and a `:` line are cleared, what stands in the run line waits there."""
        if self._mode is Mode.RUN:
            self.post_message(PaneLeft())
            return
        if self._mode is Mode.SEARCH:
            self._switch(Mode.RUN)
            return
        if self._mode is Mode.FILTER:
            self.clear_filter()
        elif self._mode is Mode.LINES:
            self.post_message(LinesFiltered(""))
        self.line.value = ""
        self._back()

    def clear_filter(self) -> None:
        """Forget the filter, wherever the focus is."""
        self._drafts[Mode.FILTER] = ""
        self.post_message(FilterChanged(""))

    def take_filter(self, text: str) -> None:
        """Another view is in sight, with a filter of its own."""
        if self._mode is Mode.FILTER:
            self._switch(Mode.RUN)
        self._drafts[Mode.FILTER] = text

    def _back(self) -> None:
        of_answers = self._mode is Mode.LINES
        self._switch(Mode.RUN)
        self.post_message(PaneLeft(of_answers))

    @on(Input.Changed, "#line")
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._mode is Mode.FILTER:
            self.post_message(FilterChanged(event.value))
        elif self._mode is Mode.LINES:
            self.post_message(LinesFiltered(event.value))
        self._skipped = 0
        self.show_target()

    @on(Input.Submitted, "#line")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._mode in (Mode.FILTER, Mode.LINES):
            self._back()
        elif self._mode is Mode.SEARCH:
            self._take_found()
        elif self._mode is Mode.COMMAND:
            self._submit_command(event.value.strip())
        elif event.value.strip():
            self._submit_run(event.value)

    def _submit_command(self, text: str) -> None:
        self._histories[Mode.COMMAND].add(text)
        self.line.value = ""
        self._back()
        name, _, argument = text.partition(" ")
        if name:
            self.post_message(CommandLineRequested(name, argument.strip()))

    def _submit_run(self, line: str) -> None:
        chosen = self._select(line)
        if chosen.problem is not None or not chosen.command:
            self.tell(chosen.problem or "no command after the hosts")
            return
        self.post_message(RunRequested(chosen.command, chosen.ids))

    def still_has(self, command: str) -> bool:
        """Whether the line still is the one with that command."""
        return self._select(self.line.value).command == command

    def line_is_run(self) -> None:
        """The line goes on record, and is empty again."""
        self._histories[Mode.RUN].add(self.line.value.rstrip())
        self.line.value = ""

    def _completion(self, text: str) -> str | None:
        if self._mode is Mode.RUN:
            return self._histories[Mode.RUN].completion(text) or completed(text, self._words)
        if self._mode is Mode.COMMAND:
            return next((each for each in self._completions(text) if each.startswith(text) and each != text), None)
        return None

    async def _path(self, text: str) -> str | None:
        return await self._paths(text) if self._mode is Mode.COMMAND else None


def accent_style(accent: Accent | None) -> str:
    """The style of a text about hosts with that accent."""
    if accent is None:
        return ""
    return f"bold {accent.colour}" if accent.colour.startswith("#") else f"bold ${accent.colour}"


def _put(widget: Words, content: Content) -> None:
    """Show other text; only where its width differs is the screen laid out anew, which costs more than all the rest."""
    if isinstance(widget.content, Content) and content.is_same(widget.content):
        return
    width = widget.styles.width
    if width is None or width.value != content.cell_length:
        widget.styles.width = content.cell_length
    widget.say(content, layout=False)
