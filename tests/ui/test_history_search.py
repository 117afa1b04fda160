"""The history of a fleet: searched by Ctrl+R, apart from that of others, and what another program adds to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from atp_tui.config.histories import history_of
from atp_tui.ui.history import History
from atp_tui.ui.widgets.command_pane import Mode

from .conftest import open_app
from .fleet_services import FleetServices, rack


async def test_ctrl_r_finds_lines_from_the_newest_on_and_enter_takes_one_without_running_it(tmp_path: Path) -> None:
    file = tmp_path / "histories" / "one"
    before = History(file)
    for line in ("virsh list", "uptime", "virsh nodeinfo", "Virsh odd"):
        before.add(line)
    fakes = FleetServices(rack(2), file)
    async with open_app(fakes) as opened:
        pane = opened.screen.pane
        await opened.press("exclamation_mark", *"draft", "ctrl+r")
        assert pane.mode is Mode.SEARCH
        await opened.until(lambda: opened.has("further back"))
        before.add("virsh of-another-program")  # is found too, though it came after the start
        await opened.press("escape", "ctrl+r", *"virsh")
        await opened.until(lambda: opened.has("virsh of-another-program"))
        await opened.press("ctrl+r")
        await opened.until(lambda: opened.has("Virsh odd"))
        await opened.press("ctrl+r")
        await opened.until(lambda: opened.has("virsh nodeinfo"))
        await opened.press("ctrl+r", "ctrl+r", "ctrl+r")
        await opened.until(lambda: opened.has("virsh list"))
        await opened.press("enter")
        assert (pane.mode, pane.line.value) == (Mode.RUN, "virsh list")
        assert not fakes.jobs.started
        await opened.press(*" {hsot}", "enter")
        await opened.until(lambda: opened.has("is no placeholder"))
        assert pane.line.value == "virsh list {hsot}" and not fakes.jobs.started
        await opened.press(*["backspace"] * 7)
        await opened.press("ctrl+r", *"nothing like it")
        await opened.until(lambda: opened.has("nothing found"))
        await opened.press("escape")
        assert (pane.mode, pane.line.value) == (Mode.RUN, "virsh list")


def test_a_search_with_a_capital_wants_that_capital() -> None:
    history = History()
    for line in ("Abc", "abc"):
        history.add(line)
    assert (history.search("abc"), history.search("abc", 1), history.search("Abc")) == ("abc", "Abc", "Abc")
    assert (history.search("abc", 2), history.search("")) == (None, None)


def test_each_fleet_has_its_own_that_begins_with_what_there_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    state = tmp_path / "atp_tui"
    state.mkdir(mode=0o700)
    (state / "history").write_text("uptime\n")
    one, other = history_of(tmp_path / "one.toml"), history_of(tmp_path / "other.toml")
    History(one).add("reboot-lab")
    assert History(history_of(tmp_path / "one.toml")).lines == ("uptime", "reboot-lab")
    assert History(other).lines == ("uptime",)
    assert os.stat(one).st_mode & 0o777 == 0o600 and os.stat(one.parent).st_mode & 0o777 == 0o700
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "new"))
    assert History(history_of(tmp_path / "one.toml")).lines == ()
