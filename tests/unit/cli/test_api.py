"""The transport as a library, as the README shows it, against a real daemon."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from atp_tui.api import (
    ActionFailed,
    ConfigError,
    ConnectionState,
    HostConnection,
    HostInfo,
    Secret,
    SshSettings,
    TransportConfig,
    TransportManager,
    Wants,
    act,
    answer,
    open_fleet,
    questions,
)  # fmt: skip
from atp_tui.drivers.wiring import Drivers
from tests.daemons.asking_sshd import Asking, Round, listening
from tests.daemons.libvirtd import PrivateLibvirtd
from tests.fakes.loopback import LoopbackDriver


@pytest.mark.daemons
async def test_the_example(libvirtd: PrivateLibvirtd) -> None:
    async def check(conn: HostConnection) -> bool:
        return await conn.is_alive()

    async with TransportManager(TransportConfig()) as manager:
        host = HostInfo("host1", "127.0.0.1").with_uri(libvirtd.uri("tcp"))
        await manager.add_host(host)
        version: int = await manager.execute_on_host("host1", lambda conn: conn.call(lambda virt: virt.getLibVersion()))
        assert version > 1_000_000
        (result,) = await manager.execute_on_all_hosts(check)
        assert (result.host_id, result.value, result.error) == ("host1", True, None)
        assert result.duration >= 0
        ((host_id, pool),) = manager.stats().items()
        assert (host_id, pool.active_connections, pool.total_errors) == ("host1", 1, 0)
        assert pool.total_requests >= 1
        async for streamed in manager.stream_on_hosts(["host1"], check):
            assert streamed.value is True
        with pytest.raises(ConfigError):
            await manager.add_host(host)


async def test_brought_drivers_are_used_and_left_to_their_owner() -> None:
    driver = LoopbackDriver()
    async with TransportManager(TransportConfig(), lambda host, channel: driver) as manager:
        await manager.add_host(HostInfo("a", "192.0.2.1", uri="sim://a/"))
        assert await manager.execute_on_host("a", lambda conn: conn.call(lambda virt: virt.host_id)) == "a"
        assert driver.links
    assert driver.links, "closing is for whoever brought it"


HOSTS = """
[[hosts]]
id = "kvm01"
host = "192.0.2.1"
uri = "sim://kvm01/"
ssh = false
tags = ["rack1"]

[[hosts]]
id = "kvm02"
host = "192.0.2.2"
uri = "sim://kvm02/"
ssh = false
"""


async def test_a_whole_fleet_is_read_and_acted_on(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(HOSTS)
    async with asyncio.timeout(30), open_fleet(file) as fleet:
        async for _ in fleet.changes():
            if dict(fleet.summary().states).get(ConnectionState.CONNECTED) == 2:
                break
        assert fleet.resolve("@rack1").ids == ("kvm01",)
        assert await act(fleet, "disconnect", "kvm02") is None
        async for _ in fleet.changes():
            if dict(fleet.summary().states).get(ConnectionState.DISCONNECTED) == 1:
                break
        job = await act(fleet, "run", "kvm01", command="id", timeout=10)
        assert job is not None
        (result,) = await fleet.results(job.id)
        assert result.host == "kvm01" and "takes no commands" in str(result.error)
        with pytest.raises(ActionFailed, match="no action 'explode'"):
            await act(fleet, "explode", "kvm01")
        with pytest.raises(ActionFailed, match="timeout of run is a float"):
            await act(fleet, "run", "kvm01", command="id", timeout="soon")
    async with open_fleet(file, watch=False, read_only=True) as fleet:
        with pytest.raises(ActionFailed, match="--read-only"):
            await act(fleet, "run", "kvm01", command="id")


@pytest.mark.daemons
async def test_what_a_login_asks_is_answered(tmp_path: Path) -> None:
    server = Asking("secret", rounds=[Round([("Token: ", True), ("PIN: ", False)], ["t", "1"])])
    file, empty = tmp_path / "hosts.toml", tmp_path / "empty"
    empty.touch()
    async with listening(server):
        file.write_text(
            f"[[hosts]]\nid = 'kvm01'\nhost = '127.0.0.1'\nuri = false\n[hosts.ssh]\nuser = 'root'\n"
            f"port = {server.port}\nidentity_files = []\nhost_key_policy = 'accept-new'\n"
            f"known_hosts = ['{tmp_path / 'known'}']\nconfig_file = '{empty}'\n"
        )
        async with asyncio.timeout(30), open_fleet(file, watch=False, read_only=True) as fleet:
            await act(fleet, "log-in", "kvm01")
            asked = []
            async for question in questions(fleet):
                asked.append((question.wants, [prompt.words for prompt in question.prompts], question.refused))
                if len(asked) == 1:
                    with pytest.raises(ValueError, match="1 secrets for 2 prompts"):
                        await answer(fleet, question, Secret("t"))
                    await answer(fleet, question, Secret("t"), Secret("wrong"))
                elif len(asked) == 2:
                    await answer(fleet, question, Secret("t"), Secret("1"))
                    break
            async for _ in fleet.changes():
                if dict(fleet.summary().states).get(ConnectionState.CONNECTED) == 1:
                    break
            with pytest.raises(ActionFailed, match="not asked any more"):
                await answer(fleet, question, Secret("t"), Secret("1"))
    assert asked == [(Wants.ANSWERS, ["Token:", "PIN:"], 0), (Wants.ANSWERS, ["Token:", "PIN:"], 1)]


def test_the_uri_chooses_the_driver() -> None:
    drivers = Drivers()
    simulated = HostInfo("s", "192.0.2.1", uri="sim://s/")
    real = HostInfo("r", "192.0.2.1", uri="test:///default")
    kinds = [type(drivers(host, "virt")).__name__ for host in (simulated, real)]
    kinds.append(type(drivers(HostInfo("k", "192.0.2.1", uri=None, ssh=SshSettings()), "ssh")).__name__)
    assert kinds == ["SimulatedDriver", "LibvirtDriver", "SshDriver"]
    assert drivers(real, "virt") is drivers(real, "virt")


def test_importing_it_loads_no_library() -> None:
    program = (
        "import sys, atp_tui.api; print([name for name in ('libvirt', 'asyncssh', 'textual') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


async def test_an_environment_that_only_watches_holds_the_library_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(HOSTS)
    monkeypatch.setenv("ATP_TUI_READ_ONLY", "yes")
    async with open_fleet(file, watch=False) as fleet:
        with pytest.raises(ActionFailed, match="ATP_TUI_READ_ONLY"):
            await act(fleet, "tag-host", "kvm01", tags="+new")
    assert file.read_text() == HOSTS
