"""+tls: Python's TLS against a real libvirtd with certificates of the test's own."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from atp_tui.drivers.libvirt.driver import LibvirtDriver
from atp_tui.model.errors import AuthFailed, ConnectFailed, TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import TransportConfig
from atp_tui.transport.driver import OpenRequest

from ..daemons.libvirtd import PrivateLibvirtd, free_port
from ..daemons.names import LOCAL_NAME
from .certificates import Authority
from .leftovers import nothing_left_since, settled

HANG = 20.0

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(60)]


@dataclass(frozen=True)
class TlsDaemon:
    """A libvirtd that takes clients of one authority, but not the one called "refused"."""

    daemon: PrivateLibvirtd
    port: int
    pki: Path
    refused: Path
    strange: Path

    def uri(self, pki: Path, host: str = "127.0.0.1", more: str = "") -> str:
        return f"test+tls://{host}:{self.port}/default?pkipath={pki}{more}"


@pytest.fixture(scope="module")
def tls() -> Iterator[TlsDaemon]:
    # not below pytest's directories, which the daemon's user may not enter
    with tempfile.TemporaryDirectory(prefix="atp-pki-") as made:
        directory = Path(made)
        directory.chmod(0o755)
        yield from tls_daemon(directory)


def tls_daemon(directory: Path) -> Iterator[TlsDaemon]:
    authority = Authority(directory)
    pki = authority.pki("kvm01", "127.0.0.1")
    port = free_port()
    files = f'key_file = "{pki}/serverkey.pem"\ncert_file = "{pki}/servercert.pem"\nca_file = "{pki}/cacert.pem"'
    with PrivateLibvirtd(f'tls_port = "{port}"\n{files}\ntls_allowed_dn_list = ["CN=kvm01"]') as daemon:
        strange = directory / "strangers"
        strange.mkdir()
        yield TlsDaemon(daemon, port, pki, authority.pki("refused"), Authority(strange).pki("stranger", "127.0.0.1"))


def request(uri: str, lost: list[TransportError] | None = None) -> OpenRequest:
    told = [] if lost is None else lost
    return OpenRequest(HostInfo("kvm01", "127.0.0.1", uri=uri), TransportConfig(), told.append)


def sockets_below(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if not path.is_dir()]


async def test_calls_go_through_and_bytes_are_counted(tls: TlsDaemon, tmp_path: Path) -> None:
    driver = LibvirtDriver(tmp_path)
    link = await driver.open(request(tls.uri(tls.pki)))
    size = len(await link.call(lambda virt: virt.getCapabilities(), HANG))
    moved = link.bytes_moved()
    assert moved is not None
    assert moved[0] > size
    assert sockets_below(tmp_path) == []
    await link.close()
    await driver.close()
    assert os.listdir(tmp_path) == []


async def test_many_large_answers_at_once(tls: TlsDaemon) -> None:
    driver = LibvirtDriver()
    # a stalled answer would come with the next keepalive; without one it does not come
    seldom = replace(request(tls.uri(tls.pki)), config=TransportConfig(keepalive_interval=3600))
    link = await driver.open(seldom)
    answers = await asyncio.gather(*(link.call(lambda virt: virt.getCapabilities(), HANG) for _ in range(1000)))
    assert len(set(answers)) == 1
    await link.close()
    await driver.close()


async def test_a_pkipath_without_one_of_its_files_is_refused_as_by_libvirt(tls: TlsDaemon, tmp_path: Path) -> None:
    (tmp_path / "cacert.pem").write_bytes((tls.pki / "cacert.pem").read_bytes())
    for more in ("", "&no_verify=1"):
        with pytest.raises(ConnectFailed, match=r"clientcert\.pem: No such file") as caught:
            await LibvirtDriver().open(request(tls.uri(tmp_path, more=more)))
        assert caught.value.permanent


async def test_a_certificate_of_another_authority_is_not_accepted(tls: TlsDaemon) -> None:
    before = await settled()
    with pytest.raises(ConnectFailed, match=f"certificate of 127.0.0.1:{tls.port} is not accepted") as caught:
        await LibvirtDriver().open(request(tls.uri(tls.strange)))
    assert caught.value.permanent
    await nothing_left_since(before)


async def test_a_certificate_of_another_name_is_not_accepted(tls: TlsDaemon) -> None:
    with pytest.raises(ConnectFailed, match="not accepted"):
        await LibvirtDriver().open(request(tls.uri(tls.pki, LOCAL_NAME)))


async def test_no_verify_accepts_it(tls: TlsDaemon) -> None:
    driver = LibvirtDriver()
    link = await driver.open(request(tls.uri(tls.pki, LOCAL_NAME, "&no_verify=1")))
    await link.ping(HANG)
    await link.close()
    await driver.close()


async def test_a_daemon_that_does_not_take_our_certificate(tls: TlsDaemon) -> None:
    with pytest.raises(AuthFailed, match="does not take our TLS certificate"):
        await LibvirtDriver().open(request(tls.uri(tls.refused)))


async def test_missing_files_are_named(tls: TlsDaemon, tmp_path: Path) -> None:
    with pytest.raises(ConnectFailed, match=f"the CA certificate {tmp_path}/cacert.pem: ") as caught:
        await LibvirtDriver().open(request(tls.uri(tmp_path)))
    assert caught.value.permanent
    shutil.copy(tls.pki / "cacert.pem", tmp_path)
    shutil.copy(tls.pki / "clientcert.pem", tmp_path)
    with pytest.raises(ConnectFailed, match=r"clientkey\.pem"):
        await LibvirtDriver().open(request(tls.uri(tmp_path)))


@pytest.mark.parametrize("name", ["cacert.pem", "clientcert.pem", "clientkey.pem"])
@pytest.mark.parametrize("kind", ["pipe", "device"])
@pytest.mark.timeout(20)
async def test_a_pipe_in_a_files_place_is_named_and_not_waited_for(
    tls: TlsDaemon, tmp_path: Path, name: str, kind: str
) -> None:
    pki = Path(shutil.copytree(tls.pki, tmp_path / "pki"))
    (pki / name).unlink()
    os.mkfifo(pki / name) if kind == "pipe" else (pki / name).symlink_to("/dev/zero")
    with pytest.raises(ConnectFailed, match=f" {pki / name}: neither a file nor /dev/null$") as caught:
        await LibvirtDriver().open(request(tls.uri(pki)))
    assert caught.value.permanent


async def test_a_key_with_a_passphrase_is_named_and_nobody_is_asked(tls: TlsDaemon, tmp_path: Path) -> None:
    pki = Path(shutil.copytree(tls.pki, tmp_path / "pki"))
    key = serialization.load_pem_private_key((pki / "clientkey.pem").read_bytes(), None)
    locked = serialization.BestAvailableEncryption(b"sesame")
    (pki / "clientkey.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    )
    with pytest.raises(ConnectFailed, match=r"clientkey\.pem: the key needs a passphrase") as caught:
        await LibvirtDriver().open(request(tls.uri(pki)))
    assert caught.value.permanent


async def test_a_peer_without_tls(tls: TlsDaemon) -> None:
    wrong = tls.uri(tls.pki).replace(str(tls.port), str(tls.daemon.port))
    before = await settled()
    with pytest.raises((ConnectFailed, TimeoutError)):
        async with asyncio.timeout(1):
            await LibvirtDriver().open(request(wrong))
    await nothing_left_since(before)


async def test_a_cancelled_attempt_on_a_silent_daemon_leaves_nothing(tls: TlsDaemon) -> None:
    before = await settled()
    tls.daemon.stop()
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await LibvirtDriver().open(request(tls.uri(tls.pki)))
        await nothing_left_since(before)
    finally:
        tls.daemon.cont()


@pytest.mark.parametrize("said", [b"", b"\x01"], ids=["nothing", "that it takes us"])
async def test_a_cancelled_attempt_on_a_daemon_silent_after_the_handshake_leaves_nothing(
    tls: TlsDaemon, tmp_path: Path, said: bytes
) -> None:
    """One that hangs where it should say whether it takes our certificate, or right behind that."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.pki / "servercert.pem", tls.pki / "serverkey.pem")
    came = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        writer.write(said)
        with suppress(OSError):
            while await reader.read(1000):
                pass
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0, ssl=context) as server:
        uri = replace(tls, port=server.sockets[0].getsockname()[1]).uri(tls.pki)
        before = await settled()
        attempt = asyncio.create_task(LibvirtDriver(tmp_path).open(request(uri)))
        async with asyncio.timeout(HANG):
            await came.wait()
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
        await nothing_left_since(before)
        assert not sockets_below(tmp_path)


async def test_a_lost_daemon_is_told_once(tls: TlsDaemon) -> None:
    lost: list[TransportError] = []
    driver = LibvirtDriver()
    link = await driver.open(request(tls.uri(tls.pki), lost))
    tls.daemon.restart()
    async with asyncio.timeout(HANG):
        with pytest.raises(TransportError):
            await link.ping(HANG)
        await asyncio.sleep(0.05)
    assert len(lost) == 1
    assert not link.is_alive()
    await driver.close()
