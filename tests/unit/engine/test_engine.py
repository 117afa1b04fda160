"""The engine on the demo fleet: it comes to life, can be read, and leaves nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import tempfile
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from atp_tui.config.fleet import FleetConfig
from atp_tui.drivers.libvirt.binding import load
from atp_tui.drivers.sources import DemoOptions, DemoSource, FileSource
from atp_tui.engine.engine import Engine
from atp_tui.engine.limits import connects_on_demand, limit_of
from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import ConfigError, ConnectFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, Outcome
from atp_tui.model.settings import PoolConfig, TransportConfig
from tests.fakes.jobs import command_job


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def test_the_demo_is_watched_and_then_gone(temporary: Path) -> None:
    with contextlib.suppress(ImportError, ConnectFailed):
        load()  # libvirt's event loop and the file that its log goes to stay where the binding is
    descriptors = len(os.listdir("/proc/self/fd"))
    engine = Engine(DemoSource(DemoOptions(hosts=3, faults=False, seed=1)))
    assert engine.source.name == "demo"
    async with asyncio.timeout(30), engine.running(watch=True):
        assert os.listdir(temporary), "the demo's shell has its keys here"
        with pytest.raises(ConfigError, match=r"not known, and so left out: kvm01, kvm02, kvm03$"):
            engine.targets.resolve("kvm*&cpu>=0")
        await _changed_until(
            engine, lambda: all(row.cpu is not None for row in engine.view.rows() if row.id.startswith("kvm"))
        )
        assert {row.state for row in engine.view.rows() if row.id.startswith("kvm")} == {ConnectionState.CONNECTED}
        assert engine.targets.resolve("kvm*") == ("kvm01", "kvm02", "kvm03")
        assert engine.targets.resolve("kvm*&cpu>=0") == ("kvm01", "kvm02", "kvm03"), "what is known changes"
        (result,) = await engine.jobs.start(command_job(("kvm01",), Command("hostname"), 0.0)).wait()
        assert (result.outcome, result.stdout, result.error) == (Outcome.OK, b"kvm01\n", None)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    # the loop's own executor, which resolves the name of the demo's listener, ends with the loop
    threads = [one for one in threading.enumerate() if not one.daemon and not one.name.startswith("asyncio_")]
    assert threads == [threading.main_thread()]
    assert not os.listdir(temporary)
    assert len(os.listdir("/proc/self/fd")) <= descriptors


async def test_the_collector_leaves_a_watched_fleet_alone_and_is_left_as_it_was(temporary: Path) -> None:
    engine = Engine(DemoSource(DemoOptions(hosts=3, faults=False, seed=1)))
    gc.unfreeze()  # what the suite froze when it had collected its tests
    async with asyncio.timeout(30), engine.running(watch=True):
        assert not gc.isenabled()
        await _changed_until(engine, lambda: gc.get_freeze_count() > 0)
        assert gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    async with Engine(DemoSource(DemoOptions(hosts=1, faults=False, seed=1))).running(watch=True):
        """Left before its hosts are up."""
    assert gc.isenabled()


async def test_what_a_job_or_a_fault_leaves_in_cycles_is_freed_while_the_fleet_is_watched(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atp_tui.engine.freezing.COLLECT_EACH", 0.05)
    thresholds = gc.get_threshold()
    gc.set_threshold(5_000, 500)
    try:
        async with (
            asyncio.timeout(30),
            Engine(DemoSource(DemoOptions(hosts=1, faults=False, seed=1))).running(watch=True) as engine,
        ):
            await _changed_until(engine, gc.isenabled)
            left: list[weakref.ref[_Cycle]] = []

            def frees() -> bool:
                left.append(_left_behind())
                return any(one() is None for one in left)

            await _changed_until(engine, frees)
    finally:
        gc.set_threshold(*thresholds)


class _Cycle:
    itself: _Cycle


def _left_behind() -> weakref.ref[_Cycle]:
    cycle = _Cycle()
    cycle.itself = cycle
    gc.collect(0)  # it has stayed once: such a look does not come back to it
    return weakref.ref(cycle)


async def _changed_until(engine: Engine, there: Callable[[], bool]) -> None:
    """Wait until the fleet's view, as its follower tells of it, is so."""
    changed = asyncio.Event()
    stop = engine.follower.listen(lambda change: changed.set())
    while not there():
        changed.clear()
        await changed.wait()
    stop()


async def test_a_fleet_that_is_not_right_leaves_nothing_either(temporary: Path) -> None:
    twice = (HostInfo("a", "192.0.2.1", uri="sim://a/"),) * 2
    with pytest.raises(ConfigError, match="already"):
        async with Engine(FileSource(FleetConfig(hosts=twice))).running(watch=True):
            pass
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_what_headless_verbs_change_about_hosts() -> None:
    own = TransportConfig(connect_timeout=3.0, pool=PoolConfig(min_connections_per_host=2))
    hosts = connects_on_demand(
        (HostInfo("a", "192.0.2.1", transport=own), HostInfo("b", "192.0.2.2")), TransportConfig()
    )
    assert [host.transport and host.transport.pool.min_connections_per_host for host in hosts] == [0, 0]
    assert hosts[0].transport is not None
    assert hosts[0].transport.connect_timeout == 3.0
    assert limit_of(hosts[0], TransportConfig()) > 3.0


class Defect(Exception):
    """A fault of ours."""


async def test_a_view_that_nothing_keeps_up_to_date_ends_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen that went on showing what was would be worse than none."""
    engine = Engine(FileSource(FleetConfig(hosts=(HostInfo("a", "192.0.2.1", uri="sim://a/"),))))

    def fail(change: object) -> None:
        raise Defect

    with pytest.raises(Defect):
        async with asyncio.timeout(30), engine.running(watch=True):
            monkeypatch.setattr(engine.view, "apply", fail)
            await asyncio.Event().wait()
    task = asyncio.current_task()
    assert task is not None and task.cancelling() == 0
    assert asyncio.all_tasks() == {task}


async def test_a_defect_while_the_engine_ends_is_raised_and_cancels_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(DemoSource(DemoOptions(hosts=1, faults=False, seed=1)))

    async def fails_when_it_is_ended() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise RuntimeError("a defect of its end")

    monkeypatch.setattr(engine.follower, "run", fails_when_it_is_ended)
    with pytest.raises(RuntimeError, match="a defect of its end"):
        async with asyncio.timeout(30), engine.running(watch=False):
            await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None and not task.cancelling()
