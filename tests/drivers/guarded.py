"""A libvirtd that asks for a password on each of its sockets: TCP, unix, TLS."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from atp_tui.drivers.libvirt.driver import LibvirtDriver
from atp_tui.drivers.libvirt.link import LibvirtLink
from atp_tui.model.errors import TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import TransportConfig
from atp_tui.transport.driver import OpenRequest, OpensStreams

from ..daemons.libvirtd import PrivateLibvirtd, free_port
from ..daemons.sasl import MECHANISMS, SaslUsers
from .certificates import Authority

PASSWORD = "sesame-7e7e"
HANG = 30.0


@dataclass(frozen=True)
class Guarded:
    """The daemon, one of its users, and the certificates that its TLS port takes."""

    daemon: PrivateLibvirtd
    users: SaslUsers
    name: str
    tls_port: int
    pki: Path

    def uri(self, transport: str, host: str = "127.0.0.1", **query: str) -> str:
        """The test hypervisor's URI by tcp, unix, tls, or ssh to a host that has the unix socket."""
        port = {"tcp": f":{self.daemon.port}", "tls": f":{self.tls_port}"}.get(transport, "")
        query |= {"pkipath": str(self.pki)} if transport == "tls" else {}
        query |= {"socket": str(self.daemon.socket)} if transport in ("unix", "ssh") else {}
        where = "" if transport == "unix" else f"{host}{port}"
        pairs = "&".join(f"{key}={value}" for key, value in query.items())
        return f"test+{transport}://{where}/default" + (f"?{pairs}" if pairs else "")


@contextmanager
def guarded_libvirtd(mechanisms: str = MECHANISMS, *, sasl: bool = True) -> Iterator[Guarded]:
    """Such a daemon; with `sasl` False one that asks for nothing, but listens for TLS all the same."""
    # not below pytest's directories, which the daemon's user may not enter
    with tempfile.TemporaryDirectory(prefix="atp-guarded-") as made:
        directory = Path(made)
        directory.chmod(0o755)
        pki = Authority(directory).pki("kvm01", "127.0.0.1")
        users = SaslUsers(directory / "sasl", mechanisms)
        name = users.set_password("admin", PASSWORD)
        port = free_port()
        files = f'key_file = "{pki}/serverkey.pem"\ncert_file = "{pki}/servercert.pem"\nca_file = "{pki}/cacert.pem"'
        more = f'tls_port = "{port}"\n{files}'
        with PrivateLibvirtd(more, sasl=sasl, environment=users.environment) as daemon:
            yield Guarded(daemon, users, name, port, pki)


async def opened(
    uri: str, driver: LibvirtDriver, carrier: OpensStreams | None = None, lost: list[TransportError] | None = None
) -> LibvirtLink:
    told = [] if lost is None else lost
    request = OpenRequest(HostInfo("kvm01", "127.0.0.1", uri=uri), TransportConfig(), told.append, carrier)
    async with asyncio.timeout(HANG):
        return await driver.open(request)


def auth_conf(*entries: tuple[str, str, str], path: Path | None = None) -> Path:
    """Write the person's auth.conf, or `path`: (host, name, password) of each."""
    path = path or Path(os.environ["HOME"], ".config", "libvirt", "auth.conf")
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "# written by a test\n"
    for host, name, password in entries:
        text += f"[credentials-{host}]\nauthname = {name}\npassword={password}\n\n"
        text += f"[auth-libvirt-{host}]\ncredentials={host}\n"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path
