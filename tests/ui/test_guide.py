"""The first start: the choices, what an import would do before it does it, and the theme that was asked for."""

from __future__ import annotations

import math
import time
from functools import partial
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from atp_tui.config.forges import is_forge
from atp_tui.config.load import parse
from atp_tui.config.store import text_with
from atp_tui.model.host import HostInfo
from atp_tui.ui.screens.guide import GuideAnswer, GuideApp, GuideChoice, GuideLook
from atp_tui.ui.screens.import_hosts import ImportScreen

from .conftest import lines_of

PATH = Path("/home/me/.config/atp_tui/hosts.toml")
FOUND = tuple(HostInfo(name, name) for name in ("kvm01", "kvm02", "github.com", "work-gitlab"))


def guide(found: tuple[HostInfo, ...] = FOUND, look: GuideLook | None = None) -> GuideApp:
    return GuideApp(found, PATH, partial(text_with, PATH), look or GuideLook())


def shown(app: App[object]) -> str:
    return "\n".join(lines_of(app))


async def open_import(pilot: Pilot[object], *, listens_from: float = -math.inf) -> None:
    """Choose the import, which listens for keys from that moment on (seconds of time.monotonic)."""
    await pilot.press("1")
    screen = pilot.app.screen
    assert isinstance(screen, ImportScreen)
    while not screen.is_shown:
        await pilot.pause()
    screen.appeared(listens_from)


@pytest.mark.parametrize(
    ("keys", "choice"),
    [
        (["2"], GuideChoice.DEMO), (["3"], GuideChoice.EXAMPLE), (["q"], GuideChoice.QUIT),
        (["escape"], GuideChoice.QUIT), (["down", "enter"], GuideChoice.DEMO),
    ],
)  # fmt: skip
async def test_the_guide_returns_what_was_chosen(keys: list[str], choice: GuideChoice) -> None:
    app = guide()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "4 hosts found" in shown(app) and str(PATH) in shown(app)
        await pilot.press(*keys)
    assert app.return_value == GuideAnswer(choice)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_guide_stands_in_the_middle_and_breaks_no_line(size: tuple[int, int]) -> None:
    app = guide()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        lines = lines_of(app)
        top = next(row for row, line in enumerate(lines) if "welcome" in line)
        bottom = max(row for row, line in enumerate(lines) if line.strip())
        assert abs(top - (size[1] - 1 - bottom)) <= 1
        left, right = lines[top].index("┌"), len(lines[top]) - 1 - lines[top].rindex("┐")
        assert abs(left - right) <= 1
        assert any(line.strip(" │") == f"{PATH}" for line in lines)
        assert sum("simulated fleet, nothing real" in line for line in lines) == 1


async def test_nothing_is_imported_where_nothing_was_found() -> None:
    app = guide(())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1")
        assert app.return_value is None
        await pilot.press("enter")
    assert app.return_value == GuideAnswer(GuideChoice.DEMO)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_an_import_shows_the_hosts_and_the_file_before_anything_is_done(size: tuple[int, int]) -> None:
    app = guide()
    async with app.run_test(size=size) as pilot:
        await open_import(pilot)
        text = shown(app)
        assert "[x] kvm01" in text and "[ ] github.com" in text and "[ ] work-gitlab" in text
        assert "2 of 4 chosen" in text and str(PATH) in text and 'id = "kvm01"' in text
        assert "no host is contacted before Enter" in text
        assert app.return_value is None
        await pilot.press("enter")
    assert app.return_value == GuideAnswer(GuideChoice.IMPORT, FOUND[:2])


async def test_hosts_are_chosen_and_tags_and_user_are_for_all() -> None:
    app = guide()
    async with app.run_test(size=(120, 40)) as pilot:
        await open_import(pilot)
        await pilot.press("space", "end", "space", "tab", *"lab", "space", *"rack1", "tab", *"root")
        await pilot.pause()
        text = shown(app)
        assert "[ ] kvm01" in text and "[x] work-gitlab" in text
        assert 'tags = ["lab", "rack1"]' in text and 'user = "root"' in text
        await pilot.press("enter")
    answer = app.return_value
    assert isinstance(answer, GuideAnswer)
    written = parse(text_with(PATH, answer.hosts), PATH).hosts
    assert [(host.id, host.tags, host.ssh and host.ssh.user) for host in written] == [
        ("kvm02", ("lab", "rack1"), "root"),
        ("work-gitlab", ("lab", "rack1"), "root"),
    ]


async def test_a_tag_that_cannot_be_one_is_told_and_nothing_is_written() -> None:
    app = guide()
    async with app.run_test(size=(120, 40)) as pilot:
        await open_import(pilot)
        await pilot.press("tab", "@", "x", "enter")
        await pilot.pause()
        assert "tag" in lines_of(app)[-2]
        assert isinstance(app.screen, ImportScreen) and app.return_value is None


async def test_where_the_file_has_no_room_to_be_shown_nothing_is_written() -> None:
    app = guide()
    async with app.run_test(size=(60, 15)) as pilot:
        await open_import(pilot)
        await pilot.resize_terminal(40, 8)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, ImportScreen) and app.return_value is None
        assert "Needs 60x15" in shown(app)
        await pilot.resize_terminal(60, 15)
        await pilot.press("enter")
    assert app.return_value == GuideAnswer(GuideChoice.IMPORT, FOUND[:2])


async def test_with_no_host_chosen_enter_does_nothing_and_escape_goes_back() -> None:
    app = guide()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_import(pilot)
        await pilot.press("u", "enter")
        await pilot.pause()
        assert "nothing would be written" in shown(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "welcome" in shown(app)
        await pilot.press("q")
    assert app.return_value == GuideAnswer(GuideChoice.QUIT)


async def test_enter_that_is_held_since_the_choice_before_writes_nothing() -> None:
    app = guide()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_import(pilot, listens_from=time.monotonic() + 60)
        await pilot.press("enter", "enter", "space")
        await pilot.pause()
        assert isinstance(app.screen, ImportScreen) and app.return_value is None
        assert "2 of 4 chosen" in shown(app)
        app.screen.appeared(-math.inf)  # each early key begins the wait anew, however long ago it opened
        await pilot.press("enter")
    assert app.return_value == GuideAnswer(GuideChoice.IMPORT, FOUND[:2])


async def test_hostile_names_stay_in_their_line() -> None:
    app = guide((HostInfo("kvm01", "kvm01"), HostInfo("k" * 90, "k" * 90)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("1")
        await pilot.pause()
        assert all(len(line) <= 80 for line in lines_of(app))


async def test_the_theme_that_was_asked_for_is_the_guides() -> None:
    app = guide(look=GuideLook(theme="light"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.theme == "light" and "no theme" not in shown(app)


async def test_a_theme_that_is_not_there_is_told() -> None:
    app = guide(look=GuideLook(theme="nope\x1b[31m"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.theme == "dark"
        assert "no theme nope␛[31m: there are auto, colour-blind-safe, dark" in shown(app)


@pytest.mark.parametrize(
    "name", ["github.com", "GitHub.com", "Salsa.Debian.org.", "ssh.github.com", "gh-github", "gitlab.example.org"]
)
def test_forges(name: str) -> None:
    assert is_forge(name)


@pytest.mark.parametrize("name", ["kvm01", "mygithubbed", "notgithub.com.example", "hub", "git"])
def test_hosts_that_are_no_forges(name: str) -> None:
    assert not is_forge(name)
