"""Files of themes that change while the program runs, and the theme that follows the terminal."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot

from atp_tui.ui.theme import AUTO, following, in_16_colours, load_themes, themes_folder
from atp_tui.ui.theme_folders import ThemeFolders
from atp_tui.ui.themed_app import ThemedApp

DARK = (themes_folder() / "dark.toml").read_text("utf-8")
OWN = DARK.replace('name = "dark"', 'name = "own"')
SHIPPED, _ = load_themes([themes_folder()])


def background(folders: ThemeFolders, name: str) -> str | None:
    return folders.themes[name].textual.background


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "own.toml"
    written.write_text(OWN, "utf-8")
    return written


def write(file: Path, text: str, turn: int = 1) -> None:
    """Write it at another time than before, however coarse the clock of the file system is."""
    file.write_text(text, "utf-8")
    os.utime(file, ns=(turn, turn))


def remove(file: Path) -> None:
    file.unlink()


def test_a_change_is_read_once_it_stays_as_it_is(file: Path) -> None:
    folders = ThemeFolders([file.parent])
    assert not folders.look_again() and not folders.look_again()
    write(file, "name =", 1)
    assert not folders.look_again(), "an editor may be in the middle of it"
    write(file, OWN.replace("#15171b", "#000000"), 2)
    assert not folders.look_again()
    assert folders.look_again() and not folders.problems
    assert background(folders, "own") == "#000000"
    assert not folders.look_again()


def test_a_broken_file_costs_no_theme_that_was_there_and_is_told(file: Path) -> None:
    folders = ThemeFolders([file.parent])
    write(file, OWN.replace('failed = "#f4877f"', 'failed = "reddish"'))
    folders.look_again()
    assert folders.look_again()
    assert [(each.file, each.line, each.key) for each in folders.problems] == [(file, 18, "states.failed")]
    assert background(folders, "own") == "#15171b"


def test_ones_own_dark_theme_that_breaks_stays_ones_own(file: Path) -> None:
    write(file, DARK.replace("#15171b", "#000000"), 1)
    folders = ThemeFolders([file.parent])
    write(file, "name =", 2)
    folders.look_again()
    assert folders.look_again() and background(folders, "dark") == "#000000"
    file.unlink()
    folders.look_again()
    assert folders.look_again() and background(folders, "dark") == SHIPPED["dark"].textual.background


def test_files_and_folders_come_and_go(tmp_path: Path) -> None:
    folders = ThemeFolders([tmp_path / "themes", tmp_path / "nowhere"])
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "own.toml").write_text(OWN, "utf-8")
    (tmp_path / "themes" / "dangling.toml").symlink_to("nothing")
    folders.look_again()
    assert folders.look_again() and "own" in folders.themes
    (tmp_path / "themes" / "own.toml").unlink()
    folders.look_again()
    assert folders.look_again() and "own" not in folders.themes


def test_in_16_colours_each_theme_has_its_name_and_the_terminals_colours() -> None:
    for name, theme in SHIPPED.items():
        shown = in_16_colours(theme, SHIPPED)
        assert shown.name == name and shown.textual.ansi
        assert all(colour.startswith("ansi_") for colour in (shown.colors["failed"], shown.colors["cursor"]))


@pytest.mark.parametrize(("dark", "like"), [(True, "dark"), (False, "light")])
def test_auto_is_as_the_ground(dark: bool, like: str) -> None:
    theme = following(SHIPPED, dark=dark)
    assert (theme.name, theme.colors, theme.textual.dark) == (AUTO, SHIPPED[like].colors, dark)


class _App(ThemedApp):
    def __init__(self, folder: Path, theme: str) -> None:
        super().__init__((folder,), theme=theme, ascii_only=False)
        self.warned: list[str] = []
        self.chosen: list[str] = []
        self.theme_chosen = self.chosen.append

    def warn(self, text: str) -> None:
        self.warned.append(text)

    @property
    def ground(self) -> str:
        return self.screen.styles.background.hex.lower()


@asynccontextmanager
async def shown(folder: Path, theme: str) -> AsyncIterator[tuple[_App, Pilot[object]]]:
    app = _App(folder, theme)
    async with app.run_test() as pilot:
        await pilot.pause()
        yield app, pilot


async def look(app: _App, pilot: Pilot[object]) -> None:
    app.look_at_themes()
    app.look_at_themes()
    await pilot.pause()
    await pilot.pause()


async def test_the_colours_on_screen_change_with_the_file_and_stay_where_it_is_broken_or_gone(file: Path) -> None:
    async with shown(file.parent, "own") as (app, pilot):
        write(file, OWN.replace("#15171b", "#000000"), 1)
        await look(app, pilot)
        assert app.ground == "#000000" and not app.warned
        write(file, OWN.replace('name = "own"', 'name = "auto"'), 2)
        await look(app, pilot)
        await look(app, pilot)
        (told,) = app.warned
        assert "own.toml:2: name: 'auto' is the theme that follows the terminal" in told and app.ground == "#000000"
        remove(file)
        await look(app, pilot)
        assert app.ground == "#000000" and app.theme == "own"
        assert not app.chosen, "that a file changes is no choice of a person"


async def test_without_the_focus_no_file_is_looked_at(file: Path) -> None:
    async with shown(file.parent, "own") as (app, pilot):
        write(file, OWN.replace("#15171b", "#000000"))
        app.app_focus = False
        await look(app, pilot)
        assert app.ground == "#15171b"
        app.app_focus = True
        await look(app, pilot)
        assert app.ground == "#000000"


async def test_auto_goes_with_what_the_terminal_tells_and_other_themes_do_not(tmp_path: Path) -> None:
    async with shown(tmp_path, AUTO) as (app, pilot):
        assert app.ground == SHIPPED["dark"].textual.background
        for dark, like in ((False, "light"), (False, "light"), (True, "dark")):
            app.ground_is(dark)
            await pilot.pause()
            await pilot.pause()
            assert app.ground == SHIPPED[like].textual.background
        assert not app.chosen
        app.theme = "high-contrast"
        app.ground_is(False)
        await pilot.pause()
        assert app.ground == SHIPPED["high-contrast"].textual.background
        assert app.chosen == ["high-contrast"]


async def test_the_styles_are_read_once_for_the_first_theme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again: list[Stylesheet] = []
    monkeypatch.setattr(Stylesheet, "reparse", again.append)
    async with shown(tmp_path, "light") as (app, _):
        assert (app.theme, app.ground, again) == ("light", (SHIPPED["light"].textual.background or "").lower(), [])
