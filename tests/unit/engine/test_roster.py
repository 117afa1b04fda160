"""A host with `enabled = false` is shown with all others, and nothing is ever sent to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from atp_tui.actions.action import Invocation
from atp_tui.config.load import load
from atp_tui.drivers.sources import FileSource
from atp_tui.engine.engine import Engine
from atp_tui.model.connection import ConnectionState as S
from atp_tui.model.connection import HostStatus, Standing
from atp_tui.model.host import HostInfo
from atp_tui.model.target import on_hosts
from atp_tui.monitor.facts import unheard
from atp_tui.monitor.query import Query
from atp_tui.monitor.record import HostRecord

from .test_reload import Running, running, text_of

OFF = "enabled = false\n"
OFF_STATUS = HostStatus(Standing(S.DISABLED, None, 0.0, 0, None, False), "kvm02")


def states(found: Running) -> dict[str, S]:
    return {row.id: row.state for row in found.engine.fleet.rows(found.engine.fleet.hosts(Query()))}


async def done(found: Running, action: str, *hosts: str, **arguments: str) -> None:
    performed = await found.engine.fleet.perform(Invocation(action, on_hosts(*hosts), arguments))
    assert performed.problem is None, performed.problem


async def test_a_disabled_host_is_shown_and_is_no_target(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(text_of("kvm01") + text_of("kvm02") + OFF)
    async with running(file) as found:
        fleet = found.engine.fleet
        await found.until(lambda: states(found) == {"kvm01": S.CONNECTED, "kvm02": S.DISABLED})
        assert found.ids() == ["kvm01"], "the transport has never heard of it"
        assert dict(fleet.summary().states) == {S.CONNECTED: 1, S.DISABLED: 1} and not fleet.summary().worst
        detail = fleet.detail("kvm02")
        assert detail is not None and detail.pools == () and detail.host.row.tags == ("rack1",)
        assert fleet.resolve("@rack1").ids == ("kvm01",) and fleet.resolve("kvm02").problem is not None
        assert fleet.resolve("state:disabled").ids == () and fleet.resolve("@all!state:connected").ids == ()
        fleet.looked_at("kvm02")
        assert fleet.key_question("kvm02") is None and fleet.password_question("kvm02") is None
        refused = await fleet.perform(Invocation("retry", on_hosts("kvm02")))
        assert refused.problem is not None


def test_commands_are_for_no_disabled_host() -> None:
    rows = [unheard(HostInfo("kvm01", "192.0.2.1")), HostRecord(HostInfo("kvm02", "192.0.2.2"), OFF_STATUS, 1).row()]
    assert [row.takes_commands for row in rows] == [True, False]


async def test_it_is_enabled_and_disabled_while_the_fleet_runs(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(text_of("kvm01", "kvm02") + OFF)
    async with running(file) as found:
        await found.until(lambda: states(found) == {"kvm01": S.CONNECTED, "kvm02": S.DISABLED})
        await done(found, "tag-host", "kvm02", tags="+new")
        await found.until(lambda: [row.tags for row in found.engine.fleet.rows(["kvm02"])] == [("rack1", "new")])
        await done(found, "enable-host", hosts="kvm02")
        await found.until(lambda: states(found) == dict.fromkeys(("kvm01", "kvm02"), S.CONNECTED))
        await done(found, "disable-host", "kvm01")
        await found.until(lambda: states(found) == {"kvm01": S.DISABLED, "kvm02": S.CONNECTED})
        await done(found, "undo")
        await found.until(lambda: states(found) == dict.fromkeys(("kvm01", "kvm02"), S.CONNECTED))


async def test_what_another_editor_disables_or_removes_is_followed_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(text_of("kvm01") + text_of("kvm02") + OFF + text_of("kvm03"))
    async with running(file) as found:
        await found.until(lambda: len(states(found)) == 3)
        file.write_text(text_of("kvm01") + text_of("kvm03") + OFF)
        await found.reloaded(1)
        await found.until(lambda: states(found) == {"kvm01": S.CONNECTED, "kvm03": S.DISABLED})
        state = found.engine.fleet.reload()
        assert (state.added, state.removed, state.changed) == (0, 1, 1)


async def test_a_fleet_of_some_hosts_shows_the_disabled_ones_of_these(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(
        "".join(text_of(f"kvm0{number}", tag=f"rack{number % 2}") + OFF * (number > 2) for number in range(5))
    )
    engine = Engine(FileSource(load(file)))
    async with engine.running(watch=True, select=lambda hosts: [host for host in hosts if host.tags == ("rack1",)]):
        found = Running(engine, file)
        await found.until(lambda: states(found) == {"kvm01": S.CONNECTED, "kvm03": S.DISABLED})
        await done(found, "enable-host", hosts="kvm03,kvm04")
        await found.until(lambda: states(found) == dict.fromkeys(("kvm01", "kvm03"), S.CONNECTED))


async def test_a_verb_has_to_do_with_no_disabled_host(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(text_of("kvm01", "kvm02") + OFF)
    engine = Engine(FileSource(load(file)))
    async with engine.running(watch=False):
        assert engine.roster.disabled == () and engine.fleet.hosts(Query()) == ("kvm01",)


async def test_what_the_transport_has_is_not_shadowed(tmp_path: Path) -> None:
    """A library's user may add a host of that id: the one that is connected to is the one that is shown."""
    file = tmp_path / "hosts.toml"
    file.write_text(text_of("kvm01", "kvm02") + OFF)
    async with running(file) as found:
        engine = found.engine
        await found.until(lambda: len(states(found)) == 2)
        (off,) = engine.roster.disabled
        await engine.manager.add_host(replace(off, tags=("mine",)))
        assert engine.roster.host("kvm02").tags == ("mine",) and engine.roster.pools("kvm02")
        engine.roster.keep([off])
        assert engine.roster.disabled == () and engine.roster.host_state("kvm02").state is not S.DISABLED
