"""The screen on the engine itself: transport, monitor, jobs and the demo's SSH, with simulated hosts at the far end."""

from __future__ import annotations

import asyncio
import math
import os
import tempfile
from collections.abc import AsyncIterator, Callable, ItemsView
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from atp_tui.cli.arguments import Arguments
from atp_tui.cli.tui import screen_of
from atp_tui.config.fleet import FleetConfig
from atp_tui.config.load import load, parse
from atp_tui.drivers.sources import DemoOptions, DemoSource, FileSource
from atp_tui.engine.engine import Engine
from atp_tui.engine.source import FleetSource
from atp_tui.model.connection import ConnectionState
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import CommandResult
from atp_tui.model.target import TargetId
from atp_tui.ui.early_keys import HearsNothingAtFirst
from atp_tui.ui.screens.main import MainScreen
from atp_tui.ui.views.fleet.tree import HostTree
from atp_tui.ui.widgets.command_pane import CommandInput
from atp_tui.ui.widgets.host_panel import HostPanel

from .conftest import lines_of

S = ConnectionState
PATIENCE = 60.0
"""Seconds for anything to come about: a limit for hangs, no measure of speed."""


class Seen:
    """A running application on a real engine."""

    def __init__(self, pilot: Pilot[object], engine: Engine) -> None:
        self.pilot = pilot
        self.engine = engine

    @property
    def screen(self) -> MainScreen:
        screen = self.pilot.app.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    @property
    def hosts(self) -> HostTree:
        return self.screen.query_one(HostTree)

    @property
    def panel(self) -> HostPanel:
        return self.screen.query_one(HostPanel)

    @property
    def text(self) -> str:
        return "\n".join(lines_of(self.pilot.app))

    def ids(self, state: ConnectionState) -> set[str]:
        """The hosts that are in that state."""
        return {row.id for row in self.engine.view.rows() if row.state is state}

    def results(self) -> ItemsView[TargetId, CommandResult]:
        """The results of the last job."""
        return self.engine.jobs.jobs[-1].results.items()

    async def until(self, holds: Callable[[], object]) -> None:
        limit = asyncio.get_running_loop().time() + PATIENCE
        while not holds():
            assert asyncio.get_running_loop().time() < limit, self.text
            await self.pilot.pause(0.05)

    async def read(self) -> None:
        """Wait until a dialogue is on the screen, and for the moment after which it listens, without its length."""
        dialogue = self.pilot.app.screen
        assert isinstance(dialogue, HearsNothingAtFirst)
        await self.until(lambda: dialogue.is_shown)
        dialogue.appeared(-math.inf)

    async def go_down(self) -> None:
        """Press j, and wait until the cursor is on another line."""
        before = self.hosts.cursor_line
        assert before is not None
        await self.pilot.press("j")
        await self.until(lambda: (line := self.hosts.cursor_line) is not None and line.key != before.key)

    async def type(self, text: str) -> None:
        names = {" ": "space", "-": "minus", "@": "at", ",": "comma", "+": "plus", "=": "equals_sign", ":": "colon"}
        names |= {"/": "slash", ".": "full_stop"}
        await self.pilot.press(*(names.get(character, character) for character in text))


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a directory for temporary files, both empty."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@asynccontextmanager
async def opened(source: FleetSource) -> AsyncIterator[Seen]:
    """The application on that source; after it, no task of the engine is left."""
    engine = Engine(source)
    app = screen_of(engine, Arguments(verb="tui"))
    async with app.run_test(size=(120, 40)) as pilot:
        yield Seen(pilot, engine)
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_two_hosts_of_the_demo_answer_while_others_fail(temporary: Path) -> None:
    async with opened(DemoSource(DemoOptions(hosts=12, faults=True, seed=1))) as seen:
        await seen.until(lambda: seen.engine.fleet.summary().hosts >= 12)
        calm = [host for host in seen.engine.manager.list_hosts() if host.id.startswith("kvm")]
        one, two = [host.id for host in calm if "fault=" not in (host.uri or "")][:2]
        await seen.until(lambda: {one, two} <= seen.ids(S.CONNECTED))
        await seen.pilot.press("exclamation_mark")
        await seen.type(f"@{one},{two} hostname")
        await seen.until(lambda: "(2) ❯" in seen.text)
        await seen.pilot.press("enter")
        await seen.until(lambda: "2/2 done · 2 ok" in seen.text)
        assert {target.host: result.stdout for target, result in seen.results()} == {
            one: f"{one}\n".encode(),
            two: f"{two}\n".encode(),
        }
        await seen.pilot.press("escape")
        await seen.until(lambda: seen.ids(S.RECONNECTING) | seen.ids(S.FAILED))
        await seen.until(lambda: "next try in" in seen.text or "trying now" in seen.text)
        assert {one, two} <= seen.ids(S.CONNECTED), "what happens to the others does nothing to them"
        await seen.pilot.press("q")
        await seen.until(lambda: not seen.pilot.app.is_running)
    assert not [name for name in os.listdir(temporary) if name.startswith("atp-tui-")], "the demo's keys are gone"


async def test_what_can_hardly_be_meant_in_the_configuration_is_told_at_the_start() -> None:
    host = '[[hosts]]\nid = "kvm01"\nhost = "127.0.0.1"\nuri = "sim://kvm01/"\n'
    text = f"[tags.nobody.ssh]\nport = 22\n{host}[hosts.transport]\nmax_concurrent_connects = 4\n"
    async with opened(FileSource(parse(text, Path("/x.toml")))) as seen:
        await seen.until(lambda: "warning 1 of 2: /x.toml:1: tags.nobody: no host has this tag" in seen.text)


@pytest.mark.parametrize(("number", "silent"), [(100, 90), (500, 10)])
async def test_with_many_hosts_silent_keys_are_answered_and_it_can_be_left(number: int, silent: int) -> None:
    names = [f"kvm{each:03}" for each in range(1, number + 1)]
    hosts = tuple(
        HostInfo(name, "127.0.0.1", f"sim://{name}/" + ("?fault=silent@0" if place < silent else ""))
        for place, name in enumerate(names)
    )
    async with opened(FileSource(FleetConfig(hosts=hosts))) as seen:
        await seen.until(lambda: seen.ids(S.CONNECTED) == set(names[silent:]))
        await seen.until(lambda: seen.ids(S.CONNECTING) == set(names[:silent]))
        tree = seen.hosts
        await seen.pilot.press("home")
        for _ in range(10):
            await seen.go_down()
        await seen.pilot.press("slash")
        await seen.type("kvm042")
        await seen.until(lambda: tree.shown_hosts == ("kvm042",))
        assert isinstance(seen.pilot.app.focused, CommandInput)
        await seen.pilot.press("escape", "question_mark")
        await seen.until(lambda: "esc closes" in seen.text)
        await seen.pilot.press("escape", "q")
        await seen.until(lambda: not seen.pilot.app.is_running)


async def test_hosts_are_edited_from_the_command_line_of_the_screen(temporary: Path) -> None:
    path = written(temporary / "hosts.toml")
    async with opened(FileSource(load(path))) as seen:
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01", "kvm02"})

        async def typed(command: str, told: str) -> None:
            await seen.pilot.press("colon")
            await seen.type(command)
            await seen.pilot.press("enter")
            await seen.until(lambda: told in seen.text)

        await typed("tag-host @kvm02 +new", "tag-host kvm02")
        assert [host.tags for host in load(path).hosts] == [(), ("new",)]
        await typed("add-host kvm03 127.0.0.1 uri=sim://kvm03/", "add-host kvm03")
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01", "kvm02", "kvm03"})
        await typed("disable-host @kvm01", "disable-host kvm01")
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm02", "kvm03"})
        await typed("enable-host kvm01", "enable-host kvm01")
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01", "kvm02", "kvm03"})
        await typed("edit-host @kvm03 id=kvm04", "edit-host kvm03")
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01", "kvm02", "kvm04"})
        await typed("edit-host @kvm04 ssh.port=no", "ssh.port: is 'no'")
        await typed("undo", "undone: edit-host kvm03")
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01", "kvm02", "kvm03"})


def written(path: Path) -> Path:
    path.write_text(
        "\n".join(f'[[hosts]]\nid = "{name}"\nhost = "h"\nuri = "sim://{name}/"\n' for name in ("kvm01", "kvm02"))
    )
    return path
