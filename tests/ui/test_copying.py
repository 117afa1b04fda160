"""Copies: the address of a host by one key, and terminals that are known to take none."""

from __future__ import annotations

from typing import Any, cast

import pytest
from textual.app import App

from atp_tui.ui.copying import copied

from .conftest import open_app
from .fleet_services import FleetServices, rack

SIZES = [(80, 24), (120, 40)]


class Terminal:
    """An application with a terminal, as far as a copy needs it."""

    is_headless = False

    def __init__(self) -> None:
        self.copies: list[str] = []

    def copy_to_clipboard(self, text: str) -> None:
        self.copies.append(text)


@pytest.mark.parametrize(("term", "takes"), [("xterm-256color", True), ("linux", False), ("dumb", False)])
def test_a_terminal_that_is_known_to_take_no_copies_is_told_of(
    term: str, takes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    terminal = Terminal()
    assert copied(cast(App[Any], terminal), "192.0.2.2") is takes and terminal.copies == ["192.0.2.2"]


@pytest.mark.parametrize("size", SIZES)
async def test_a_key_copies_the_address_of_the_host_under_the_cursor(size: tuple[int, int]) -> None:
    async with open_app(FleetServices(rack(3)), size) as opened:
        await opened.press("space", "j", "y")  # the marked one is another
        await opened.until(lambda: opened.has("copied 192.0.2.3"))
        assert opened.app.clipboard == "192.0.2.3"
        await opened.press("3", "right", "y")
        await opened.until(lambda: opened.screen.view.id == "heat" and opened.app.clipboard == "192.0.2.3")
        await opened.press("1", "home", "y")
        await opened.until(lambda: opened.has("copied 3 addresses"))
        assert opened.app.clipboard == "192.0.2.2\n192.0.2.3\n192.0.2.4", "of a group"
        await opened.press("4", "y")
        await opened.until(lambda: opened.has("▸ events") and opened.has("no host is under the cursor"))


async def test_the_addresses_of_a_target_are_copied_by_name(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("colon")
        await opened.type("copy-address @kvm02")
        await opened.press("enter")
        await opened.until(lambda: opened.app.clipboard == "192.0.2.3")
        opened.app.type_command("copy-address @nobody")
        await opened.until(lambda: opened.has("nobody"))
        assert opened.app.clipboard == "192.0.2.3"
