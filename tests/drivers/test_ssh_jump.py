"""Through jump hosts: one sshd behind another, each with its own login and its own host key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.drivers.ssh.hostkeys import HostKeyStore
from atp_tui.drivers.ssh.reading import PathReader
from atp_tui.model.causes import Cause
from atp_tui.model.errors import AuthFailed, ConnectFailed, ConnectionLost, HostKeyRejected, TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import HostKeyPolicy, SshSettings, TransportConfig
from atp_tui.transport.driver import OpenRequest, Progress

from ..daemons.sshd import PrivateSshd, free_port, running_sshd
from .leftovers import leftovers, nothing_left_since
from .ssh_links import linked, open_link, run, until, until_lost

pytestmark = pytest.mark.daemons


@dataclass
class Way:
    """Two sshds with the same client key, and one file that knows both."""

    first: PrivateSshd
    last: PrivateSshd
    known_hosts: Path

    def jump(self, *ports: int) -> str:
        return ",".join(f"{self.first.user}@127.0.0.1:{port}" for port in ports)

    def host(self, jump: str | None, **more: Any) -> HostInfo:
        known = more.pop("known_hosts_of", self).known_hosts
        settings = self.last.ssh_settings(known_hosts=known, proxy_jump=jump, **more)
        return HostInfo("peer", "127.0.0.1", uri=None, ssh=settings)


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    with running_sshd(tmp_path / "first") as first, running_sshd(tmp_path / "last") as last:
        allowed = first.directory / "authorized_keys"
        allowed.write_text(allowed.read_text() + (last.directory / "client_key.pub").read_text())
        known_hosts = tmp_path / "known_hosts"
        known_hosts.write_text(first.known_hosts.read_text() + last.known_hosts.read_text())
        yield Way(first, last, known_hosts)


async def test_a_command_through_a_jump_host(way: Way) -> None:
    before = leftovers()
    async with linked(way.host(way.jump(way.first.port))) as link:
        assert (await run(link, "echo through"))[1] == b"through\n"
        assert (way.first.connections(), way.last.connections()) == (1, 1)
        await link.close()
    await nothing_left_since(before)
    await _until_empty(way.first)


async def test_through_two_jump_hosts(way: Way) -> None:
    async with linked(way.host(way.jump(way.first.port, way.last.port, way.first.port))) as link:
        assert (await run(link, "echo through"))[1] == b"through\n"
        assert (way.first.connections(), way.last.connections()) == (2, 2)


async def test_a_jump_host_of_ssh_config(way: Way, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"Host bastion\n HostName 127.0.0.1\n Port {way.first.port}\n User {way.first.user}\n"
        "Host *\n ProxyJump bastion\n"
    )
    async with linked(way.host(None, config_file=str(config))) as link:
        assert (await run(link, "echo through"))[1] == b"through\n"
        assert way.first.connections() == 1
    async with linked(way.host("none", config_file=str(config))):
        await _until_empty(way.first)


async def test_eight_at_a_time_log_in_at_a_jump_host_of_ssh_config(way: Way, tmp_path: Path) -> None:
    """Its sshd drops those that are too many before they have logged in (MaxStartups); the others wait here, and their
    time limits stand still."""
    came, ways, in_line = list[asyncio.StreamWriter](), list[str | None](), list[None]()

    @contextmanager
    def unhurried() -> Iterator[None]:
        in_line.append(None)
        yield
        in_line.pop()

    jump = await asyncio.start_server(lambda _, writer: came.append(writer), "127.0.0.1", 0)
    port = jump.sockets[0].getsockname()[1]
    config = tmp_path / "config"
    config.write_text(f"Host Bastion\n HostName 127.0.0.1\n Port {port}\nHost box\n ProxyJump Bastion\n")
    host, driver = HostInfo("peer", "box", uri=None, ssh=SshSettings(config_file=str(config))), SshDriver()
    request = OpenRequest(host, TransportConfig(), print, progress=Progress(unhurried=unhurried), on_way=ways.append)
    attempts = [asyncio.ensure_future(driver.open(request)) for _ in range(20)]
    await until(lambda: len(ways) == 20 and len(came) >= 8, "the attempts have not come to the jump host")
    await asyncio.sleep(0.1)
    assert (len(came), len(in_line)) == (8, 12)
    assert ways == [f"bastion:{port}"] * 20
    for attempt in attempts:
        attempt.cancel()
    await asyncio.gather(*attempts, return_exceptions=True)
    for writer in came:
        writer.close()
    jump.close()
    await driver.close()


async def test_each_hop_that_fails_is_named_with_its_own_cause(way: Way, tmp_path: Path) -> None:
    first, last, nobody = way.first.port, way.last.port, free_port()

    async def failure(host: HostInfo) -> tuple[type[TransportError], Cause, str]:
        with pytest.raises(TransportError) as caught:
            await open_link(host)
        return type(caught.value), caught.value.kind, caught.value.message

    both = way.jump(first)
    for kind, cause, port, host in (
        (ConnectFailed, Cause.PORT_REFUSED, nobody, way.host(way.jump(nobody))),
        (ConnectFailed, Cause.JUMP_FAILED, nobody, way.host(way.jump(first, nobody))),
        (ConnectFailed, Cause.JUMP_FAILED, nobody, way.host(both, port=nobody)),
        (AuthFailed, Cause.LOGIN_REFUSED, first, way.host(f"nobody-here@127.0.0.1:{first}")),
        (AuthFailed, Cause.LOGIN_REFUSED, last, way.host(both, user="nobody-here")),
        (HostKeyRejected, Cause.KEY_UNKNOWN, first, way.host(both, known_hosts_of=way.last)),
        (HostKeyRejected, Cause.KEY_UNKNOWN, last, way.host(both, known_hosts_of=way.first)),
    ):
        found = await failure(host)
        assert found[:2] == (kind, cause), found
        assert [str(each) in found[2] for each in (first, last, nobody)] == [
            each == port for each in (first, last, nobody)
        ], found


async def test_what_a_uri_says_of_files_is_not_for_the_jump_host(way: Way, tmp_path: Path) -> None:
    """As libvirt's ssh has it: what stands on its command line does not reach the ssh of the jump host."""
    config, first, last = tmp_path / "config", way.first, way.last
    config.write_text(
        f"Host box\n HostName 127.0.0.1\n Port {last.port}\n ProxyJump bastion\n"
        f"Host bastion\n HostName 127.0.0.1\n Port {first.port}\n IdentityFile {first.client_key}\n"
        f" UserKnownHostsFile {first.known_hosts}\n"
    )
    (first.directory / "authorized_keys").write_bytes((first.directory / "client_key.pub").read_bytes())
    uri = f"test+ssh://{last.user}@box/default?keyfile={last.client_key}&known_hosts={last.known_hosts}"
    host = HostInfo("peer", "box", uri=uri, ssh=SshSettings(config_file=str(config)))
    async with linked(host) as link:
        assert (await run(link, "echo through"))[1] == b"through\n"


async def test_eight_jump_hosts_in_a_row_are_not_too_many(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"Host box\n ProxyJump {','.join(f'j{number}' for number in range(8))}\n")
    host = HostInfo("box", "box", uri=None, ssh=SshSettings(config_file=str(config)))
    assert len(await PathReader().path_to(host)) == 9


async def test_jump_hosts_in_a_circle(way: Way, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host a\n ProxyJump b\nHost b\n ProxyJump a\nHost 127.0.0.1\n ProxyJump a\n")
    with pytest.raises(ConnectFailed, match="circle") as caught:
        await open_link(way.host(None, config_file=str(config)))
    assert caught.value.permanent


@pytest.mark.parametrize("text", ["@", "host:0", "host:word", "[::1"])
async def test_a_jump_host_that_is_none(way: Way, text: str, tmp_path: Path) -> None:
    """In ssh_config, that is: hosts.toml's are checked when it is read."""
    config = tmp_path / "config"
    config.write_text(f"Host 127.0.0.1\n ProxyJump {text}\n")
    with pytest.raises(ConnectFailed) as caught:
        await open_link(way.host(None, config_file=str(config)))
    assert caught.value.permanent or text == "[::1"


async def test_the_jump_hosts_key_is_checked_and_trusted_under_its_own_name(way: Way) -> None:
    way.known_hosts.write_text(way.last.known_hosts.read_text())
    store = HostKeyStore()
    driver = SshDriver(store)
    host = way.host(way.jump(way.first.port))
    with pytest.raises(HostKeyRejected) as caught:
        await open_link(host, driver)
    assert (caught.value.known, caught.value.public_key) == (False, way.first.host_public_key)
    assert f"[127.0.0.1]:{way.first.port}" in caught.value.message
    store.trust_now(host, caught.value.public_key)
    assert way.known_hosts.read_text().splitlines()[-1] == f"[127.0.0.1]:{way.first.port} {way.first.host_public_key}"
    async with linked(host, driver) as link:
        assert link.is_alive()


async def test_a_jump_hosts_key_is_trusted_under_its_name_though_the_host_was_refused_since(way: Way) -> None:
    """The question about it was on the screen; somebody else had stored it, and the connection came a hop further."""
    way.known_hosts.write_text("")
    store = HostKeyStore()
    driver, host = SshDriver(store), way.host(way.jump(way.first.port))
    for known in ("", way.first.known_hosts.read_text()):
        way.known_hosts.write_text(known)
        with pytest.raises(HostKeyRejected):
            await open_link(host, driver)
    way.known_hosts.write_text("")
    store.trust_now(host, way.first.host_public_key)
    assert way.known_hosts.read_text() == f"[127.0.0.1]:{way.first.port} {way.first.host_public_key}\n"
    store.trust_now(host, way.last.host_public_key)
    assert way.known_hosts.read_text().splitlines()[1:] == [f"[127.0.0.1]:{way.last.port} {way.last.host_public_key}"]


async def test_the_key_behind_a_jump_host_is_checked_too(way: Way) -> None:
    way.known_hosts.write_text(way.first.known_hosts.read_text())
    before = leftovers()
    with pytest.raises(HostKeyRejected) as caught:
        await open_link(way.host(way.jump(way.first.port)))
    assert caught.value.public_key == way.last.host_public_key
    await nothing_left_since(before)
    async with linked(way.host(way.jump(way.first.port), host_key_policy=HostKeyPolicy.ACCEPT_NEW)):
        assert way.last.host_public_key in way.known_hosts.read_text()


async def test_a_target_that_the_jump_host_cannot_reach(way: Way) -> None:
    before = leftovers()
    with pytest.raises(ConnectFailed) as caught:
        await open_link(way.host(way.jump(way.first.port), port=free_port()))
    assert "jump host" in caught.value.message
    await nothing_left_since(before)


async def test_a_lost_jump_host_loses_the_link(way: Way) -> None:
    lost: list[TransportError] = []
    before = leftovers()
    link = await open_link(way.host(way.jump(way.first.port)), lost=lost)
    way.first.kill()
    await until_lost(lost)
    assert not link.is_alive()
    assert [type(error) for error in lost] == [ConnectionLost]
    await nothing_left_since(before)


@pytest.mark.parametrize("how", ["cut", "lost"])
async def test_a_link_that_ends_takes_its_connection_to_the_jump_host_along(how: str, way: Way) -> None:
    lost: list[TransportError] = []
    before = leftovers()
    link = await open_link(way.host(way.jump(way.first.port)), lost=lost)
    if how == "cut":
        link.abort()
    else:
        way.last.kill()
        await until_lost(lost)
    await nothing_left_since(before)
    await _until_empty(way.first)


@pytest.mark.parametrize("silent", ["first", "last"])
async def test_a_cancelled_attempt_at_a_silent_hop_leaves_nothing(way: Way, silent: str) -> None:
    before = leftovers()
    getattr(way, silent).stop()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await open_link(way.host(way.jump(way.first.port)))
    await nothing_left_since(before)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def _until_empty(daemon: PrivateSshd) -> None:
    await until(lambda: not daemon.connections(), "the jump host still has a connection")
