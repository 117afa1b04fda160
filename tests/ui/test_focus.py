"""The focus rests on nothing that cannot be seen: every widget that takes it, in every state, at every size."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual import events
from textual.app import App
from textual.errors import NoWidget
from textual.widget import Widget

from atp_tui.ui.screens.import_hosts import ImportScreen
from atp_tui.ui.screens.password import PasswordScreen
from atp_tui.ui.views.fleet.tree import HostTree
from atp_tui.ui.widgets.domain_list import DomainList

from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack
from .test_guide import guide, open_import
from .test_screens import WANTED

SIZES = [(60, 15), (60, 20), (80, 24), (120, 15), (120, 40), (200, 60)]
SMALL = [(50, 12), (60, 14), (20, 3)]

STATES: dict[str, Sequence[str]] = {
    "as it begins": (),
    "panel": ("down", "enter"),
    "panel, and a filter that nothing passes": ("down", "enter", "slash", *"zzz", "enter"),
    "panel, and such a filter left": ("down", "enter", "slash", *"zzz", "escape"),
    "filter being typed": ("down", "enter", "slash", *"zz"),
    "filter, then all regions": ("slash", *"zzz", "enter", "tab", "tab", "tab"),
    "answers": ("exclamation_mark", *"ls", "enter", "escape"),
    "answers and panel": ("exclamation_mark", *"ls", "enter", "escape", "escape", "down", "enter"),
    "all lists of the panel beside answers": (
        "exclamation_mark", *"ls", "enter", "escape", "escape", "down", "enter", "tab", "tab",
    ),
    "a group": ("home", "enter", "tab", "tab"),
    "a line begun": ("exclamation_mark", *"sy"),
}  # fmt: skip

WAYS = [name for name, keys in STATES.items() if not any(keys == more[: len(keys)] != more for more in STATES.values())]
"""The states that lead through all others: after each key it is looked."""


def unseen(app: App[object]) -> Widget | None:
    """The widget that has the focus and cannot be seen."""
    focused = app.screen.focused
    try:
        return None if focused is None or app.screen.find_widget(focused).visible_region else focused
    except NoWidget:
        return focused


async def rests_in_sight(opened: Opened) -> None:
    """It comes to rest on something that is seen, and stays there."""
    await opened.until(lambda: unseen(opened.app) is None and opened.app.focused is not None)
    await opened.pilot.pause(0.02)
    assert unseen(opened.app) is None and opened.app.focused is not None


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("size", SIZES)
async def test_whatever_is_pressed_what_has_the_focus_is_seen(size: tuple[int, int], state: str) -> None:
    fakes = FleetServices(rack(4))
    async with open_app(fakes, size) as opened:
        for key in STATES[state]:
            await opened.press(key)
            await rests_in_sight(opened)


@pytest.mark.parametrize("state", ["as it begins", "panel", "answers and panel", "a line begun"])
async def test_whatever_takes_the_focus_has_it_only_while_it_is_seen(state: str) -> None:
    fakes = FleetServices(rack(4))
    async with open_app(fakes, (120, 40)) as opened:
        await opened.press(*STATES[state])
        widgets = [widget for widget in opened.screen.walk_children(Widget) if widget.focusable]
        assert len(widgets) >= 5
        for size in (*SIZES, *SMALL, SIZES[0], SMALL[0], SIZES[-1]):
            await opened.pilot.resize_terminal(*size)
            for widget in widgets:
                widget.focus()
                await opened.pilot.pause()
                if size in SMALL:
                    await opened.until(lambda: opened.app.focused is None)
                else:
                    await rests_in_sight(opened)


@pytest.mark.parametrize("size", SIZES)
async def test_the_panel_of_a_host_that_is_gone_gives_the_focus_back(size: tuple[int, int]) -> None:
    """No key did anything any more."""
    fakes = FleetServices(rack(4))
    async with open_app(fakes, size) as opened:
        await opened.press("down", "enter")
        await opened.until(lambda: isinstance(opened.app.focused, DomainList))
        for host in fakes.transport.list_hosts():
            fakes.transport.remove(host.id)
        await opened.until(lambda: isinstance(opened.app.focused, HostTree))
        await rests_in_sight(opened)


async def test_a_filter_that_nothing_passes_shows_that_where_the_panel_was(fakes: FleetServices) -> None:
    async with open_app(fakes, (80, 24)) as opened:
        await opened.press("down", "enter", "slash", *"zzz", "enter")
        await opened.until(lambda: opened.app.focused is opened.hosts and opened.hosts.display)
        assert not opened.panel.display
        await opened.press("escape")
        assert opened.has("kvm01"), "Esc takes the filter back, as ever"


async def test_while_another_window_is_looked_at_nothing_takes_the_focus(fakes: FleetServices) -> None:
    async with open_app(fakes, (80, 24)) as opened:
        await opened.press("exclamation_mark", *"sy")
        opened.app.post_message(events.AppBlur())
        for size in ((120, 40), (50, 12), (80, 24)):
            await opened.pilot.resize_terminal(*size)
            await opened.pilot.pause(0.05)
            assert opened.app.focused is None
        opened.app.post_message(events.AppFocus())
        await opened.until(lambda: opened.app.focused is opened.screen.pane.line)
        await opened.press("escape", "escape")
        await opened.pilot.resize_terminal(50, 12)
        await opened.until(lambda: opened.app.focused is None)
        opened.app.post_message(events.AppBlur())
        await opened.pilot.resize_terminal(80, 24)
        await opened.pilot.pause(0.05)
        opened.app.post_message(events.AppFocus())
        await rests_in_sight(opened)


@pytest.mark.parametrize("height", [3, 5, 8, 12, 15, 24])
async def test_what_opens_over_the_fleet_and_the_first_start_keep_to_it_too(height: int) -> None:
    app = guide()
    async with app.run_test(size=(80, 24)) as pilot:
        for width in (20, 60, 120):
            await pilot.resize_terminal(width, height)
            await pilot.pause(0.05)
            assert unseen(app) is None
            await pilot.resize_terminal(80, 24)
            await pilot.pause(0.05)
            assert app.focused is not None, "what was out of sight has it again"
        await open_import(pilot)
        for width in (20, 60, 120):
            for _ in range(4):
                await pilot.resize_terminal(width, height)
                await pilot.pause(0.05)
                await pilot.press("tab")
                await pilot.pause(0.02)
                assert unseen(app) is None
                await pilot.resize_terminal(80, 24)
                await pilot.pause(0.05)
                assert isinstance(app.screen, ImportScreen) and app.focused is not None
                await pilot.press("tab")


async def test_a_password_is_asked_for_where_it_can_be_typed(fakes: FleetServices) -> None:
    async with open_app(fakes, (80, 24)) as opened:
        opened.app.push_screen(PasswordScreen(WANTED))
        for size in (*SMALL, *SIZES):
            await opened.pilot.resize_terminal(*size)
            await opened.pilot.pause(0.05)
            for _ in range(2):
                assert unseen(opened.app) is None
                await opened.pilot.press("tab")
                await opened.pilot.pause(0.02)
        assert opened.app.focused is not None
