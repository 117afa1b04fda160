"""One host tried step by step: against a real sshd and a real libvirtd, with all that may be wrong on the way."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from atp_tui.drivers.wiring import Drivers
from atp_tui.engine.try_out import HypervisorFound, TryKind, TryState, TryStep
from atp_tui.model.causes import Cause, Remedy
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import HostKeyPolicy, SshSettings, TransportConfig

from ..daemons.libvirtd import PrivateLibvirtd
from ..daemons.sshd import PrivateSshd, free_port, running_sshd
from .leftovers import leftovers, nothing_left_since
from .ssh_links import HANG, new_key

pytestmark = pytest.mark.daemons

K, S = TryKind, TryState
SSH_STEPS = [K.SETTINGS, K.ADDRESS, K.PORT, K.GREETING, K.HOST_KEY, K.LOGIN]
CONFIG = TransportConfig(connect_timeout=10)


async def tried(host: HostInfo, config: TransportConfig = CONFIG, drivers: Drivers | None = None) -> list[TryStep]:
    """The steps that have ended. Each was begun before, and nothing comes after one that failed."""
    found: list[TryStep] = []
    begun: list[TryStep] = []
    async with asyncio.timeout(HANG), aclosing((drivers or Drivers()).try_out(host, config)) as steps:
        async for step in steps:
            (begun if step.state is S.TRYING else found).append(step)
    assert all(step.state is S.DONE and step.problem is None for step in found[:-1] if step.state is not S.LEFT_OUT)
    assert {step.kind for step in found if step.state is not S.LEFT_OUT} <= {step.kind for step in begun}
    assert all(step.took is not None and step.took >= 0 for step in found if step.state is not S.LEFT_OUT)
    return found


def kinds(steps: list[TryStep]) -> list[TryKind]:
    return [step.kind for step in steps]


def failure(steps: list[TryStep]) -> tuple[TryKind, Cause, Remedy]:
    """The step that failed, which is the last one."""
    last = steps[-1]
    assert last.state is S.FAILED and last.problem is not None and last.trouble is not None, steps
    assert last.problem.message
    return last.kind, last.trouble.cause, last.trouble.remedy


def with_ssh(sshd: PrivateSshd, **more: object) -> HostInfo:
    return HostInfo("peer", "127.0.0.1", uri=None, ssh=sshd.ssh_settings(**more))  # type: ignore[arg-type]


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


async def test_a_host_with_ssh_alone_has_the_steps_of_ssh(sshd: PrivateSshd) -> None:
    steps = await tried(with_ssh(sshd))
    assert kinds(steps) == SSH_STEPS
    assert [str(step.found) for step in steps[:3]] == [
        f"{sshd.user} at 127.0.0.1 port {sshd.port}", "127.0.0.1", f"127.0.0.1 port {sshd.port}",
    ]  # fmt: skip
    assert "OpenSSH" in str(steps[3].found) and str(steps[4].found).startswith("ssh-ed25519 SHA256:")
    assert str(steps[5].found) == f"as {sshd.user}"


async def test_libvirt_over_ssh_has_both(sshd: PrivateSshd, libvirtd: PrivateLibvirtd) -> None:
    uri = f"test+ssh://127.0.0.1/default?socket={libvirtd.socket}"
    steps = await tried(HostInfo("peer", "127.0.0.1", uri=uri, ssh=sshd.ssh_settings()))
    assert kinds(steps) == [*SSH_STEPS, K.HYPERVISOR]
    found = steps[-1].found
    assert isinstance(found, HypervisorFound) and found.name == "TEST" and found.libvirt > 1_000_000
    assert found.domains == 1


async def test_a_host_without_ssh_has_the_steps_of_libvirt(libvirtd: PrivateLibvirtd) -> None:
    host = HostInfo("peer", "127.0.0.1", uri=libvirtd.uri("tcp"), commands=False)
    steps = await tried(host)
    assert kinds(steps) == [K.SETTINGS, K.ADDRESS, K.PORT, K.HYPERVISOR]
    assert str(steps[1].found) == "127.0.0.1"


async def test_libvirt_by_tcp_of_a_host_that_takes_commands_comes_after_ssh(
    sshd: PrivateSshd, libvirtd: PrivateLibvirtd
) -> None:
    steps = await tried(HostInfo("peer", "127.0.0.1", uri=libvirtd.uri("tcp"), ssh=sshd.ssh_settings()))
    assert kinds(steps) == [*SSH_STEPS, K.ADDRESS, K.PORT, K.HYPERVISOR]


async def test_the_driver_in_this_process_has_no_way_to_it() -> None:
    steps = await tried(HostInfo("here", "127.0.0.1", uri="test:///default", commands=False))
    assert kinds(steps) == [K.SETTINGS, K.HYPERVISOR] and steps[-1].state is S.DONE


async def test_a_simulated_host_has_no_way_to_it_either() -> None:
    steps = await tried(HostInfo("sim", "127.0.0.1", uri="sim://sim/?domains=3", commands=False))
    assert kinds(steps) == [K.SETTINGS, K.HYPERVISOR]
    assert isinstance(steps[-1].found, HypervisorFound) and steps[-1].found.domains == 3


# What goes wrong


async def test_a_port_that_refuses(sshd: PrivateSshd) -> None:
    steps = await tried(with_ssh(sshd, port=free_port()))
    assert kinds(steps) == SSH_STEPS[:3]
    assert failure(steps) == (K.PORT, Cause.PORT_REFUSED, Remedy.RETRY)


async def test_a_libvirt_port_that_refuses_is_told_in_the_drivers_words() -> None:
    uri = f"test+tcp://127.0.0.1:{free_port()}/default"
    steps = await tried(HostInfo("peer", "127.0.0.1", uri=uri, commands=False))
    assert failure(steps) == (K.PORT, Cause.PORT_REFUSED, Remedy.RETRY)
    assert steps[-1].problem is not None and steps[-1].problem.message.startswith("connection refused by")


@pytest.mark.parametrize("uri", [None, "test+tcp://no-such-name.invalid/default"])
async def test_a_name_without_an_address(uri: str | None) -> None:
    host = HostInfo("peer", "no-such-name.invalid", uri=uri, commands=uri is None, ssh=SshSettings(known_hosts=("/x",)))
    steps = await tried(host)
    assert kinds(steps) == [K.SETTINGS, K.ADDRESS]
    assert steps[-1].trouble is not None and steps[-1].trouble.cause in (Cause.NO_SUCH_NAME, Cause.LOOKUP_FAILED)


async def test_a_silent_port_is_no_greeting_within_the_hosts_own_time(sshd: PrivateSshd) -> None:
    with silent_port() as port:
        steps = await tried(with_ssh(sshd, port=port), TransportConfig(connect_timeout=0.3))
    assert kinds(steps) == SSH_STEPS[:4]
    assert failure(steps) == (K.GREETING, Cause.NO_BANNER, Remedy.RETRY)
    assert steps[-1].trouble is not None and steps[-1].trouble.detail == "0.3 s"


async def test_a_silent_libvirt_daemon(libvirtd: PrivateLibvirtd) -> None:
    with silent_port() as port:
        host = HostInfo("peer", "127.0.0.1", uri=f"test+tcp://127.0.0.1:{port}/default", commands=False)
        steps = await tried(host, TransportConfig(connect_timeout=0.3))
    assert failure(steps) == (K.HYPERVISOR, Cause.LIBVIRT_SILENT, Remedy.RETRY)


async def test_an_unknown_key_is_refused_and_nobody_trusts_it(sshd: PrivateSshd, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    drivers = Drivers()
    steps = await tried(with_ssh(sshd, known_hosts=known), drivers=drivers)
    assert kinds(steps) == SSH_STEPS[:5]
    assert failure(steps) == (K.HOST_KEY, Cause.KEY_UNKNOWN, Remedy.TRUST_KEY)
    assert not known.exists() and not drivers.host_keys._refused


async def test_a_changed_key(sshd: PrivateSshd, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{sshd.port} {(sshd.directory / 'client_key.pub').read_text()}\n")
    before = known.read_bytes()
    steps = await tried(with_ssh(sshd, known_hosts=known, host_key_policy=HostKeyPolicy.ACCEPT_NEW))
    assert failure(steps) == (K.HOST_KEY, Cause.KEY_CHANGED, Remedy.TRUST_KEY)
    assert known.read_bytes() == before


async def test_a_new_key_that_the_policy_takes_is_not_stored(sshd: PrivateSshd, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    steps = await tried(with_ssh(sshd, known_hosts=known, host_key_policy=HostKeyPolicy.ACCEPT_NEW))
    assert kinds(steps) == SSH_STEPS and "new: a connection that is kept stores it" in str(steps[4].found)
    assert not known.exists()


async def test_a_login_that_is_refused(sshd: PrivateSshd, tmp_path: Path) -> None:
    steps = await tried(with_ssh(sshd, identity=new_key(tmp_path / "another")))
    assert kinds(steps) == SSH_STEPS
    assert failure(steps) == (K.LOGIN, Cause.LOGIN_REFUSED, Remedy.MEND)


async def test_no_socket_of_libvirt_behind_a_login(sshd: PrivateSshd) -> None:
    uri = "test+ssh://127.0.0.1/default?socket=/nowhere"
    steps = await tried(HostInfo("peer", "127.0.0.1", uri=uri, ssh=sshd.ssh_settings()))
    assert kinds(steps) == [*SSH_STEPS, K.HYPERVISOR]
    assert failure(steps)[:2] == (K.HYPERVISOR, Cause.NO_SOCKET)


# Jump hosts


async def test_behind_a_jump_host_there_is_no_tcp_of_ours(sshd: PrivateSshd, tmp_path: Path) -> None:
    with running_sshd(tmp_path / "behind") as behind:
        known = tmp_path / "known"
        known.write_text(sshd.known_hosts.read_text() + behind.known_hosts.read_text())
        (behind.directory / "authorized_keys").write_text((sshd.directory / "client_key.pub").read_text())
        settings = sshd.ssh_settings(
            port=behind.port, known_hosts=known, proxy_jump=f"{sshd.user}@127.0.0.1:{sshd.port}"
        )
        steps = await tried(HostInfo("peer", "127.0.0.1", uri=None, ssh=settings))
    hop = f"127.0.0.1 port {sshd.port}"
    assert kinds(steps) == [*SSH_STEPS, *SSH_STEPS[2:]]
    assert [step.peer for step in steps] == ["", *[hop] * 5, *[""] * 4]
    assert steps[6].state is S.LEFT_OUT and str(steps[6].found) == f"behind {hop}"
    assert str(steps[0].found).endswith(f"through {hop}")


async def test_a_jump_host_that_refuses_is_named(sshd: PrivateSshd) -> None:
    port = free_port()
    steps = await tried(with_ssh(sshd, proxy_jump=f"{sshd.user}@127.0.0.1:{port}"))
    assert failure(steps)[:2] == (K.PORT, Cause.PORT_REFUSED) and steps[-1].peer == f"127.0.0.1 port {port}"


PROXY = """
import socket, sys, threading
there = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def back():
    while data := there.recv(65536):
        sys.stdout.buffer.write(data); sys.stdout.buffer.flush()
threading.Thread(target=back, daemon=True).start()
while data := sys.stdin.buffer.read1(65536):
    there.sendall(data)
"""


async def test_by_a_proxy_command_there_is_no_tcp_of_ours_either(sshd: PrivateSshd, tmp_path: Path) -> None:
    proxy, config = tmp_path / "proxy.py", tmp_path / "config"
    proxy.write_text(PROXY)
    config.write_text(f"ProxyCommand {sys.executable} {proxy} %p\n")
    steps = await tried(with_ssh(sshd, config_file=str(config)))
    assert kinds(steps) == [K.SETTINGS, *SSH_STEPS[2:]]
    assert steps[1].state is S.LEFT_OUT and "ProxyCommand" in str(steps[1].found)


# It leaves nothing


@asynccontextmanager
async def under_way(host: HostInfo, kind: TryKind) -> AsyncIterator[asyncio.Task[None]]:
    """A task that tries the host, once it has come to this step."""
    reached = asyncio.Event()

    async def follow() -> None:
        async for step in Drivers().try_out(host, TransportConfig(connect_timeout=60)):
            if step.kind is kind:
                reached.set()

    task = asyncio.create_task(follow())
    async with asyncio.timeout(HANG):
        await reached.wait()
    yield task
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize("transport", ["ssh", "tcp", "none"])
async def test_stopped_it_ends_soon_and_leaves_nothing(
    sshd: PrivateSshd, libvirtd: PrivateLibvirtd, transport: str
) -> None:
    await tried(HostInfo("here", "127.0.0.1", uri=libvirtd.uri("tcp"), commands=False))  # libvirt's own thread stays
    await tried(with_ssh(sshd))
    with silent_port() as port:
        if transport == "ssh":
            host, kind = with_ssh(sshd, port=port), K.GREETING
        elif transport == "tcp":
            uri = f"test+tcp://127.0.0.1:{port}/default"
            host, kind = HostInfo("peer", "127.0.0.1", uri=uri, commands=False), K.HYPERVISOR
        else:
            libvirtd.stop()
            uri = f"test+ssh://127.0.0.1/default?socket={libvirtd.socket}"
            host, kind = HostInfo("peer", "127.0.0.1", uri=uri, ssh=sshd.ssh_settings()), K.HYPERVISOR
        before, tasks = leftovers(), asyncio.all_tasks()
        try:
            async with under_way(host, kind) as task:
                task.cancel()
                await asyncio.sleep(0)
                task.cancel()  # a person who stops it and leaves the form at once
                await asyncio.wait([task], timeout=HANG)
                assert task.done(), "the host's own time is twice as long"
        finally:
            libvirtd.cont()
        assert asyncio.all_tasks() <= tasks
        await nothing_left_since(before)


async def test_whole_it_leaves_nothing(sshd: PrivateSshd, libvirtd: PrivateLibvirtd) -> None:
    uri = f"test+ssh://127.0.0.1/default?socket={libvirtd.socket}"
    host = HostInfo("peer", "127.0.0.1", uri=uri, ssh=sshd.ssh_settings())
    await tried(host)
    before, tasks = leftovers(), asyncio.all_tasks()
    await tried(host)
    assert asyncio.all_tasks() <= tasks
    await nothing_left_since(before)
