"""A running fleet follows what was written to its hosts.toml: for exactly the hosts that changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from atp_tui.actions.action import Invocation, Value
from atp_tui.config.load import load
from atp_tui.drivers.sources import DemoOptions, DemoSource, FileSource
from atp_tui.engine.engine import Engine, Select
from atp_tui.model.events import HostAdded, HostRemoved, HostUpdated
from atp_tui.model.host import HostInfo
from atp_tui.model.target import on_hosts

TEXT = "\n".join(
    f'[[hosts]]\nid = "{name}"\nhost = "127.0.0.1"\nuri = false\n[hosts.ssh]\nport = 1\n' for name in "abc"
)


def described(path: Path) -> Engine:
    path.write_text(TEXT)
    return Engine(FileSource(load(path)))


@asynccontextmanager
async def fleet(path: Path, select: Select | None = None) -> AsyncIterator[Engine]:
    engine = described(path)
    async with asyncio.timeout(30), engine.running(watch=False, select=select):
        yield engine


async def ask(engine: Engine, action: str, *hosts: str, arguments: Mapping[str, Value] | None = None) -> None:
    performed = await engine.fleet.perform(Invocation(action, on_hosts(*hosts), arguments or {}))
    assert performed.problem is None, performed.problem


@pytest.mark.parametrize(
    ("action", "hosts", "arguments", "news"),
    [
        ("add-host", (), {"id": "d", "host": "127.0.0.1", "keys": "uri=false ssh.port=1"}, ["HostAdded d"]),
        ("remove-host", ("a", "b"), {}, ["HostRemoved a", "HostRemoved b"]),
        ("tag-host", ("b",), {"tags": "+x"}, ["HostUpdated b"]),
        ("edit-host", ("b",), {"keys": "ssh.port=2"}, ["HostUpdated b"]),
        ("edit-host", ("b",), {"keys": "id=bb"}, ["HostAdded bb", "HostRemoved b"]),
        ("disable-host", ("c",), {}, ["HostAdded c", "HostRemoved c"]),
        ("move-host", ("a",), {"where": "after", "other": "c"}, []),
        ("tag-host", ("b",), {"tags": "-x"}, []),
    ],
)
async def test_only_the_hosts_that_changed_are_touched(
    tmp_path: Path, action: str, hosts: tuple[str, ...], arguments: dict[str, Value], news: list[str]
) -> None:
    async with fleet(tmp_path / "hosts.toml") as engine:
        before = {name: engine.manager.entry(name) for name in "abc"}
        with engine.manager.hub.subscribe() as events:
            await ask(engine, action, *hosts, arguments=arguments)
            heard = await told(engine, events)
        assert heard == news
        now = load(tmp_path / "hosts.toml").hosts
        assert {host.id: host for host in engine.manager.list_hosts()} == {host.id: host for host in now}
        assert {host.id for host in engine._described()} == {host.id for host in now}
        for name in set("abc") - {line.split()[1] for line in news}:
            assert engine.manager.entry(name) is before[name]


async def told(engine: Engine, events: object) -> list[str]:
    """What was told of hosts until now, in the order of the kinds."""
    engine.manager.hub.publish(HostRemoved(0.0, "the end"))
    found: list[str] = []
    while "HostRemoved the end" not in found:
        for event in await events.batch():  # type: ignore[attr-defined]
            if isinstance(event, HostAdded | HostUpdated):
                found.append(f"{type(event).__name__} {event.host.id}")
            elif isinstance(event, HostRemoved):
                found.append(f"{type(event).__name__} {event.host_id}")
    return sorted(line for line in found if line != "HostRemoved the end")


async def test_undo_and_redo_are_followed(tmp_path: Path) -> None:
    async with fleet(tmp_path / "hosts.toml") as engine:
        await ask(engine, "remove-host", "b")
        await ask(engine, "undo")
        assert {host.id for host in engine.manager.list_hosts()} == set("abc")
        await ask(engine, "redo")
        assert {host.id for host in engine.manager.list_hosts()} == set("ac")


async def test_a_fleet_of_some_hosts_gets_no_others(tmp_path: Path) -> None:
    """A verb connects to the hosts that it was asked for alone."""
    async with fleet(tmp_path / "hosts.toml", lambda hosts: hosts[:1]) as engine:
        await ask(engine, "tag-host", "a", "b", arguments={"tags": "+x"})
        assert [(host.id, host.tags) for host in engine.manager.list_hosts()] == [("a", ("x",))]


async def test_a_fleet_that_is_not_running_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "hosts.toml"
    engine = described(path)
    await ask(engine, "tag-host", "a", arguments={"tags": "+x"})
    assert engine.manager.list_hosts() == () and load(path).hosts[0].tags == ("x",)


async def test_the_demo_has_no_file() -> None:
    engine = Engine(DemoSource(DemoOptions(hosts=1, faults=False, seed=1)))
    problem = (await engine.fleet.perform(Invocation("undo"))).problem
    assert problem is not None and "no hosts.toml" in problem.sentence


async def test_an_edit_that_is_followed_as_the_program_ends_is_written_and_no_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hosts.toml"
    engine = described(path)
    loads, ended = asyncio.Event(), asyncio.Event()

    async def load_for(hosts: tuple[HostInfo, ...]) -> None:
        if [host.id for host in hosts] == ["d"]:
            loads.set()
            await ended.wait()

    monkeypatch.setattr(engine.reloading, "_prepare", load_for)
    asked = Invocation("add-host", on_hosts(), {"id": "d", "host": "127.0.0.1", "keys": "uri=false ssh.port=1"})
    async with asyncio.timeout(30):
        async with engine.running(watch=False):
            performing = asyncio.create_task(engine.fleet.perform(asked))
            await loads.wait()
        ended.set()
        assert (await performing).problem is None
    assert [host.id for host in load(path).hosts] == ["a", "b", "c", "d"]
