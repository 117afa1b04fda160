"""Terminals that can show ASCII alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.model.host import HostInfo
from atp_tui.ui.app import AtpApp
from atp_tui.ui.ascii import needs_ascii, plain
from atp_tui.ui.screens.guide import GuideApp, GuideLook
from atp_tui.ui.text import width_of

from .conftest import Opened, lines_of
from .fleet_services import FleetServices, S, rack


@pytest.mark.parametrize(
    ("environment", "encoding", "needed"),
    [
        ({"LANG": "C.UTF-8"}, "utf-8", False),
        ({"LANG": "de_DE.UTF-8", "TERM": "xterm"}, "utf-8", False),
        ({}, "utf-8", False),
        ({"LANG": "C"}, "utf-8", True),  # Python makes UTF-8 of it
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "POSIX"}, "utf-8", True),
        ({"LANG": "C", "LC_CTYPE": "en_US.UTF-8"}, "utf-8", False),
        ({"LANG": "C.UTF-8", "TERM": "linux"}, "utf-8", True),
        ({"LANG": "de_DE"}, "iso8859-1", True),
        ({}, None, True),
    ],
)
def test_the_locale_and_the_console_say_so(environment: dict[str, str], encoding: str | None, needed: bool) -> None:
    assert needs_ascii(environment, encoding) is needed


def test_what_stands_for_other_characters_is_as_wide() -> None:
    text = "│ kvm01 ❯ 数据库 é · …"
    assert plain(text).isascii()
    assert width_of(plain(text)) == width_of(text)


@pytest.mark.parametrize("keys", [(), ("question_mark",), ("K",), ("ctrl+p",), ("exclamation_mark", "x", "enter")])
@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_nothing_else_is_painted(keys: tuple[str, ...], size: tuple[int, int]) -> None:
    fakes = FleetServices(rack(3))
    app = AtpApp(replace(fakes.services, ascii_only=True))
    async with app.run_test(size=size) as pilot:
        opened = Opened(pilot, fakes)
        await opened.until(lambda: "started" in fakes.life)
        fakes.transport.change("kvm01", S.CONNECTED)
        fakes.transport.change("kvm02", S.FAILED, "数据库 is lost")
        await opened.until(lambda: "is lost" in "\n".join(lines_of(app)))
        await opened.press(*keys)
        for _ in range(5):
            await pilot.pause(0.05)
            text = "\n".join(lines_of(app))
            assert text.isascii(), {each for each in text if not each.isascii()}


async def test_the_guide_too() -> None:
    app = GuideApp([HostInfo("kvm01", "kvm01")], Path("/home/me/hosts.toml"), lambda _: "", GuideLook(ascii_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "\n".join(lines_of(app)).isascii()
        await pilot.press("1")
        await pilot.pause()
        assert "[x] kvm01" in "\n".join(lines_of(app))
        assert "\n".join(lines_of(app)).isascii()
        await pilot.press("escape", "q")
