"""What the tests of the application share: a fleet in memory, and the application on it."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual._compositor import Compositor
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot

from atp_tui.model.connection import ConnectionState
from atp_tui.ui.app import AtpApp
from atp_tui.ui.early_keys import HearsNothingAtFirst
from atp_tui.ui.screens.main import MainScreen
from atp_tui.ui.views.fleet.tree import HostTree
from atp_tui.ui.views.fleet.view import FleetView
from atp_tui.ui.widgets.host_panel import HostPanel
from atp_tui.ui.widgets.status_bar import StatusBar

from .fleet_services import FleetServices, S, rack

_parsed: dict[object, list[RuleSet]] = {}


@pytest.fixture(scope="session", autouse=True)
def _styles_are_parsed_once() -> Iterator[None]:
    """Keep the rules that Textual made of a style sheet for the applications that come after.

    Textual keeps them as well, by the same key, until a variable of the theme changes or the application ends. Parsing
    the same 21 sheets again took a sixth of the start of each application.
    """
    parse = Stylesheet._parse_rules

    def parsed(sheet: Stylesheet, *given: Any, **named: Any) -> list[RuleSet]:
        key = given, tuple(named.items()), tuple(sheet._variables.items())
        if key not in _parsed:
            _parsed[key] = parse(sheet, *given, **named)
        return _parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parsed)
        yield


class Pictures:
    """Draws an application without a terminal as often as a test may look at it, not at each change in between.

    Its pictures go nowhere, and drawing them took a third of the time of tests/ui. What is to be drawn adds up.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._draw_now = Compositor.render_update
        self._due: set[Compositor] = set()

    def instead(self) -> Callable[..., None]:
        """What stands in for `Compositor.render_update` meanwhile."""
        return lambda compositor, *_given, **_named: self._due.add(compositor)

    def draw(self) -> None:
        """Draw what has changed on the screen in sight since it was last drawn."""
        compositor = self._app.screen._compositor if self._app.screen_stack else None
        if compositor in self._due:
            self._draw_now(compositor, screen_stack=self._app._background_screens)
        self._due.clear()


PATIENCE = 60.0
"""Seconds: many tests run at once, on machines that are busy with other things."""


class Opened:
    """A running application: the pilot, its main screen and the fakes below it."""

    def __init__(self, pilot: Pilot[object], fakes: FleetServices, draw: Callable[[], None] = lambda: None) -> None:
        self.pilot = pilot
        self.fakes = fakes
        self.draw = draw
        app = pilot.app
        assert isinstance(app, AtpApp)
        self.app = app

    @property
    def screen(self) -> MainScreen:
        screen = self.app.screen_stack[-1]
        assert isinstance(screen, MainScreen)
        return screen

    @property
    def fleet(self) -> FleetView:
        """The view that the program begins with."""
        return self.screen.query_one(FleetView)

    @property
    def hosts(self) -> HostTree:
        return self.fleet.hosts

    @property
    def panel(self) -> HostPanel:
        return self.fleet.panel

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.app.all_keys_done()
        await self.pilot.pause()
        self.draw()

    async def resize(self, width: int, height: int) -> None:
        """Stands in for the pilot's own, which takes the application for done when the machine gives it no time."""
        await Pilot.resize_terminal(self.pilot, width, height)
        await self.until(lambda: self.app.screen._compositor.size == (width, height))

    async def type(self, text: str) -> None:
        names = {" ": "space", "-": "minus", "@": "at", "/": "slash", "&": "ampersand", ":": "colon"}
        await self.press(*(names.get(character, character) for character in text))

    async def read(self) -> None:
        """Let the dialogue that is about to open be there for so long that it listens."""
        await self.until(lambda: isinstance(self.app.screen, HearsNothingAtFirst) and self.app.screen.is_shown)
        assert isinstance(self.app.screen, HearsNothingAtFirst)
        self.app.screen.appeared(-math.inf)

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait for something that news from below will bring about."""
        end = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"it did not come about within {PATIENCE} s:\n" + self.text())
            await self.pilot.pause(0.02)

    def lines(self) -> list[str]:
        """What stands on the screen, line by line."""
        return lines_of(self.app)

    def text(self) -> str:
        return "\n".join(self.lines())

    def has(self, text: str) -> bool:
        return text in self.text()


def shown_as(opened: Opened, state: ConnectionState) -> int:
    """How many hosts the screen counts in a state."""
    summary = opened.screen.query_one("#status", StatusBar).snapshot
    return 0 if summary is None else dict(summary.states).get(state, 0)


def lines_of(app: App[Any]) -> list[str]:
    """What an application shows now."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


@asynccontextmanager
async def open_app(fakes: FleetServices, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Opened]:
    """Run the application until its engine is started and every host of `fakes` stands there connected."""
    app = AtpApp(fakes.services)
    pictures = Pictures(app)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Compositor, "render_update", pictures.instead())
        async with app.run_test(size=size, notifications=True) as pilot:
            opened = Opened(pilot, fakes, pictures.draw)
            patch.setattr(pilot, "resize_terminal", opened.resize)
            await opened.until(lambda: "started" in fakes.life)
            for host in fakes.transport.list_hosts():
                fakes.transport.change(host.id, S.CONNECTED)
            hosts = len(fakes.transport.list_hosts())
            await opened.until(lambda: shown_as(opened, S.CONNECTED) == hosts)
            yield opened
            opened.draw()


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is drawn by itself: without a terminal nobody sees it, and for thousands of keys it takes long."""
    monkeypatch.setattr(Compositor, "render_update", lambda *_given, **_named: None)


@pytest.fixture
def fakes() -> FleetServices:
    """Four hosts in rack1."""
    return FleetServices(rack(4))
