"""Whatever the screens paint as text can be read in every theme, in all the colours that terminals are sent."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.color import ColorSystem
from rich.style import Style
from textual.app import App
from textual.filter import DimFilter
from textual.geometry import Region

from atp_tui.model.host import HostInfo
from atp_tui.ui.screens.guide import GuideApp, GuideLook
from atp_tui.ui.theme import ColorTheme

from .conftest import Opened, open_app
from .fleet_services import FleetServices, S, rack
from .test_dialogues import asking, opened_by
from .test_theme import COLOURED, ENOUGH, contrast

DEPTHS = (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT)
"""What terminals are sent; in 16 colours every theme is the terminal's own colours."""

DRAWN = re.compile(r"[\s─-╿▀-▟⠀-⣿]+")
"""Lines, bars and charts: no text."""

STEPS = {
    "the fleet": (),
    "marks": ("space", "down", "space", "down"),
    "the line for commands": ("exclamation_mark",),
    "a command": tuple("id"),
    "answers": ("enter", "escape"),
    "a filter": ("slash", "z"),
    "a command line": ("escape", "colon", "r"),
    "the palette": ("escape", "escape", "ctrl+p"),
    "what it finds": ("k", "v"),
    "help": ("escape", "escape", "question_mark"),
    "what is refused": ("escape", "ctrl+z"),
}
"""What is looked at, and the keys from the look before to there."""

THEMES = pytest.mark.parametrize("theme", COLOURED, ids=lambda t: t.name)


@asynccontextmanager
async def hosts_in_all_states() -> AsyncIterator[Opened]:
    fakes = FleetServices(rack(5) + rack(2, tag="rack2", start=6))
    async with open_app(fakes) as opened:
        for host, state in zip(("kvm02", "kvm03", "kvm04"), (S.FAILED, S.RECONNECTING, S.CONNECTING), strict=True):
            fakes.transport.change(host, state, "the cause")
        await opened.until(lambda: opened.has("✕ 1"))
        yield opened


@THEMES
async def test_all_text_of_the_fleets_screen_can_be_read(theme: ColorTheme) -> None:
    async with hosts_in_all_states() as opened:
        opened.app.theme = theme.name
        bad = []
        for name, keys in STEPS.items():
            await opened.press(*keys)
            await opened.pilot.pause(0.05)
            bad += [f"{name}: {each}" for each in unreadable(opened.app, theme)]
        assert not bad, "\n".join(bad)


@THEMES
@pytest.mark.parametrize("key", ["K", "P"])
async def test_all_text_of_a_dialogue_can_be_read(theme: ColorTheme, key: str) -> None:
    async with open_app(asking()) as opened:
        opened.app.theme = theme.name
        await opened_by(opened, key)
        assert not list(unreadable(opened.app, theme, opened.app.screen.query_one("#ask").region))


@THEMES
async def test_all_text_of_the_first_start_can_be_read(theme: ColorTheme) -> None:
    look = GuideLook(theme.name, notice="something is wrong")
    app = GuideApp([HostInfo("kvm01", "kvm01")], Path("/home/me/hosts.toml"), lambda _: "[[hosts]]", look)
    async with app.run_test(size=(100, 30)) as pilot:
        for key in ("down", "1", "space"):
            await pilot.pause()
            assert not list(unreadable(app, theme))
            await pilot.press(key)


def unreadable(app: App[Any], theme: ColorTheme, part: Region | None = None) -> Iterator[str]:
    """The texts on the screen, or in a part of it, that cannot be read, with their colours. What lies behind a dialogue
    is dimmed on purpose."""
    part = part or app.screen.region
    ground = app.screen.background_colors[1]
    for whole in app.screen._compositor.render_strips()[part.y : part.bottom]:
        strip = whole.crop(part.x, part.right)
        for text, style, _ in strip.apply_filter(DimFilter(), ground):
            if style is None or not DRAWN.sub("", text):
                continue
            for depth in DEPTHS:
                ratio = readable(style, depth)
                if ratio < ENOUGH.get(theme.name, 4.5):
                    yield f"{text.strip()!r} {ratio:.2f}, {style} in {depth.name}"


def readable(style: Style, depth: ColorSystem) -> float:
    """The contrast of text and ground in that many colours."""
    assert style.color is not None and style.bgcolor is not None, style
    text, ground = (colour.downgrade(depth).get_truecolor().hex for colour in (style.color, style.bgcolor))
    return contrast(ground, text)
