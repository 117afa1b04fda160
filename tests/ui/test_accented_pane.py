"""The line for commands says, by colour and by words, that hosts with a tag of `[ui.accents]` are pointed at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.color import Color
from textual.pilot import Pilot

import atp_tui.ui
from atp_tui.config.accents import Accent
from atp_tui.ui.history import History
from atp_tui.ui.targeting import Targeting
from atp_tui.ui.widgets.command_pane import CommandPane, Mode

from .conftest import lines_of
from .fleet_services import FleetServices, rack
from .rows import ThemedApp
from .test_theme import SHIPPED

ACCENTS = (("prod", "red"), ("test", "#00aaff"))


async def no_path(text: str) -> None:
    """There is none to complete."""


class _PaneApp(ThemedApp):
    CSS_PATH = str(Path(atp_tui.ui.__file__).with_name("app.tcss"))

    def __init__(self) -> None:
        super().__init__()
        fakes = FleetServices(rack(2) + rack(1, tag="prod", start=3) + rack(1, tag="test", start=4))
        self.fleet = fakes.fleet
        self.targeting = Targeting(fakes.fleet, ACCENTS)
        self.pane = CommandPane(self.targeting.select, History(), lambda _text: (), paths=no_path, id="pane")

    def compose(self) -> ComposeResult:
        yield self.pane

    def point(self, *hosts: str) -> None:
        self.targeting.point(hosts, ())
        self.pane.show_target()


@asynccontextmanager
async def pane() -> AsyncIterator[tuple[_PaneApp, Pilot[None]]]:
    app = _PaneApp()
    async with app.run_test(size=(80, 4)) as pilot:
        app.theme = "dark"
        app.screen.set_focus(None)
        await pilot.pause()
        yield app, pilot


def frame(app: _PaneApp) -> tuple[str, str]:
    """The sign that the line above is made of, and its colour."""
    *_, last = app.screen._compositor.render_strips()[0]
    assert last.style is not None and last.style.color is not None
    return last.text[-1], last.style.color.name


async def test_frame_title_and_hosts_are_in_the_accent_while_such_hosts_are_pointed_at() -> None:
    async with pane() as (app, pilot):
        before = frame(app)
        assert before == ("─", SHIPPED["dark"].colors["rule"])
        app.point("kvm01", "kvm03")
        await pilot.pause()
        assert frame(app) == ("━", SHIPPED["dark"].colors["failed"])
        assert " run  prod " in lines_of(app)[0], "by its tag too: not by colour alone"
        (named,) = (each.style for each in app.pane.query_one("#target").render_line(0) if "kvm[01,03]" in each.text)
        assert named is not None and named.color is not None and named.color.name == SHIPPED["dark"].colors["failed"]
        app.point("kvm04")
        await pilot.pause()
        assert frame(app) == ("━", "#00aaff")
        app.point("kvm01")
        await pilot.pause()
        assert frame(app) == before and "prod" not in lines_of(app)[0]


async def test_what_the_line_names_counts_and_a_filter_has_no_accent() -> None:
    async with pane() as (app, pilot):
        app.point("kvm01")
        app.pane.enter(Mode.RUN, "@prod uptime")
        await pilot.pause()
        assert " prod " in lines_of(app)[0]
        app.pane.enter(Mode.FILTER)
        await pilot.pause()
        assert " prod " not in lines_of(app)[0] and " filter " in lines_of(app)[0]


@pytest.mark.parametrize("theme", SHIPPED)
async def test_it_goes_with_the_theme(theme: str) -> None:
    async with pane() as (app, pilot):
        app.point("kvm03")
        app.theme = theme
        await pilot.pause()
        await pilot.pause()
        assert frame(app)[1] == Color.parse(SHIPPED[theme].colors["failed"]).rich_color.name


def test_the_selection_tells_it_for_others_to_show() -> None:
    app = _PaneApp()
    assert app.targeting.select("@kvm[01-04]").accent == Accent("prod", "failed")
    assert app.targeting.select("@rack1").accent is None
    assert Targeting(app.fleet).select("@prod").accent is None
