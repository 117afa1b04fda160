"""What an import would do, before it does anything: the hosts to choose from, and the file as it would be written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from ...engine.fleet import Preview
from .. import bindings
from ..early_keys import HearsNothingAtFirst
from ..glyphs import UNICODE, Glyphs
from ..keymap import OWN
from ..shown import Words, styled
from ..text import Safe, cut_middle, fit, safe, width_of
from ..typeable import TYPEABLE
from ..widgets.lines import LinesView, Spans, drawn
from ..widgets.one_line import OneLine
from ..widgets.too_small import LEAST
from ..widgets.try_words import problem_words
from .host_form import DifferenceLines

LONGEST_ID = 32

FORGE = "a forge by its name"


WIDTHS = [(0, "-narrow"), (100, "-normal")]
"""From how many columns on the file stands beside the hosts; app.tcss says what that means."""


class ChoiceLine(NamedTuple):
    """One host that could be imported. `note` is what there is to say of it; it cannot be chosen where not `free`."""

    key: str
    address: str
    chosen: bool
    note: str = ""
    free: bool = True


class Chosen(NamedTuple):
    """What a person has chosen: the keys of hosts, tags for all of them, and their SSH user, "" for none."""

    keys: tuple[str, ...]
    tags: tuple[str, ...]
    user: str


Look = Callable[[Chosen], Awaitable[Preview]]
"""What would be written for a choice, as text or as a difference, or why nothing can be."""


class ChoiceList(LinesView[ChoiceLine]):
    """The hosts, each chosen or not. Posts Changed; Enter posts Agreed."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.CHOICES]

    class Changed(Message):
        """Other hosts are chosen now."""

    class Agreed(Message):
        """A person wants what is shown."""

    def __init__(self, lines: Sequence[ChoiceLine], title: str, glyphs: Glyphs) -> None:
        super().__init__(id="choices")
        self._glyphs = glyphs
        self._of = safe(title)
        self._shown = list(lines)
        self._id_width = min(max((width_of(safe(line.key)) for line in lines), default=0), LONGEST_ID)

    def on_mount(self) -> None:
        self._show()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The keys of the hosts that are chosen, in their order."""
        return tuple(line.key for line in self._shown if line.chosen)

    def _show(self) -> None:
        self.set_lines(tuple(self._shown))
        self.set_title(styled(f" {self._of}  {len(self.chosen)} of {len(self._shown)} chosen "))
        self.post_message(self.Changed())

    def draw(self, line: ChoiceLine, width: int) -> Spans:
        name = fit(cut_middle(safe(line.key), self._id_width, self._glyphs.ellipsis), self._id_width)
        note = f"  {safe(line.note)}" if line.note else ""
        address = f"  {safe(line.address)}" if line.address not in ("", line.key) else ""
        sign = ("[x]" if line.chosen else "[ ]") if line.free else "   "
        return drawn((f" {sign} ", "mark"), (name, "text" if line.chosen else "dim"), (address + note, "dim"))

    def line_opened(self, line: ChoiceLine) -> None:
        self.post_message(self.Agreed())

    def on_click(self, event: events.Click) -> None:
        """A click chooses; two of them must not write the file."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y + self.scroll_offset.y < len(self._shown):
            self.cursor_to(offset.y + self.scroll_offset.y)
            self.action_choose()

    def action_choose(self) -> None:
        line = self.cursor_line
        if line is not None and line.free:
            self._shown = [one._replace(chosen=not one.chosen) if one.key == line.key else one for one in self._shown]
            self._show()

    def action_choose_all(self, chosen: bool) -> None:
        self._shown = [line._replace(chosen=chosen and line.free) for line in self._shown]
        self._show()


class TextLine(NamedTuple):
    key: str
    text: Safe


class FileText(LinesView[TextLine]):
    """The file as it would be, or what would differ in it; it is looked at, and scrolled."""

    def draw(self, line: TextLine, width: int) -> Spans:
        return drawn((f" {cut_middle(line.text, width - 1)}", "text"))

    def placeholder(self) -> Sequence[str]:
        return ("No host is chosen: nothing would be written.",)

    def show(self, text: str) -> None:
        self.set_lines([TextLine(str(number), safe(line)) for number, line in enumerate(text.splitlines())])


class ImportScreen(HearsNothingAtFirst[Chosen]):
    """Dismissed with what is to be written; with no hosts where a person goes back.

    `lines` are the hosts that were found under `title`, `path` is the file, and `look` says what it would become. Where
    the whole file is not shown, `difference`, it is what `diff -u` says. Only what was shown is written: Enter does
    nothing while it is still being made out. Enter writes and connects, so that one which is held since the choice
    before must not get through.
    """

    AUTO_FOCUS = "#choices"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.IMPORT]

    def __init__(
        self,
        lines: Sequence[ChoiceLine],
        title: str,
        path: str,
        look: Look,
        glyphs: Glyphs = UNICODE,
        *,
        difference: bool = False,
    ) -> None:
        super().__init__()
        self._choices = ChoiceList(lines, title, glyphs)
        self._file: FileText | DifferenceLines = (
            DifferenceLines(id="file", can_focus=True) if difference else FileText(id="file")
        )
        self._path = safe(path)
        self._look = look
        self._glyphs = glyphs
        self._looking: asyncio.Task[None] | None = None
        self._shown: Chosen | None = None

    def compose(self) -> ComposeResult:
        yield Words(styled(" Nothing is written and no host is contacted before Enter.", "bold"))
        with Container(id="import"):
            with Vertical(id="import-left"):
                yield self._choices
                for name, label, what in (
                    ("tags", " tags for all", "prod rack1"),
                    ("user", " user for all", "as ssh_config has it"),
                ):
                    with Horizontal():
                        yield Words(styled(label))
                        yield OneLine(placeholder=what, id=name, restrict=TYPEABLE)
            yield self._file
        yield Words(id="import-note")
        pressed = [(OWN.sign(each.id or ""), each.description) for each in (*bindings.CHOICES, *bindings.IMPORT)]
        keys = "   ".join(f"{key} {what}" for key, what in (*pressed[:3], ("tab", "next"), *pressed[3:]))
        yield Words(styled(f" {keys}", "$dim"))

    def on_mount(self) -> None:
        super().on_mount()
        self._file.set_title(styled(f" {cut_middle(self._path, 60, self._glyphs.ellipsis)} "))
        self._look_soon()

    def on_unmount(self) -> None:
        if self._looking is not None:
            self._looking.cancel()

    @property
    def chosen(self) -> Chosen:
        """What is chosen and typed now."""
        tags = tuple(dict.fromkeys(self.query_one("#tags", Input).value.replace(",", " ").split()))
        return Chosen(self._choices.chosen, tags, self.query_one("#user", Input).value.strip())

    @on(ChoiceList.Changed)
    @on(Input.Changed)
    def _look_soon(self) -> None:
        self._shown = None
        if self._looking is not None:
            self._looking.cancel()
        self._looking = asyncio.create_task(self._looked())

    async def _looked(self) -> None:
        """Show what would be written, or why nothing can be."""
        chosen = self.chosen
        found = await self._look(chosen) if chosen.keys else Preview()
        self._file.show(found.difference)
        self._shown = chosen if found.problem is None else None
        self._note("" if found.problem is None else problem_words(found.problem))

    def _note(self, words: str) -> None:
        self.query_one("#import-note", Words).say(styled(f" {safe(words)}", "$failed"))

    @on(ChoiceList.Agreed)
    @on(Input.Submitted)
    def _agree(self) -> None:
        width, height = self.size
        if width < LEAST[0] or height < LEAST[1]:
            self._note(f"Needs {LEAST[0]}x{LEAST[1]} to show what would be written.")
        elif self._shown is not None and self._shown.keys and self._shown == self.chosen:
            self.dismiss(self._shown)

    def action_back(self) -> None:
        self.dismiss(Chosen((), (), ""))
