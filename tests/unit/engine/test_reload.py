"""hosts.toml is changed while the engine runs: only what differs is touched, and a broken file costs nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.actions.action import Invocation
from atp_tui.config.changes import Changes, changes_between
from atp_tui.config.fleet import FleetConfig, MonitorSettings
from atp_tui.config.load import load, parse
from atp_tui.drivers.sources import FileSource
from atp_tui.engine.engine import Engine
from atp_tui.model.connection import ConnectionState
from atp_tui.model.events import ConfigReloaded, Event, HostAdded, HostChanged, HostRemoved, HostUpdated
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import TransportConfig
from atp_tui.model.target import on_hosts

PATIENCE = 30.0
NAMES = st.sampled_from([f"kvm0{number}" for number in range(8)])
HOSTS = st.dictionaries(NAMES, st.sampled_from(["192.0.2.1", "192.0.2.2"])).map(
    lambda found: tuple(HostInfo(name, address) for name, address in found.items())
)


@given(HOSTS, HOSTS)
def test_the_changes_lead_from_one_configuration_to_the_other(
    before: tuple[HostInfo, ...], after: tuple[HostInfo, ...]
) -> None:
    found = changes_between(FleetConfig(hosts=before), FleetConfig(hosts=after))
    hosts = {host.id: host for host in before}
    for host_id in found.removed:
        del hosts[host_id]
    for host in found.changed:
        assert hosts[host.id] != host, "what is the same is not touched"
        hosts[host.id] = host
    for host in found.added:
        assert host.id not in hosts
        hosts[host.id] = host
    assert hosts == {host.id: host for host in after}
    assert found.transport is None and found.later == ()


def test_settings_of_the_fleet_count_now_where_they_can() -> None:
    before = FleetConfig()
    after = FleetConfig(
        transport=TransportConfig(connect_timeout=5.0, max_concurrent_connects=3), monitor=MonitorSettings(interval=9.0)
    )
    found = changes_between(before, after)
    assert found.transport == TransportConfig(connect_timeout=5.0)
    assert found.later == ("transport.max_concurrent_connects", "[monitor]")


def text_of(*hosts: str, tag: str = "rack1", more: str = "") -> str:
    return more + "".join(
        f'[[hosts]]\nid = "{host}"\nhost = "127.0.0.1"\nuri = "sim://{host}/"\nssh = false\ntags = ["{tag}"]\n'
        for host in hosts
    )


class Running:
    """An engine whose hosts are those of a file, and all that was told of them since."""

    def __init__(self, engine: Engine, file: Path) -> None:
        self.engine = engine
        self.file = file
        self.news: list[Event] = []

    def ids(self) -> list[str]:
        return [host.id for host in self.engine.manager.list_hosts()]

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():  # noqa: ASYNC110 - what is waited for is a file, or many events
                await asyncio.sleep(0.02)

    async def reloaded(self, number: int) -> None:
        await self.until(lambda: self.engine.fleet.reload().number == number)

    def about(self) -> set[str]:
        """The hosts that came, went, were described anew or changed their state since the news were last forgotten."""
        told: set[str] = set()
        for event in self.news:
            match event:
                case HostAdded(host=host) | HostUpdated(host=host):
                    told.add(host.id)
                case HostRemoved(host_id=host_id):
                    told.add(host_id)
                case HostChanged(status=status):
                    told.add(status.host_id)
                case _:
                    pass
        return told


@asynccontextmanager
async def running(file: Path) -> AsyncIterator[Running]:
    engine = Engine(FileSource(load(file)))
    found = Running(engine, file)
    async with engine.running(watch=True):
        with engine.manager.hub.subscribe(8192) as news:

            async def listen() -> None:
                while True:
                    found.news += await news.batch()

            listening = asyncio.create_task(listen())
            try:
                yield found
            finally:
                listening.cancel()


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atp_tui.drivers.watched_file.LOOK_EACH", 0.05)


async def connected(found: Running) -> None:
    state = found.engine.manager.host_state
    await found.until(lambda: all(state(each).state is ConnectionState.CONNECTED for each in found.ids()))
    await asyncio.sleep(0.2)  # the news of it are on their way
    found.news.clear()


async def test_only_the_hosts_that_differ_are_touched(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(text_of("kvm01", "kvm02", "kvm03"))
    async with running(file) as found:
        await connected(found)
        file.write_text(text_of("kvm01") + text_of("kvm03", tag="rack2") + text_of("kvm04"))
        await found.reloaded(1)
        assert sorted(found.ids()) == ["kvm01", "kvm03", "kvm04"]
        assert found.engine.manager.host("kvm03").tags == ("rack2",)
        state = found.engine.fleet.reload()
        assert (state.added, state.removed, state.changed, state.problem) == (1, 1, 1, None)
        assert "kvm01" not in found.about()
        await found.until(lambda: any(isinstance(each, ConfigReloaded) for each in found.news))  # its reader comes next


async def test_the_guard_of_the_file_counts_at_once_below_every_surface_and_so_do_new_tags(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    hosts = text_of("kvm01") + text_of("kvm02", tag="lab")
    file.write_text('[guard]\nread_only = ["lab"]\n' + hosts)

    def refused(found: Running, *hosts: str) -> str:
        problem = found.engine.fleet.admit(Invocation("run", on_hosts(*hosts), {"command": "id"})).problem
        return "" if problem is None else problem.message

    before = Running(Engine(FileSource(load(file))), file)
    assert "kvm02 may only be watched" in refused(before, "kvm01", "kvm02"), "before any host is there"
    async with running(file) as found:
        await connected(found)
        assert "kvm02 may only be watched" in refused(found, "kvm01", "kvm02") and not refused(found, "kvm01")
        done = await found.engine.fleet.perform(Invocation("run", on_hosts("kvm02"), {"command": "id"}, confirmed=1))
        assert done.problem is not None and done.job is None
        file.write_text('[guard]\nread_only = ["kvm01"]\n' + hosts)
        await found.until(lambda: "names kvm01" in refused(found, "kvm01", "kvm02"))
        assert not refused(found, "kvm02")
        file.write_text('[guard]\nread_only = ["lab"]\n' + text_of("kvm01", "kvm02", tag="lab"))
        await found.until(lambda: "kvm[01-02] may only be watched" in refused(found, "kvm01", "kvm02"))


async def test_a_broken_file_keeps_what_is_there_and_says_where_it_broke(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(text_of("kvm01", "kvm02"))
    async with running(file) as found:
        await connected(found)
        file.write_text(text_of("kvm01") + "[[hosts]]\nid = 7\n")
        await found.reloaded(1)
        problem = found.engine.fleet.reload().problem
        assert problem is not None and f"{file}:7" in problem.where
        assert found.ids() == ["kvm01", "kvm02"] and not found.about()
        file.write_text(text_of("kvm01", "kvm02"))
        await found.reloaded(2)
        assert found.engine.fleet.reload().problem is None and not found.about()


async def test_a_pipe_in_the_place_of_the_file_is_named_as_such_and_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(text_of("kvm01"))
    async with running(file) as found:
        await connected(found)
        file.unlink()
        os.mkfifo(file)
        await found.reloaded(1)
        problem = found.engine.fleet.reload().problem
        assert problem is not None and "is no regular file now" in problem.sentence
        assert found.ids() == ["kvm01"]


@pytest.mark.parametrize("kind", ["gone", "empty", "unreadable", "binary"])
async def test_a_file_that_cannot_be_meant_lets_no_host_go(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(text_of("kvm01", "kvm02"))
    async with running(file) as found:
        await connected(found)
        match kind:
            case "gone":
                file.unlink()
            case "empty":
                file.write_text("")
            case "unreadable":
                file.unlink()
                file.mkdir()
            case _:
                file.write_bytes(bytes(range(256)))
        await found.reloaded(1)
        assert found.engine.fleet.reload().problem is not None
        assert found.ids() == ["kvm01", "kvm02"] and not found.about()


async def test_a_file_that_is_written_in_pieces_is_read_when_it_stands_still(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    whole = text_of(*(f"kvm{number:02}" for number in range(1, 21)))
    file.write_text(whole)
    async with running(file) as found:
        await connected(found)
        with file.open("w") as out:
            for start in range(0, len(whole), len(whole) // 40):
                out.write(whole[start : start + len(whole) // 40])
                out.flush()
                await asyncio.sleep(0.02)
            out.write(text_of("kvm99"))
        await found.until(lambda: "kvm99" in found.ids())
        gone = [event for event in found.news if isinstance(event, HostRemoved)]
        assert not gone and len(found.ids()) == 21


async def test_an_editor_may_put_another_file_in_its_place_and_a_touch_is_no_change(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(text_of("kvm01"))
    async with running(file) as found:
        await connected(found)
        os.utime(file, (1, 1))
        other = tmp_path / "new"
        other.write_text(text_of("kvm01", "kvm02"))
        await asyncio.sleep(0.3)
        assert found.engine.fleet.reload().number == 0
        other.replace(file)
        await found.reloaded(1)
        assert found.ids() == ["kvm01", "kvm02"]


async def test_new_settings_of_the_fleet_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(text_of("kvm01"))
    async with running(file) as found:
        await connected(found)
        file.write_text(text_of("kvm01", more="[transport]\nheartbeat_interval = 7\nmax_concurrent_connects = 4\n"))
        await found.reloaded(1)
        assert found.engine.manager.config.heartbeat_interval == 7.0
        assert found.engine.manager.config.max_concurrent_connects == 16
        assert found.engine.fleet.reload().later == ("transport.max_concurrent_connects",)
        assert not found.about(), "a host that has no setting of its own is not described anew"


def test_a_thousand_hosts_with_one_change_are_one_change(tmp_path: Path) -> None:
    names = [f"kvm{number:04}" for number in range(1000)]
    before = parse(text_of(*names), tmp_path)
    after = parse(text_of(*names[:500]) + text_of(names[500], tag="rack9") + text_of(*names[501:]), tmp_path)
    assert changes_between(before, after) == Changes(changed=(after.hosts[500],))


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """A hosts.toml without hosts of its own, with a folder of them."""
    (tmp_path / "hosts.d").mkdir()
    (tmp_path / "hosts.d/1.toml").write_text(text_of("kvm01"))
    (tmp_path / "hosts.d/2.toml").write_text(text_of("kvm02"))
    file = tmp_path / "hosts.toml"
    file.write_text('include = ["hosts.d/*.toml"]\n')
    return file


async def test_included_files_that_change_come_and_go_are_followed(several: Path) -> None:
    folder = several.parent / "hosts.d"
    async with running(several) as found:
        await connected(found)
        (folder / "2.toml").write_text(text_of("kvm02", tag="rack2"))
        await found.reloaded(1)
        (folder / "3.toml").write_text(text_of("kvm03"))
        await found.reloaded(2)
        assert found.engine.fleet.reload().files == ("hosts.toml", *(f"hosts.d/{each}.toml" for each in (1, 2, 3)))
        (folder / "2.toml").unlink()
        await found.reloaded(3)
        found.file.write_text('include = ["hosts.d/3.toml", "more/*"]\n' + text_of("kvm01"))
        (several.parent / "more").mkdir()
        await found.until(lambda: found.engine.fleet.reload().files == ("hosts.toml", "hosts.d/3.toml"))
        (several.parent / "more/4.toml").write_text(text_of("kvm04"))
        await found.until(lambda: "kvm04" in found.ids())
        assert sorted(found.ids()) == ["kvm01", "kvm03", "kvm04"] and "kvm01" not in found.about()


@pytest.mark.parametrize("kind", ["empty", "broken", "twice", "link"])
async def test_an_included_file_that_cannot_be_meant_lets_no_host_go_until_it_is_mended(
    several: Path, kind: str
) -> None:
    wrong = several.parent / "hosts.d/2.toml"
    async with running(several) as found:
        await connected(found)
        match kind:
            case "empty":
                wrong.write_text("")
            case "broken":
                wrong.write_text("[[hosts")
            case "twice":
                wrong.write_text(text_of("kvm01"))
            case _:
                wrong.unlink()
                wrong.symlink_to("nothing")
        await found.reloaded(1)
        problem = found.engine.fleet.reload().problem
        assert problem is not None and str(wrong) in problem.where and found.ids() == ["kvm01", "kvm02"]
        (several.parent / "hosts.d/1.toml").write_text(text_of("kvm01", tag="rack9"))  # the other one is still wrong
        wrong.unlink()
        wrong.write_text(text_of("kvm02", "kvm03"))
        await found.until(lambda: found.engine.fleet.reload().problem is None)
        assert sorted(found.ids()) == ["kvm01", "kvm02", "kvm03"]
        assert found.about() == {"kvm01", "kvm03"}


async def test_a_file_that_an_edit_of_ours_leaves_empty_is_right(several: Path) -> None:
    async with running(several) as found:
        await connected(found)
        done = await found.engine.fleet.perform(Invocation("remove-host", on_hosts("kvm02"), confirmed=1))
        assert done.problem is None and (several.parent / "hosts.d/2.toml").read_bytes() == b""
        moved = await found.engine.fleet.perform(
            Invocation("move-to-file", on_hosts("kvm01"), {"file": "hosts.toml"}, confirmed=1)
        )
        assert moved.problem is None and found.ids() == ["kvm01"]
        found.file.write_text(found.file.read_text() + text_of("kvm05"))  # the file is read after both
        await found.until(lambda: "kvm05" in found.ids())
        assert found.ids() == ["kvm01", "kvm05"] and found.engine.fleet.reload().problem is None


def source_text(program: Path) -> str:
    return f'[[sources]]\nname = "netbox"\ncommand = ["{program}"]\nperiod = 0.1\n'


def says(program: Path, *hosts: str, failing: str = "") -> None:
    """Have a program name these hosts from now on, or fail."""
    listed = ", ".join(f'{{"id": "{host}", "host": "127.0.0.1", "uri": "sim://{host}/"}}' for host in hosts)
    new = program.with_suffix(".new")
    new.write_text(f"#!/bin/sh\necho '[{listed}]'\n" if not failing else f"#!/bin/sh\necho {failing} >&2\nexit 3\n")
    new.chmod(0o700)
    new.rename(program)


async def test_hosts_of_a_program_are_followed_and_stay_while_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atp_tui.drivers.sources.LOOK_EACH", 0.05)
    monkeypatch.setattr("atp_tui.drivers.host_programs.AGAIN", 0.05)
    monkeypatch.setenv("HOME", str(tmp_path))
    file, program = tmp_path / "hosts.toml", tmp_path / "netbox-hosts"
    says(program, "kvm01", "n1", "n2")
    file.write_text(text_of("kvm01") + source_text(program))
    async with running(file) as found:
        await found.until(lambda: found.ids() == ["kvm01", "n1", "n2"])
        fleet = found.engine.fleet
        assert "kvm01: a file or another source has that id too" in fleet.reload().remarks[0].sentence
        await connected(found)
        says(program, "n2", "n3")
        await found.until(lambda: sorted(found.ids()) == ["kvm01", "n2", "n3"])
        await found.until(lambda: fleet.reload().remarks == ())
        says(program, failing="refused")
        await found.until(lambda: fleet.reload().failing == ("netbox",))
        assert sorted(found.ids()) == ["kvm01", "n2", "n3"] and not {"kvm01", "n2"} & found.about()
        assert "it ended with exit status 3: refused" in fleet.reload().remarks[0].sentence
        says(program, "n3")
        await found.until(lambda: fleet.reload().failing == () and "n2" not in found.ids())

        text = file.read_text()
        for invocation in (
            Invocation("tag-host", on_hosts("kvm01", "n3"), {"tags": "+x"}),
            Invocation("remove-host", on_hosts("n3"), confirmed=1),
            Invocation("move-to-file", on_hosts("n3"), {"file": "hosts.toml"}),
            Invocation("move-host", on_hosts("kvm01"), {"where": "after", "other": "n3"}),
        ):
            done = await fleet.perform(invocation)
            assert (
                done.problem is not None and "n3 comes from the program of the source netbox" in done.problem.sentence
            )
        form = await fleet.forms(["n3"])
        assert form.problem is not None and "the source netbox" in form.problem.sentence
        assert file.read_text() == text

        own = Invocation("add-host", (), {"id": "n3", "host": "127.0.0.2", "keys": "uri=sim://n3/"})
        assert (await fleet.perform(own)).problem is None
        assert found.engine.manager.host("n3").host == "127.0.0.2"
        assert (await fleet.forms(["n3"])).problem is None, "it is the file's from now on"
        await found.until(lambda: fleet.reload().remarks != ())
        assert (await fleet.perform(Invocation("remove-host", on_hosts("n3"), confirmed=1))).problem is None
        await found.until(lambda: "n3" in found.ids() and found.engine.manager.host("n3").host == "127.0.0.1")
        file.write_text(text_of("kvm01"))
        await found.until(lambda: found.ids() == ["kvm01"])
