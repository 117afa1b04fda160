"""Commands that change how the fleet is looked at, or copy something of it, and touch no host."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from textual.app import App

from ...engine.fleet import Fleet
from ...model.errors import ConfigError
from ...model.near import nearest
from ...model.quoting import redacted
from ..copying import NOT_COPIED, copied
from ..driver import turn_mouse
from ..frame.navigation import Navigation
from ..frame.pane_room import PaneRoom
from ..frame.zoom import Zoom
from ..keymap import Keymap
from ..services import Aside
from ..sums import counting, find_sum, sums
from ..text import safe
from ..views.view import View
from ..widgets.answers import Answers
from ..widgets.command_pane import CommandPane, Mode

_NUMBER = re.compile("[+-]?[0-9]{1,7}")


class Looking(Protocol):
    """The main screen, as far as these commands need it."""

    @property
    def app(self) -> App[object]: ...
    @property
    def pane(self) -> CommandPane: ...
    @property
    def view(self) -> View: ...
    @property
    def navigation(self) -> Navigation: ...
    @property
    def zoom(self) -> Zoom: ...
    @property
    def room(self) -> PaneRoom: ...
    def spawn(self, work: Coroutine[None, None, None]) -> None: ...
    def tell(self, text: str, *, wrong: bool = False) -> None: ...


class LookDispatch:
    """`by_name` performs each with the text behind it. `folder` gives where dumps go; `meant` gives the hosts that a
    person means by a word, as Dispatch has it."""

    def __init__(
        self,
        screen: Looking,
        fleet: Fleet,
        keys: Keymap,
        folder: Callable[[], Path],
        meant: Callable[[str], Sequence[str] | None],
        aside: Aside,
    ) -> None:
        self._screen = screen
        self._fleet = fleet
        self._keys = keys
        self._folder = folder
        self._meant = meant
        self._aside = aside
        self._mouse = True
        self.by_name: dict[str, Callable[[str], object]] = {
            "filter": self._filter,
            "only": self._only,
            "jump": self._jump,
            "previous-view": lambda _: screen.navigation.to_and_fro(),
            "zoom": lambda _: self._zoom(),
            "pane": self._turn_pane,
            "mouse": lambda _: self._turn_mouse(),
            "copy-address": self._copy_address,
            "locator": lambda _: self._copy_locator(),
            "dump": lambda _: screen.spawn(self._dump()),
        }

    @staticmethod
    def line_number(text: str) -> bool:
        """Whether what stands after `:` is a number of lines, as in vi: `20` is a line, `+5` and `-5` so many on."""
        return _NUMBER.fullmatch(text) is not None

    def go_to_line(self, number: str) -> None:
        """Put the cursor there, or on the nearest line that there is. Digits alone open views, so that no count stands
        before a motion; after `:` both are clear."""
        lines = self._screen.view.list
        if lines is None:
            self._screen.tell("no lines are counted here", wrong=True)
            return
        begin = lines.cursor_place if number[0] in "+-" else -1
        lines.cursor_to(begin + int(number))

    def _filter(self, text: str) -> None:
        spec = self._screen.navigation.spec
        if not spec.searched:
            self._screen.tell(f"{spec.title} have no filter", wrong=True)
            return
        self._screen.pane.enter(Mode.FILTER, text or None)

    def _only(self, name: str) -> None:
        if not name:
            from .only import OnlyScreen

            self._screen.app.push_screen(OnlyScreen(counting(self._fleet.summary()), self._keys), self._only_chosen)
            return
        found = find_sum(name.casefold())
        if found is None:
            there = [each.name for each in sums()]
            near = nearest(name, there, 1)
            meant = f"did you mean {near[0]}? " if near else ""
            self._screen.tell(f"no sum {safe(redacted(name))}: {meant}there are {', '.join(there)}", wrong=True)
        else:
            self._screen.navigation.show_only(found.filter, found.of)

    def _only_chosen(self, name: str | None) -> None:
        if name:
            self._only(name)

    def _jump(self, host_id: str) -> None:
        if not host_id:  # chosen in the palette
            self._screen.pane.enter(Mode.COMMAND, "jump ")
        elif self._screen.navigation.show_host(host_id):
            self._screen.view.take_focus()
        else:
            self._screen.tell(f"no host {safe(host_id)} is shown: the filter may hide it", wrong=True)

    def _zoom(self) -> None:
        if self._screen.zoom.toggle():
            own = isinstance(self._screen.app.focused, Answers)  # the key has a use of its own there
            again = self._keys.sign("fleet.back" if own else "screen.zoom")
            self._screen.tell(f"all the room: {again} shares it again")

    def _turn_pane(self, text: str) -> None:
        if text.strip() not in ("", "on", "off"):
            self._screen.tell("write pane, pane on or pane off", wrong=True)
            return
        room = self._screen.room
        room.turn(off=text.strip() == "off" or (not text.strip() and not room.is_off))
        if room.is_off:
            self._screen.view.take_focus()
            again = self._keys.sign("screen.pane") or ":pane on"
            self._screen.tell(f"command line hidden: {again} shows it again")

    def _turn_mouse(self) -> None:
        """Without the mouse here, the terminal marks text by it as everywhere."""
        self._mouse = not self._mouse
        turn_mouse(self._screen.app, on=self._mouse)
        again = self._keys.sign("screen.mouse") or ":mouse"
        off = f"the mouse is the terminal's own, to mark text: {again} takes it back"
        self._screen.tell("the mouse works here again" if self._mouse else off)

    def _copy_address(self, named: str) -> None:
        """Of the hosts under the cursor, whatever is marked; or of those that are named, each on a line of its own."""
        hosts = self._meant(named) if named else self._screen.view.pointed.cursor
        if hosts is None:
            return
        rows = self._fleet.rows(hosts)
        if not rows:
            self._screen.tell("no host is under the cursor", wrong=True)
            return
        words = "" if len(rows) == 1 else f"{len(rows)} addresses"
        self._copy("\n".join(safe(row.address) for row in rows), words)

    def _copy_locator(self) -> None:
        self._copy(f"atp-tui --view {shlex.quote(str(self._screen.navigation.locator))}")

    def _copy(self, text: str, words: str = "") -> None:
        done = copied(self._screen.app, text)
        shown = words or safe(text)
        self._screen.tell(f"copied {shown}" if done else f"{NOT_COPIED}: {shown}", wrong=not done)

    async def _dump(self) -> None:
        from ..dump import picture, write

        taken = picture(self._screen.app)
        try:
            file = await self._aside(partial(write, taken, self._folder))
        except (OSError, ConfigError) as error:
            self._screen.tell(f"the screen could not be written: {safe(str(error))}", wrong=True)
        else:
            self._screen.tell(f"written: {safe(str(file))} and .txt")
