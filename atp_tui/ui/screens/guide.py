"""The first start, with no hosts.toml anywhere: three ways on, and what each of them does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Center, Middle, Vertical
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ...config.forges import is_forge
from ...engine.fleet import Preview
from ...model.data_class import dataclass
from ...model.errors import ConfigError
from ...model.host import HostInfo
from ...model.problem import problem_of
from ...model.settings import SshSettings
from .. import bindings
from ..focus import FocusInSight
from ..glyphs import ASCII, UNICODE
from ..keymap import OWN
from ..shown import Words, styled
from ..text import safe
from ..theme import no_such_theme
from ..themed_app import ThemedApp
from .import_hosts import FORGE, ChoiceLine, Chosen, ImportScreen


class GuideChoice(StrEnum):
    """What a person chose at the first start."""

    IMPORT = "import"
    DEMO = "demo"
    EXAMPLE = "example"
    QUIT = "quit"


class GuideAnswer(NamedTuple):
    """The choice, and the hosts to write where that was to import."""

    choice: GuideChoice
    hosts: tuple[HostInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class GuideLook:
    """How the guide is shown. `theme` None: the first one; `notice` is said below the choices."""

    theme: str | None = None
    theme_folders: tuple[Path, ...] = ()
    notice: str = ""
    ascii_only: bool = False


FileWith = Callable[[Sequence[HostInfo]], str]
"""The text of the file that would be written for these hosts. Raises ConfigError."""


class GuideApp(ThemedApp):
    """Asks, and exits with a GuideAnswer: its caller does what was chosen.

    `found` are the hosts of ssh_config, `path` where hosts.toml would be written, and `text_with` its text for some of
    them. Leaving it in any other way than by a choice gives None.
    """

    CSS_PATH = "../app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.GUIDE]

    def __init__(
        self,
        found: Sequence[HostInfo],
        path: Path,
        text_with: FileWith,
        look: GuideLook = GuideLook(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(look.theme_folders, theme=look.theme, ascii_only=look.ascii_only)
        self._found = tuple(found)
        self._path = safe(str(path))
        self._text_with = text_with
        self._look = look

    def first_screen(self) -> FocusInSight[None]:
        return FocusInSight(id="_default")

    def compose(self) -> ComposeResult:
        found = len(self._found)
        hosts = f"{found} host{'s' * (found != 1)} found" if found else "none found there"
        with Middle(), Center(), Vertical(id="guide") as page:
            page.border_title = styled("welcome")
            yield Words(styled("No hosts are known yet.", "bold"))
            yield Words(styled("They live in this file, one entry a host:"))
            yield Words(styled(f"  {self._path}"))
            yield Words()
            about = (
                f"{hosts}; you choose",
                "a simulated fleet, nothing real",
                "every key explained; your editor opens",
            )
            yield OptionList(
                *(
                    Option(
                        styled(f"{OWN.sign(f'guide.{choice}')}  {binding.description:<26}  {words}"),
                        id=choice,
                        disabled=choice is GuideChoice.IMPORT and not found,
                    )
                    for choice, binding, words in zip(GuideChoice, bindings.GUIDE, about, strict=False)
                ),
                compact=True,
            )
            yield Words()
            notices = [notice for notice in (self._wrong_theme(), safe(self._look.notice)) if notice]
            for notice in notices:
                yield Words(styled(notice, "$failed"))
            *ways, last = (f"guide.{choice}" for choice in GuideChoice)
            digits, leave = OWN.sign(*ways), f"{OWN.sign(last)} {bindings.GUIDE[-1].description}"
            yield Words(styled(f"↑ ↓ and Enter, or {digits}     {leave}", "$dim"))

    def _wrong_theme(self) -> str:
        wanted = self._look.theme
        return "" if wanted is None or wanted in self._themes else no_such_theme(wanted, self._themes)

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        options.highlighted = 0 if self._found else 1
        options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.action_choose(event.option.id or GuideChoice.QUIT)

    def action_choose(self, choice: str) -> None:
        if len(self.screen_stack) > 1:
            return  # the digits are for a field of the screen above
        if choice != GuideChoice.IMPORT:
            self.exit(GuideAnswer(GuideChoice(choice)))
        elif self._found:
            glyphs = ASCII if self._look.ascii_only else UNICODE
            lines = [
                ChoiceLine(host.id, host.host, not is_forge(host.host), FORGE if is_forge(host.host) else "")
                for host in self._found
            ]
            screen = ImportScreen(lines, "hosts of ~/.ssh/config", self._path, self._look_at, glyphs)
            self.push_screen(screen, self._import)

    async def _look_at(self, chosen: Chosen) -> Preview:
        try:
            return Preview(self._text_with(self._hosts(chosen)))
        except ConfigError as error:
            return Preview(problem=problem_of(error))

    def _hosts(self, chosen: Chosen) -> tuple[HostInfo, ...]:
        """The chosen hosts as they are to be written. Raises ConfigError for a word that is no tag, or no user."""
        changes: dict[str, object] = {"tags": chosen.tags} if chosen.tags else {}
        if chosen.user:
            changes["ssh"] = SshSettings(user=chosen.user)
        return tuple(replace(host, **changes) for host in self._found if host.id in chosen.keys)  # type: ignore[arg-type]

    def _import(self, chosen: Chosen | None) -> None:
        if chosen is not None and chosen.keys:
            self.exit(GuideAnswer(GuideChoice.IMPORT, self._hosts(chosen)))
