"""When a screen is painted."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import RenderableType
from textual.app import ComposeResult
from textual.events import Key
from textual.screen import UPDATE_PERIOD, Screen
from textual.widgets import Label

from atp_tui.ui.app import AtpApp
from atp_tui.ui.pace import LONGEST, Pace, Paced
from atp_tui.ui.views.fleet.tree import HostTree

from .fleet_services import FleetServices
from .rows import ThemedApp


class Loop(asyncio.SelectorEventLoop):
    """One whose time the test sets."""

    now = 100.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


def due(pace: Pace) -> float | None:
    return None if pace._due is None else pace._due.when()


def test_what_nobody_waits_for_keeps_its_distance_from_the_frame_before(loop: Loop) -> None:
    pace = Pace(loop, lambda: None, lambda: False)
    pace.resume()
    assert due(pace) == 100.0
    pace.pause()
    assert due(pace) is None
    loop.now += UPDATE_PERIOD / 4
    pace.resume()
    assert due(pace) == 100.0 + UPDATE_PERIOD  # on no grid of moments
    pace.pause()
    loop.now += 5
    pace.resume()
    assert due(pace) == loop.now


def test_what_a_person_waits_for_is_painted_once_at_rest_and_soon_in_any_case(loop: Loop) -> None:
    painted: list[float] = []

    def paint() -> None:
        painted.append(loop.now)
        pace.pause()

    awaited = False
    pace = Pace(loop, paint, lambda: awaited)
    pace.rest()
    assert painted == [], "nothing is there to paint"
    pace.resume()
    pace.pause()
    pace.resume()
    assert due(pace) == 100.0 + UPDATE_PERIOD
    awaited = True
    pace.resume()
    assert due(pace) == 100.0 + LONGEST
    awaited = False
    pace.resume()  # there is more to paint, which that frame has as well
    assert due(pace) == 100.0 + LONGEST
    pace.rest()
    assert painted == [100.0] and due(pace) is None


class Frames(AtpApp):
    """Counts what it paints."""

    CSS_PATH = str(Path(sys.modules[AtpApp.__module__].__file__ or "").with_name("app.tcss"))
    frames = 0

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        self.frames += 1


async def test_once_a_key_has_done_its_work_it_is_seen(fakes: FleetServices) -> None:
    app = Frames(fakes.services)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        app.screen.query_one(HostTree).look()
        await pilot.pause()
        for key in "jk":
            before = app.frames
            app.post_message(Key(key, key))
            await pilot.pause(0)
            await app.all_keys_done()
            assert app.frames > before


class Shown(Paced, Screen[None]):
    def compose(self) -> ComposeResult:
        yield Label("before")


async def test_a_paced_screen_is_painted_and_a_defect_of_it_is_the_applications() -> None:
    class Broken(Label):
        def render(self) -> str:
            raise ZeroDivisionError

    app = ThemedApp()
    with pytest.raises(ZeroDivisionError):
        async with app.run_test() as pilot:
            screen = Shown()
            await app.push_screen(screen)
            painted = asyncio.Event()
            screen.call_after_refresh(painted.set)
            screen.query_one(Label).update("after")
            await painted.wait()
            assert "after" in "\n".join(strip.text for strip in screen._compositor.render_strips())
            await screen.mount(Broken())
            await pilot.pause()
