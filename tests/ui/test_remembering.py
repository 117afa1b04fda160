"""How the screen was left is how it begins; what was asked for comes before that, and nonsense costs nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.config.remembered import ScreenMemory

from .conftest import open_app
from .fleet_services import FleetServices, rack


def fleet(file: Path, view: str | None = None) -> FleetServices:
    fakes = FleetServices([*rack(4), *rack(2, tag="rack2", start=5)])
    fakes.services = replace(fakes.services, memory=ScreenMemory(file, "demo"), view=view)
    return fakes


async def test_order_folds_and_view_are_as_they_were_left(tmp_path: Path) -> None:
    file = tmp_path / "screen.json"
    async with open_app(fleet(file)) as opened:
        await opened.press("colon", *"sort", "space", *"name", "enter")
        await opened.until(lambda: opened.hosts.sort == "name")
        opened.hosts.focus()
        await opened.press("home", "left")
        await opened.until(lambda: not opened.has("kvm01 "))
        await opened.press("3")
        await opened.until(lambda: opened.has("▸ heat"))
    async with open_app(fleet(file)) as opened:
        await opened.until(lambda: opened.has("▸ heat"))
        await opened.press("escape")
        await opened.until(lambda: opened.hosts.has_focus)
        assert opened.hosts.sort == "name" and opened.hosts.asked.folded
        assert opened.has("kvm05") and not opened.has("kvm01 ")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_an_order_that_was_turned_round_is_so_again(tmp_path: Path, size: tuple[int, int]) -> None:
    file = tmp_path / "screen.json"
    async with open_app(fleet(file), size) as opened:
        await opened.press("S", "colon", *"sort", "space", *"cpu", "space", "minus", "enter")
        await opened.until(lambda: opened.hosts.order == ("cpu", True))
        await opened.press("colon", *"reverse", "enter")
        await opened.until(lambda: opened.hosts.order == ("cpu", False))
        await opened.press("colon", *"reverse", "space", *"no", "enter")
        await opened.until(lambda: opened.has("write reverse, reverse on or reverse off"))
        await opened.press("S")
        await opened.until(lambda: str(opened.screen.navigation.locator) == "fleet?sort=cpu%20-")
    async with open_app(fleet(file), size) as opened:
        await opened.until(lambda: opened.hosts.order == ("cpu", True))
        await opened.press("2", "S")
        await opened.until(lambda: opened.screen.view.settings == (("sort", "trouble -"),))
    async with open_app(fleet(file), size) as opened:
        await opened.until(lambda: opened.screen.view.settings == (("sort", "trouble -"),))
        opened.app.type_command("reverse")
        await opened.until(lambda: opened.screen.view.settings == ())


async def test_a_filter_is_not_remembered_since_it_hides_hosts(tmp_path: Path) -> None:
    file = tmp_path / "screen.json"
    async with open_app(fleet(file)) as opened:
        await opened.press("slash", *"rack2", "enter")
        await opened.until(lambda: opened.hosts.shown_hosts == ("kvm05", "kvm06"))
    async with open_app(fleet(file)) as opened:
        await opened.until(lambda: len(opened.hosts.shown_hosts) == 6)


async def test_a_view_that_is_asked_for_comes_first_and_is_no_habit(tmp_path: Path) -> None:
    file = tmp_path / "screen.json"
    async with open_app(fleet(file, "events")) as opened:
        await opened.until(lambda: opened.has("▸ events"))
    async with open_app(fleet(file)) as opened:
        await opened.until(lambda: opened.hosts.has_focus and not opened.has("▸ events"))


@pytest.mark.parametrize(
    "left", [{"view": "nowhere?x"}, {"sort": "gone", "columns": ["gone"], "group": "gone"}, {"view": "host/gone"}]
)
async def test_what_is_not_there_any_more_costs_nothing(tmp_path: Path, left: dict[str, object]) -> None:
    file = tmp_path / "screen.json"
    ScreenMemory(file, "demo").keep(theme="dark")
    kept = json.loads(file.read_text())
    kept["fleets"]["demo"].update(left)
    file.write_text(json.dumps(kept))
    async with open_app(fleet(file)) as opened:
        await opened.press("escape")
        await opened.until(lambda: opened.hosts.has_focus and len(opened.hosts.shown_hosts) == 6)
