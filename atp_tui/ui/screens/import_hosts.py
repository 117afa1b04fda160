"""What an import would do, before it does anything: the hosts to choose from, and the file as it would be written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from ...config.forges import is_forge
from ...model.errors import ConfigError
from ...model.host import HostInfo
from ...model.settings import SshSettings
from .. import bindings
from ..early_keys import HearsNothingAtFirst
from ..glyphs import UNICODE, Glyphs
from ..keymap import OWN
from ..shown import Words, styled
from ..text import Safe, cut_middle, fit, safe, width_of
from ..widgets.lines import LinesView, Spans, drawn
from ..widgets.too_small import LEAST

Preview = Callable[[Sequence[HostInfo]], str]
"""The text of the file that would be written for these hosts. Raises ConfigError."""

LONGEST_ID = 32


WIDTHS = [(0, "-narrow"), (100, "-normal")]
"""From how many columns on the file stands beside the hosts; app.tcss says what that means."""


class ChoiceLine(NamedTuple):
    """One host that could be imported."""

    key: str
    host: HostInfo
    chosen: bool
    forge: bool


class ChoiceList(LinesView[ChoiceLine]):
    """The hosts, each chosen or not. Posts Changed; Enter posts Agreed."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.CHOICES]

    class Changed(Message):
        """Other hosts are chosen now."""

    class Agreed(Message):
        """A person wants what is shown."""

    def __init__(self, hosts: Sequence[HostInfo], glyphs: Glyphs) -> None:
        super().__init__(id="choices")
        self._glyphs = glyphs
        self._shown = [ChoiceLine(host.id, host, not is_forge(host.host), is_forge(host.host)) for host in hosts]
        self._id_width = min(max((width_of(safe(host.id)) for host in hosts), default=0), LONGEST_ID)

    def on_mount(self) -> None:
        self._show()

    @property
    def chosen(self) -> tuple[HostInfo, ...]:
        return tuple(line.host for line in self._shown if line.chosen)

    def _show(self) -> None:
        self.set_lines(tuple(self._shown))
        self.set_title(styled(f" hosts of ~/.ssh/config  {len(self.chosen)} of {len(self._shown)} chosen "))
        self.post_message(self.Changed())

    def draw(self, line: ChoiceLine, width: int) -> Spans:
        name = fit(cut_middle(safe(line.host.id), self._id_width, self._glyphs.ellipsis), self._id_width)
        note = "  a forge by its name" if line.forge else ""
        address = f"  {safe(line.host.host)}" if line.host.host != line.host.id else ""
        sign = "[x]" if line.chosen else "[ ]"
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
        if line is not None:
            self._shown = [one._replace(chosen=not one.chosen) if one.key == line.key else one for one in self._shown]
            self._show()

    def action_choose_all(self, chosen: bool) -> None:
        self._shown = [line._replace(chosen=chosen) for line in self._shown]
        self._show()


class TextLine(NamedTuple):
    key: str
    text: Safe


class FileText(LinesView[TextLine]):
    """The file as it would be; it is looked at, and scrolled."""

    def draw(self, line: TextLine, width: int) -> Spans:
        return drawn((f" {cut_middle(line.text, width - 1)}", "text"))

    def placeholder(self) -> Sequence[str]:
        return ("No host is chosen: nothing would be written.",)

    def show(self, text: str) -> None:
        self.set_lines([TextLine(str(number), safe(line)) for number, line in enumerate(text.splitlines())])


class ImportScreen(HearsNothingAtFirst[tuple[HostInfo, ...]]):
    """Dismissed with the hosts to write, as they are to be written; with nothing where a person goes back.

    Enter writes and connects, so that one which is held since the choice before must not get through.
    """

    AUTO_FOCUS = "#choices"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.IMPORT]

    def __init__(self, hosts: Sequence[HostInfo], path: str, preview: Preview, glyphs: Glyphs = UNICODE) -> None:
        super().__init__()
        self._choices = ChoiceList(hosts, glyphs)
        self._file = FileText(id="file")
        self._path = safe(path)
        self._preview = preview
        self._glyphs = glyphs
        self._written: tuple[HostInfo, ...] | None = None

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
                        yield Input(placeholder=what, id=name)
            yield self._file
        yield Words(id="import-note")
        pressed = [(OWN.sign(each.id or ""), each.description) for each in (*bindings.CHOICES, *bindings.IMPORT)]
        keys = "   ".join(f"{key} {what}" for key, what in (*pressed[:3], ("tab", "next"), *pressed[3:]))
        yield Words(styled(f" {keys}", "$dim"))

    def on_mount(self) -> None:
        super().on_mount()
        self._look()

    @on(ChoiceList.Changed)
    @on(Input.Changed)
    def _look(self) -> None:
        """Show the file as it would be, or why it cannot be."""
        note = ""
        try:
            self._written = self._hosts()
            text = self._preview(self._written) if self._written else ""
        except ConfigError as error:
            self._written, text, note = None, "", f"{error.message}{f'; {error.hint}' if error.hint else ''}"
        self._file.set_title(styled(f" {cut_middle(self._path, 60, self._glyphs.ellipsis)} "))
        self._file.show(text)
        self._note(note)

    def _note(self, words: str) -> None:
        self.query_one("#import-note", Words).say(styled(f" {safe(words)}", "$failed"))

    def _hosts(self) -> tuple[HostInfo, ...]:
        tags = tuple(self.query_one("#tags", Input).value.replace(",", " ").split())
        user = self.query_one("#user", Input).value.strip()
        changes: dict[str, object] = {"tags": tuple(dict.fromkeys(tags))} if tags else {}
        if user:
            changes["ssh"] = SshSettings(user=user)
        return tuple(replace(host, **changes) for host in self._choices.chosen)  # type: ignore[arg-type]

    @on(ChoiceList.Agreed)
    @on(Input.Submitted)
    def _agree(self) -> None:
        width, height = self.size
        if width < LEAST[0] or height < LEAST[1]:
            self._note(f"Needs {LEAST[0]}x{LEAST[1]} to show what would be written.")
        elif self._written:
            self.dismiss(self._written)

    def action_back(self) -> None:
        self.dismiss(())
