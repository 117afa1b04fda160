"""Where hosts are to be imported from, before anything is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from .. import bindings
from ..early_keys import HearsNothingAtFirst
from ..keymap import OWN
from ..shown import Words, styled
from ..text import cut, safe
from ..widgets.lines import LinesView, Spans, drawn


class SourceLine(NamedTuple):
    """One source. `key` is its name, `about` says what it is, `where` which files are read, or what is typed."""

    key: str
    about: str
    where: str


class SourceList(LinesView[SourceLine]):
    """The sources. Posts Chosen."""

    class Chosen(Message):
        """Hosts are wanted from the source of that name."""

        def __init__(self, source: str) -> None:
            super().__init__()
            self.source = source

    def draw(self, line: SourceLine, width: int) -> Spans:
        name, about = f" {line.key:<14}", f"{line.about:<62}"
        shown = f"{about}{line.where}" if width > len(name) + len(about) + 10 else line.about
        return drawn((name, "text"), (cut(safe(shown), max(0, width - len(name))), "dim"))

    def line_opened(self, line: SourceLine) -> None:
        self.post_message(self.Chosen(line.key))


class SourceScreen(HearsNothingAtFirst[str]):
    """Dismissed with the name of a source; with "" where a person goes back."""

    AUTO_FOCUS = "#sources"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.IMPORT_SOURCE]

    def __init__(self, sources: Sequence[SourceLine]) -> None:
        super().__init__()
        self._lines = tuple(sources)
        self._sources = SourceList(id="sources")

    def compose(self) -> ComposeResult:
        yield Words(styled(" Nothing is written and no host is contacted: you choose from what is found.", "bold"))
        yield self._sources
        yield Words(styled(" :import ansible FILE reads that file, :import list kvm[01-40] takes the names", "$dim"))
        keys = ((OWN.sign("lines.open"), "look into it"), (OWN.sign("import-source.back"), "back"))
        yield Words(styled(f" {'   '.join(f'{key} {what}' for key, what in keys)}", "$dim"))

    def on_mount(self) -> None:
        super().on_mount()
        self._sources.set_title(styled(" import hosts from "))
        self._sources.set_lines(self._lines)

    @on(SourceList.Chosen)
    def _chosen(self, message: SourceList.Chosen) -> None:
        self.dismiss(message.source)

    def action_back(self) -> None:
        self.dismiss("")
