"""One pane has all the room, and gives it back; the mouse is left to the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack
from .real_terminal import Terminal

SIZES = [(80, 24), (120, 40), (200, 60)]


async def with_answers(opened: Opened) -> None:
    await opened.press("exclamation_mark", *"id", "enter")
    await opened.until(lambda: opened.fakes.jobs.started and opened.screen.answers.display)
    opened.fakes.jobs.started[0].end("kvm01", out=b"uid=0")
    await opened.press("escape")
    await opened.until(lambda: opened.hosts.has_focus and opened.has("1/1 done"))


@pytest.mark.parametrize("size", SIZES)
async def test_the_tree_the_panel_and_the_answers_can_have_all_the_room(size: tuple[int, int]) -> None:
    async with open_app(FleetServices(rack(4)), size) as opened:
        await with_answers(opened)
        before = opened.hosts.size
        await opened.press("w")
        await opened.until(lambda: opened.hosts.size.width == size[0] and opened.hosts.size.height >= size[1] - 5)
        assert opened.has("all the room: w shares it again") and opened.has("kvm01 (1)")
        await opened.press("escape")
        await opened.until(lambda: opened.hosts.size == before)
        await opened.press("w", "enter")
        await opened.until(lambda: opened.panel.domains.has_focus)
        assert not opened.hosts.display, "the panel lies over the list"
        await opened.press("escape", "escape")
        await opened.until(lambda: opened.hosts.has_focus and opened.hosts.size == before)
        await opened.press("enter", "w")
        await opened.until(lambda: opened.panel.size.width >= size[0] - 1 and opened.panel.size.height >= size[1] - 5)
        assert opened.panel.domains.has_focus
        await opened.press("w")
        opened.screen.answers.focus()
        await opened.until(lambda: opened.screen.answers.has_focus)
        opened.screen.action_command("zoom")  # w saves them
        await opened.until(lambda: opened.screen.answers.size.height >= size[1] - 6)
        assert opened.has("all the room: esc shares it again")
        await opened.until(lambda: not opened.screen.is_in_sight(opened.hosts))
        assert opened.screen.answers.has_focus


@pytest.mark.parametrize("size", SIZES)
async def test_another_view_and_new_answers_end_it(size: tuple[int, int]) -> None:
    fakes = FleetServices(rack(4))
    async with open_app(fakes, size) as opened:
        await with_answers(opened)
        before = opened.hosts.size
        await opened.press("w", "3")
        await opened.until(lambda: opened.screen.view.id == "heat" and opened.screen.answers.region.height > 0)
        await opened.press("1", "w", "exclamation_mark", *"id", "enter")
        await opened.until(lambda: len(fakes.jobs.started) == 2 and opened.screen.answers.region.height > 0)
        assert opened.hosts.size.width == before.width


async def test_the_mouse_can_be_left_to_the_terminal(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("M")
        await opened.until(lambda: opened.has("the mouse is the terminal's own, to mark text: M takes it back"))
        await opened.press("M")
        await opened.until(lambda: opened.has("the mouse works here again"))


def test_a_real_terminal_has_its_mouse_until_it_is_taken_back(tmp_path: Path) -> None:
    terminal = Terminal(["demo", "--hosts", "4", "--seed", "1"], tmp_path)
    try:
        terminal.shows("kvm01")
        assert b"\x1b[?1003h" in terminal.received
        for told, mode in (("M takes it back", b"\x1b[?1003l"), ("the mouse works here again", b"\x1b[?1003h")):
            seen = len(terminal.received)
            terminal.keys("M")
            terminal.shows(told)
            assert mode in terminal.received[seen:]
        terminal.keys("Mq")
        assert terminal.ended() == 0 and terminal.is_given_back()
        assert terminal.received.rfind(b"\x1b[?1003l") > terminal.received.rfind(b"\x1b[?1003h")
    finally:
        terminal.close()
