"""An sshd, and ssh_config files that lead to it: by OpenSSH's own client, and by ours with it or without."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.config.client import SshClient
from atp_tui.drivers.ssh.config.reader import ConfigReader
from atp_tui.drivers.ssh.config.said import Question
from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.drivers.ssh.opening import Opener
from atp_tui.drivers.ssh.reading import PathReader
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings
from atp_tui.transport.login_desk import LoginDesk

from ..daemons.sshd import QUICK_KEYS, PrivateSshd, running_sshd

FILES = Path(__file__).parent / "ssh_config"
RELAY = """\
    #!{python}
    import os, socket, sys, threading
    peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    def up():
        while data := os.read(0, 65536):
            peer.sendall(data)
        os._exit(0)
    threading.Thread(target=up, daemon=True).start()
    while data := peer.recv(65536):
        os.write(1, data)
"""


class NotInstalled(SshClient):
    """A machine without OpenSSH's client."""

    def can_answer(self, question: Question) -> None:
        return None


@dataclass
class Place:
    """An sshd on two addresses, and what the placeholders of the files stand for."""

    daemon: PrivateSshd
    directory: Path
    relay: Path

    def written(self, text: str) -> Path:
        daemon = self.daemon
        words = {
            "HOST2": daemon.addresses[1], "HOST": daemon.addresses[0], "PORT": str(daemon.port), "USER": daemon.user,
            "KEY": str(daemon.client_key), "KNOWN": str(daemon.known_hosts), "DIR": str(self.directory),
            "RELAY": str(self.relay),
        }  # fmt: skip
        for name, value in words.items():
            text = text.replace(f"@{name}@", value)
        file = self.directory / "config"
        file.write_text(text, encoding="utf-8", errors="surrogateescape")
        return file

    def case(self, name: str) -> Path:
        (source,) = FILES.glob(f"{name}_*.conf")
        return self.written(source.read_text(encoding="utf-8", errors="surrogateescape"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    directory = tmp_path_factory.mktemp("ssh_config")
    relay = directory / "relay"
    relay.write_text(textwrap.dedent(RELAY).format(python=sys.executable))
    relay.chmod(0o755)
    with running_sshd(directory / "sshd", addresses=("127.0.0.1", "127.0.0.2")) as daemon:
        (directory / "keys/box").mkdir(parents=True)
        shutil.copy(daemon.client_key, directory / "keys/box/id")
        yield Place(daemon, directory, relay)


def _keys(file: Path) -> Sequence[str]:
    return () if b"kexalgorithms" in file.read_bytes().lower() else QUICK_KEYS


async def by_ssh(file: Path) -> bool:
    """Whether OpenSSH's own client gets there."""
    process = await asyncio.create_subprocess_exec(
        "ssh", "-F", file, "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", *_keys(file), "box", "echo ok",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return (await process.communicate())[0].strip() == b"ok"


def box(file: Path, **more: object) -> HostInfo:
    return HostInfo("peer", "box", uri=None, ssh=SshSettings(config_file=str(file), **more))  # type: ignore[arg-type]


def driver(client: str) -> SshDriver:
    """A driver with OpenSSH's client as the judge, or with our own reading."""
    made = SshDriver()
    if client == "own":
        made._opener = Opener(made.key_store, LoginDesk())
        made._opener._paths = PathReader(ConfigReader(Path("/nowhere"), NotInstalled()))
    return made


both = pytest.mark.parametrize("client", ["ssh", "own"])
