"""The chain asyncssh, sshd, libvirtd; and the way through a command where sshd forbids to forward sockets."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from atp_tui.drivers.libvirt.bridge import Bridge, FarEnd
from atp_tui.drivers.libvirt.driver import LibvirtDriver
from atp_tui.drivers.libvirt.link import LibvirtLink
from atp_tui.drivers.libvirt.over_ssh import far_command, far_sockets, open_far_end
from atp_tui.drivers.ssh.link import SshLink
from atp_tui.model.errors import ConnectFailed, TransportError
from atp_tui.model.host import HostInfo, parse_uri
from atp_tui.model.settings import TransportConfig
from atp_tui.transport.driver import OpenRequest, RawStream, StreamReceiver

from ..daemons.libvirtd import PrivateLibvirtd
from ..daemons.mounts import own_mounts
from ..daemons.sshd import PrivateSshd, require_sshd, running_sshd
from ..fakes.driver import FakeDriver, FakeLink
from .leftovers import nothing_left_since, settled
from .ssh_links import linked
from .test_libvirt_bridge import Far

HANG = 30.0
FORBIDDEN = "AllowStreamLocalForwarding no"

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(90)]


@asynccontextmanager
async def carried(directory: Path, *options: str) -> AsyncIterator[SshLink]:
    """An SSH link to an sshd of the test's own."""
    with running_sshd(directory, options=options) as sshd:
        async with linked(sshd) as carrier:
            yield carrier
            await carrier.close()


async def opened(carrier: SshLink, uri: str, lost: list[TransportError] | None = None) -> LibvirtLink:
    told = [] if lost is None else lost
    request = OpenRequest(HostInfo("kvm01", "127.0.0.1", uri=uri), TransportConfig(), told.append, carrier)
    async with asyncio.timeout(HANG):
        return await LibvirtDriver().open(request)


def direct(libvirtd: PrivateLibvirtd) -> str:
    return f"test+ssh://127.0.0.1/default?socket={libvirtd.socket}"


@asynccontextmanager
async def with_the_default_socket(directory: Path, libvirtd: PrivateLibvirtd) -> AsyncIterator[tuple[SshLink, str]]:
    """A carrier that forbids to forward sockets, to a host where virt-ssh-helper finds this libvirtd; and a URI.

    The helper knows no sockets but the default ones. Root's is in /run, which sshd gets a private one of here; an
    ordinary user's is below XDG_RUNTIME_DIR.
    """
    require_sshd()
    runtime = f"SetEnv XDG_RUNTIME_DIR={libvirtd.directory} SHLVL=2"
    uri = "qemu+ssh://127.0.0.1/session?name=test:///default"
    within: Sequence[str] = ()
    if os.geteuid() == 0:  # the helper knows no session of root's
        uri = "test+ssh://127.0.0.1/default"
        to_libvirtd = f"ln -s {libvirtd.socket.parent} /run/libvirt"
        within = own_mounts(f"mount -t tmpfs tmpfs /run && mkdir -p /run/sshd && {to_libvirtd}")
    sshd = PrivateSshd(directory, options=[FORBIDDEN, runtime], within=within)
    sshd.start()
    try:
        async with linked(sshd) as carrier:
            yield carrier, uri
            await carrier.close()
    finally:
        sshd.close()


async def test_through_a_forwarded_socket(tmp_path: Path, libvirtd: PrivateLibvirtd) -> None:
    async with carried(tmp_path) as carrier:
        link = await opened(carrier, direct(libvirtd))
        assert await link.call(lambda virt: [domain.name() for domain in virt.listAllDomains()], HANG) == ["test"]
        await link.close()


async def test_large_answers_at_once_and_ten_links_on_one_carrier(tmp_path: Path, libvirtd: PrivateLibvirtd) -> None:
    async with carried(tmp_path) as carrier:
        links = [await opened(carrier, direct(libvirtd)) for _ in range(10)]
        calls = (link.call(lambda virt: virt.getCapabilities(), HANG) for link in links for _ in range(50))
        answers = await asyncio.gather(*calls)
        assert len(set(answers)) == 1
        moved = links[0].bytes_moved()
        assert moved is not None
        assert moved[0] > 50 * len(answers[0])
        await asyncio.gather(*(link.close() for link in links))


async def test_through_libvirts_own_helper_where_forwarding_is_forbidden(
    tmp_path: Path, libvirtd: PrivateLibvirtd
) -> None:
    async with with_the_default_socket(tmp_path, libvirtd) as (carrier, uri):
        link = await opened(carrier, uri)
        assert await link.call(lambda virt: virt.getType(), HANG) == "TEST"
        answers = await asyncio.gather(*(link.call(lambda virt: virt.getCapabilities(), HANG) for _ in range(50)))
        assert len(set(answers)) == 1
        await link.close()


async def test_nothing_there_says_what_was_tried(tmp_path: Path) -> None:
    async with carried(tmp_path, FORBIDDEN) as carrier:
        before = await settled()
        with pytest.raises(ConnectFailed, match=r"^the host has no socket /nowhere/at/all$") as caught:
            await opened(carrier, "test+ssh://127.0.0.1/default?socket=/nowhere/at/all")
        assert "/bin/sh" not in caught.value.message
        with pytest.raises(ConnectFailed):
            await opened(carrier, "xen+ssh://127.0.0.1/system")
        assert carrier.is_alive()
        await nothing_left_since(before)


async def test_what_a_forced_command_says_in_place_of_libvirt_is_told(tmp_path: Path) -> None:
    said = "ForceCommand echo only backups here; exit 1"
    async with carried(tmp_path, FORBIDDEN, said) as carrier:
        before = await settled()
        with pytest.raises(
            ConnectFailed, match=r"^in libvirt's place the host says: only backups here \(exit status 1\)$"
        ) as caught:
            await opened(carrier, "qemu+ssh://127.0.0.1/system")
        assert "/bin/sh" not in caught.value.message
        assert "said nothing" not in caught.value.message
        assert carrier.is_alive()
        await nothing_left_since(before)


async def test_words_without_an_end_are_told_too(tmp_path: Path) -> None:
    """A start-up file that writes, and a program behind it that goes on: libvirt can make nothing of what follows."""
    async with carried(tmp_path, FORBIDDEN, "ForceCommand echo welcome; exec cat") as carrier:
        with pytest.raises(ConnectFailed, match="in libvirt's place the host says: welcome"):
            await opened(carrier, "qemu+ssh://127.0.0.1/system")


async def test_a_named_socket_that_is_not_there_is_named(tmp_path: Path) -> None:
    for number, options in enumerate(((), (FORBIDDEN,))):
        async with carried(tmp_path / str(number), *options) as carrier:
            with pytest.raises(ConnectFailed, match=r"^the host has no socket /nowhere/at/all$"):
                await opened(carrier, "test+ssh://127.0.0.1/default?socket=/nowhere/at/all")


async def test_a_named_netcat_is_used_though_sshd_would_forward(tmp_path: Path, libvirtd: PrivateLibvirtd) -> None:
    netcat = tmp_path / "my-nc"
    program = (
        "import socket,sys,threading as t;s=socket.socket(1);s.connect(sys.argv[2]);o=open(sys.argv[0]+'.used','w')"
    )
    loops = (
        "send=lambda:[s.sendall(b) for b in iter(lambda:sys.stdin.buffer.raw.read(9999),b'')]",
        "t.Thread(target=send,daemon=True).start()",
        "[(sys.stdout.buffer.write(b),sys.stdout.flush()) for b in iter(lambda:s.recv(9999),b'')]",
    )
    netcat.write_text("#!/usr/bin/env python3\n" + "\n".join([program, *loops]) + "\n", encoding="utf-8")
    netcat.chmod(0o755)
    async with carried(tmp_path / "sshd") as carrier:
        link = await opened(carrier, f"{direct(libvirtd)}&netcat={netcat}")
        assert await link.call(lambda virt: virt.getType(), HANG) == "TEST"
        assert netcat.with_name("my-nc.used").exists()
        await link.close()
        with pytest.raises(ConnectFailed, match=r"^the host has no /nowhere/nc, to reach libvirt$"):
            await opened(carrier, f"{direct(libvirtd)}&netcat=/nowhere/nc")


async def test_the_end_of_the_carrier_ends_what_rides_on_it(tmp_path: Path, libvirtd: PrivateLibvirtd) -> None:
    lost: list[TransportError] = []
    with running_sshd(tmp_path) as sshd:
        async with linked(sshd) as carrier:
            link = await opened(carrier, direct(libvirtd), lost)
            sshd.kill()
            async with asyncio.timeout(HANG):
                with pytest.raises(TransportError):
                    await link.ping(HANG)
            assert not link.is_alive()
            assert len(lost) == 1


async def test_a_cancelled_attempt_leaves_no_channel(tmp_path: Path, own_libvirtd: PrivateLibvirtd) -> None:
    own_libvirtd.stop()
    async with carried(tmp_path) as carrier:
        before = await settled()
        for _ in range(12):  # more than sshd's MaxSessions
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await opened(carrier, direct(own_libvirtd))
        await nothing_left_since(before)
        own_libvirtd.cont()
        link = await opened(carrier, direct(own_libvirtd))
        await link.close()


@pytest.mark.parametrize(
    ("uri", "sockets"),
    [
        ("qemu+ssh://kvm01/system", ["/run/libvirt/virtqemud-sock", "/run/libvirt/libvirt-sock"]),
        ("qemu+ssh://kvm01/system?readonly=1", ["/run/libvirt/virtqemud-sock-ro", "/run/libvirt/libvirt-sock-ro"]),
        ("xen+ssh://kvm01/system", ["/run/libvirt/virtxend-sock", "/run/libvirt/libvirt-sock"]),
        ("test+ssh://kvm01/default", ["/run/libvirt/libvirt-sock"]),
        ("qemu+ssh://kvm01/system?socket=/my/sock", ["/my/sock"]),
        ("qemu+ssh://kvm01/session", []),
        ("qemu+ssh://kvm01/system?mode=direct", ["/run/libvirt/virtqemud-sock"]),
        ("qemu+ssh://kvm01/system?mode=legacy", ["/run/libvirt/libvirt-sock"]),
        ("qemu+ssh://kvm01/system?mode=auto", ["/run/libvirt/virtqemud-sock", "/run/libvirt/libvirt-sock"]),
        ("remote+ssh://kvm01/", ["/run/libvirt/libvirt-sock"]),
    ],
)
def test_where_a_daemon_may_listen(uri: str, sockets: Sequence[str]) -> None:
    assert list(far_sockets(parse_uri(uri))) == sockets


@pytest.mark.parametrize("path", ["/session", "/system", "/system?socket=/a b'; touch gone; '", "/$(touch gone)"])
def test_the_command_is_one_that_a_shell_takes_as_it_is_meant(path: str, tmp_path: Path) -> None:
    """Run by a shell without any of the tools: it must say so, and nothing in the URI may be run."""
    uri = parse_uri("xen+ssh://kvm01" + path.replace(" ", "%20").replace(";", "%3B"))
    line = f"PATH=/nowhere; {far_command(uri).line}"
    shell = ["/bin/sh", "-c", line]
    ended = subprocess.run(shell, capture_output=True, check=False, cwd=tmp_path, timeout=HANG, text=True)
    assert ended.returncode == 127
    assert ended.stderr.startswith("the host has no ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("query", "called"),
    [
        ("", "virt-ssh-helper qemu:///system"),
        ("?proxy=auto", "virt-ssh-helper qemu:///system"),
        ("?proxy=native&readonly=1", "virt-ssh-helper -r qemu:///system"),
        ("?proxy=netcat&socket=SOCKET", "nc -U SOCKET"),
        ("?netcat=ncat&socket=SOCKET", "ncat -U SOCKET"),
        ("?proxy=netcat&netcat=DIRECTORY/ncat&socket=SOCKET", "ncat -U SOCKET"),
        ("?mode=legacy&proxy=native", "virt-ssh-helper qemu:///system"),
    ],
)
def test_the_program_that_a_uri_asks_for_is_called(
    query: str, called: str, tmp_path: Path, libvirtd: PrivateLibvirtd
) -> None:
    for tool in ("socat", "ncat", "nc", "virt-ssh-helper"):
        program = tmp_path / tool
        program.write_text('#!/bin/sh\necho "${0##*/} $*"\n', encoding="utf-8")
        program.chmod(0o755)
    query = query.replace("SOCKET", str(libvirtd.socket)).replace("DIRECTORY", str(tmp_path))
    line = f"PATH={shlex.quote(str(tmp_path))}; {far_command(parse_uri('qemu+ssh://kvm01/system' + query)).line}"
    ended = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True, timeout=HANG, text=True)
    assert ended.stdout.strip() == called.replace("SOCKET", str(libvirtd.socket))


def test_each_tool_is_given_the_socket(tmp_path: Path, libvirtd: PrivateLibvirtd) -> None:
    """Stand-ins for the tools that say how they were called: which of them a machine has is not ours to choose."""
    uri = parse_uri(f"qemu+ssh://kvm01/system?socket={libvirtd.socket}")
    said = []
    for tool in ("socat", "ncat", "nc"):  # each is preferred to the one before it
        program = tmp_path / tool
        program.write_text('#!/bin/sh\necho "${0##*/} $*"\n', encoding="utf-8")
        program.chmod(0o755)
        line = f"PATH={shlex.quote(str(tmp_path))}; {far_command(uri).line}"
        ended = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True, timeout=HANG, text=True)
        said.append(ended.stdout.strip())
    socket = str(libvirtd.socket)
    assert said == [f"socat - UNIX-CONNECT:{socket}", f"ncat -U {socket}", f"nc -U {socket}"]


class _OldHost(FakeLink):
    """The SSH link of a host with one daemon for all, as before libvirt was modular."""

    def __init__(self) -> None:
        super().__init__(
            FakeDriver(), OpenRequest(HostInfo("kvm01", "127.0.0.1"), TransportConfig(), lambda error: None)
        )
        self.asked: list[str] = []

    async def open_stream(self, path: str, receiver: StreamReceiver) -> RawStream:
        self.asked.append(path)
        if path.endswith("/libvirt-sock"):
            return Far()
        raise ConnectFailed(f"cannot open {path} there: Connect failed")


async def test_the_old_daemons_socket_is_tried_after_the_modular_ones() -> None:
    host = _OldHost()
    bridge = Bridge(lambda error: None)
    stream = await open_far_end(host, parse_uri("qemu+ssh://127.0.0.1/system"), FarEnd(bridge), "kvm01")
    assert isinstance(stream, Far)
    assert host.asked == ["/run/libvirt/virtqemud-sock", "/run/libvirt/libvirt-sock"]
