"""The themes that come with the program are whole and readable; a bad file is told about and harms no other."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
import rich.color
from rich.color import ColorSystem
from textual.app import ComposeResult
from textual.color import Color

from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import ConfigError
from atp_tui.ui.theme import ROLES, STATES, ColorTheme, load_theme, load_themes, themes_folder
from atp_tui.ui.views.fleet.tree import HostTree
from atp_tui.ui.widgets.lines import BAR

from .conftest import open_app
from .fleet_services import FleetServices
from .rows import ThemedApp, host_row
from .shown import ShownRows, show

SHIPPED, PROBLEMS = load_themes([themes_folder()])
ENOUGH = {"high-contrast": 7.0}
TEXT_ROLES = ("dim", "mark", "chart", "title", "title-focus")

GOOD = (themes_folder() / "dark.toml").read_text("utf-8")


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast ratio; https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in Color.parse(color).normalized]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_promised_themes_are_there() -> None:
    assert PROBLEMS == ()
    assert set(SHIPPED) == {"dark", "light", "high-contrast", "colour-blind-safe", "terminal-16"}


@pytest.mark.parametrize("theme", [theme for theme in SHIPPED.values() if not theme.textual.ansi], ids=lambda t: t.name)
def test_every_text_can_be_read(theme: ColorTheme) -> None:
    background, foreground = theme.textual.background, theme.textual.foreground
    assert background is not None
    assert foreground is not None
    for ground in (background, theme.colors["cursor"], theme.colors["cursor-blurred"]):
        for role in (*STATES, *TEXT_ROLES):
            ratio = contrast(theme.colors[role], ground)
            assert ratio >= ENOUGH.get(theme.name, 4.5), f"{role} on {ground}: {ratio:.2f}"
        assert contrast(foreground, ground) >= 7


@pytest.mark.parametrize("theme", [theme for theme in SHIPPED.values() if not theme.textual.ansi], ids=lambda t: t.name)
async def test_what_the_empty_command_line_says_can_be_read(theme: ColorTheme, fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        opened.app.theme = theme.name
        await opened.press("exclamation_mark")
        strip = opened.screen.query_one("#line").render_line(0)
        (style,) = (segment.style for segment in strip if " command for" in segment.text)
        assert style is not None
        assert style.color is not None
        assert style.bgcolor is not None
        ratio = contrast(style.color.get_truecolor().hex, style.bgcolor.get_truecolor().hex)
        assert ratio >= ENOUGH.get(theme.name, 4.5), f"{style}: {ratio:.2f}"


COLOURED = [theme for theme in SHIPPED.values() if not theme.textual.ansi]


def of_256(color: str) -> str:
    """The colour that a terminal of 256 colours is sent in place of this one."""
    return rich.color.Color.parse(color).downgrade(ColorSystem.EIGHT_BIT).get_truecolor().hex


@pytest.mark.parametrize("theme", COLOURED, ids=lambda t: t.name)
def test_a_theme_is_the_same_one_in_256_colours(theme: ColorTheme) -> None:
    background = theme.textual.background
    assert background is not None
    surface, panel = theme.textual.surface, theme.textual.panel
    assert surface is not None and panel is not None
    grounds = [background, theme.colors["cursor"], theme.colors["cursor-blurred"]]
    for ground in (*grounds, surface, panel):
        red, green, blue = Color.parse(ground).rgb
        if max(red, green, blue) - min(red, green, blue) < 20:  # a grey must not become teal or lavender
            assert len(set(Color.parse(of_256(ground)).rgb)) == 1, f"{ground} is {of_256(ground)}"
        assert contrast(of_256(theme.textual.foreground or ""), of_256(ground)) >= 7
        for role in (*STATES, *TEXT_ROLES) if ground in grounds else ():
            ratio = contrast(of_256(theme.colors[role]), of_256(ground))
            assert ratio >= ENOUGH.get(theme.name, 4.5), f"{role} on {ground}: {ratio:.2f}"
    assert len({of_256(ground) for ground in grounds}) == 3, "the line under the cursor has a ground of its own"
    signs = [of_256(theme.colors[state]) for state in ("connected", "reconnecting", "failed")]
    assert len(set(signs)) == 3


@pytest.mark.parametrize("depth", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT], ids=["true", "256"])
@pytest.mark.parametrize("focused", [True, False])
@pytest.mark.parametrize("theme", COLOURED, ids=lambda t: t.name)
async def test_the_cursor_is_found_in_every_theme(theme: ColorTheme, focused: bool, depth: ColorSystem) -> None:
    app = _TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.theme = theme.name
        show(app.hosts, (host_row("kvm01"), host_row("kvm02")))
        app.screen.set_focus(app.hosts if focused else None)
        await pilot.pause()
        first = next(iter(app.hosts.render_line(1)))
        assert first.text == BAR
        assert first.style is not None and first.style.color is not None
        bar = first.style.color.downgrade(depth).get_truecolor().hex
        assert theme.textual.background is not None
        ground = rich.color.Color.parse(theme.textual.background).downgrade(depth).get_truecolor().hex
        assert contrast(bar, ground) >= 3
        assert BAR not in app.hosts.render_line(2).text


@pytest.mark.parametrize("focused", [True, False])
async def test_the_cursor_is_found_in_the_terminals_own_colours(focused: bool) -> None:
    app = _TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.theme = "terminal-16"
        show(app.hosts, (host_row("kvm01", state=ConnectionState.FAILED), host_row("kvm02")))
        app.screen.set_focus(app.hosts if focused else None)
        await pilot.pause()
        at_cursor, below = ([each.style for each in app.hosts.render_line(row) if each.style] for row in (3, 4))
        assert all(style.reverse if focused else style.underline for style in at_cursor)
        assert not focused or len({style.color for style in at_cursor}) == 1, "no red block on red"
        assert not any(style.reverse or style.underline for style in below)


def test_the_terminal_theme_uses_the_terminals_colours_only() -> None:
    theme = SHIPPED["terminal-16"]
    assert all(theme.colors[name].startswith("ansi_") for name in (*STATES, *ROLES))


@pytest.mark.parametrize("name", [*SHIPPED, "textual-dark", "textual-light"])
async def test_the_tree_is_drawn_under_every_theme(name: str) -> None:
    app = _TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.theme = name
        show(app.hosts, (host_row("kvm01"),))
        await pilot.pause()
        strip = app.hosts.render_line(1)
        signs = [segment.style for segment in strip if segment.text.startswith("●")]
        assert signs
        assert signs[0] is not None
        assert signs[0].color is not None


async def test_another_theme_is_seen_at_once() -> None:
    app = _TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        show(app.hosts, (host_row("kvm01"),))
        seen = []
        for name in ("dark", "light"):
            app.theme = name
            await pilot.pause()
            await pilot.pause()
            seen += [
                segment.style.color for segment in app.hosts.render_line(1) if segment.style and "●" in segment.text
            ]
        assert [color.name for color in seen if color] == [
            SHIPPED[name].colors["connected"] for name in ("dark", "light")
        ]


async def test_a_theme_that_differs_in_one_colour_is_seen_too() -> None:
    app = _TreeApp()
    async with app.run_test(size=(60, 10)) as pilot:
        show(app.hosts, (host_row("kvm01"),))
        dark = app.get_theme("dark")
        assert dark is not None
        app.register_theme(replace(dark, name="pink", variables={**dark.variables, "connected": "#ff00aa"}))
        for name in ("dark", "pink"):
            app.theme = name
            await pilot.pause()
            await pilot.pause()
        line = app.screen._compositor.render_strips()[1 + app.hosts.region.y]
        assert [part.style.color.name for part in line if part.style and part.style.color and "●" in part.text] == [
            "#ff00aa"
        ]


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        (GOOD.replace('failed = "#f4877f"', 'failed = "reddish"'), "states.failed", 18),
        (GOOD.replace('failed = "#f4877f"\n', ""), "states.failed", 14),
        (GOOD.replace("[roles]", '[roles]\nblink = "#ffffff"'), "roles.blink", 23),
        (GOOD.replace('mark = "#e6c07b"', "mark = 3"), "roles.mark", 24),
        (GOOD.replace("dark = true", 'dark = "yes"'), "dark", 3),
        (GOOD.replace('name = "dark"', 'name = "../x"'), "name", 2),
        (GOOD + '\ncursor-style = "blink"', "roles.cursor-style", 32),
        ("colors = 3", "colors", 1),
        ("name = ", None, 1),
        ("# a\n\udcff", None, 2),
        (GOOD.replace('name = "dark"', 'name = "auto"'), "name", 2),
        pytest.param("a = " + "[" * 50_000, None, None, id="deep"),
        pytest.param(GOOD.replace("dark = true", "dark = 0x" + "f" * 6_000), None, None, id="long"),
    ],
)
def test_a_bad_file_names_itself_and_its_key(tmp_path: Path, text: str, key: str | None, line: int | None) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError) as caught:
        load_theme(file)
    assert (caught.value.file, caught.value.key, caught.value.line) == (file, key, line)


@pytest.mark.parametrize("kind", ["fifo", "directory", "endless"])
def test_what_is_no_file_is_no_theme_and_holds_nothing_up(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "mine.toml"
    if kind == "endless":
        file.symlink_to("/dev/zero")
    else:
        os.mkfifo(file) if kind == "fifo" else file.mkdir()
    with pytest.raises(ConfigError, match=r"cannot be read: (is no regular file|Is a directory)"):
        load_theme(file)


def test_a_theme_that_others_may_write_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(GOOD.replace('name = "dark"', 'name = "own"'), "utf-8")
    assert "own" in load_themes([tmp_path])[0]
    file.chmod(0o666)
    themes, problems = load_themes([themes_folder(), tmp_path])
    assert "own" not in themes and [problem.file for problem in problems] == [file]


def test_a_bad_file_harms_no_other_and_ones_own_replaces_ours(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("name =", "utf-8")
    (tmp_path / "own.toml").write_text(GOOD.replace("#15171b", "#000000"), "utf-8")
    themes, problems = load_themes([themes_folder(), tmp_path, tmp_path / "nowhere"])
    assert [problem.file for problem in problems] == [tmp_path / "broken.toml"]
    assert themes["dark"].textual.background == "#000000"
    assert set(themes) == set(SHIPPED)


class _TreeApp(ThemedApp):
    def __init__(self) -> None:
        super().__init__()
        self.hosts = HostTree(ShownRows())

    def compose(self) -> ComposeResult:
        yield self.hosts
