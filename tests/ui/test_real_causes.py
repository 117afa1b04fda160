"""One fault a host, with real daemons at the far end: each row says in a few words what is wrong."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.cli.arguments import Arguments
from atp_tui.cli.tui import screen_of
from atp_tui.config.fleet import FleetConfig
from atp_tui.drivers.sources import FileSource
from atp_tui.engine.engine import Engine
from atp_tui.model.connection import ConnectionState
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import TransportConfig
from atp_tui.ui.views.fleet.tree import HostTree
from tests.daemons.libvirtd import PrivateLibvirtd
from tests.daemons.sshd import PrivateSshd, free_port

from .conftest import lines_of

PATIENCE = 60.0
"""Seconds for all hosts to have failed: a limit for hangs, no measure of speed."""

LONG = "a-host-with-an-id-of-fifty-nine-cells-that-nobody-can-see-all"
CONFIG = TransportConfig(connect_timeout=2.0)
PICTURES = os.environ.get("ATP_TEST_PICTURES")
"""A folder that takes a picture of each size and theme, for a person to look at."""


@contextmanager
def silent_listener() -> Iterator[int]:
    """The port of a peer that takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield int(listener.getsockname()[1])


def fleet(libvirtd: PrivateLibvirtd, sshd: PrivateSshd, silent: int, folder: Path) -> tuple[HostInfo, ...]:
    other = folder / "other_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    public = " ".join(Path(f"{other}.pub").read_text("utf-8").split()[:2])
    changed, unknown = folder / "changed", folder / "unknown"
    changed.write_text(f"[127.0.0.1]:{sshd.port} {public}\n", "utf-8")
    unknown.touch()
    ssh = sshd.ssh_settings
    socket_of = f"test+ssh://127.0.0.1/default?socket={libvirtd.socket}"
    return (
        HostInfo("well", "127.0.0.1", libvirtd.uri("tcp"), ssh=ssh()),
        HostInfo(LONG, "127.0.0.1", libvirtd.uri("tcp"), ssh=ssh()),
        HostInfo("over-ssh", "127.0.0.1", socket_of, ssh=ssh()),
        HostInfo("ssh-only", "127.0.0.1", None, ssh=ssh()),
        HostInfo("newkey", "127.0.0.1", socket_of, ssh=ssh(known_hosts=unknown)),
        HostInfo("changedkey", "127.0.0.1", socket_of, ssh=ssh(known_hosts=changed)),
        HostInfo("wrongkey", "127.0.0.1", socket_of, ssh=ssh(identity_files=(str(other),))),
        HostInfo("refused", "127.0.0.1", socket_of, ssh=ssh(port=free_port())),
        HostInfo("virt-refused", "127.0.0.1", f"test+tcp://127.0.0.1:{free_port()}/default", ssh=ssh()),
        HostInfo("banner", "127.0.0.1", socket_of, ssh=ssh(port=silent)),
        HostInfo("silent", "127.0.0.1", f"test+tcp://127.0.0.1:{silent}/default", ssh=ssh()),
        HostInfo("nodriver", "127.0.0.1", f"vbox+tcp://127.0.0.1:{libvirtd.port}/session", ssh=ssh()),
        HostInfo("noname", "no-such-name.invalid", "test+tcp://no-such-name.invalid/default", ssh=ssh()),
        HostInfo("nosocket", "127.0.0.1", "test+ssh://127.0.0.1/default?socket=/nowhere/sock", ssh=ssh()),
    )


CAUSES = {
    "newkey": "ssh: key unknown",
    "changedkey": "ssh: key CHANGED",
    "wrongkey": "ssh: login refused",
    "refused": "ssh: port refused",
    "virt-refused": "libvirt: port refused",
    "banner": "ssh: no SSH banner 2 s",
    "silent": "libvirt: says nothing 2 s",
    "nodriver": "libvirt: no vbox driver",
    "noname": r"libvirt: (no such name|name lookup failed)",
    "nosocket": "libvirt: no libvirt socket",
}


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_each_fault_is_told_in_a_few_words(
    libvirtd: PrivateLibvirtd, sshd: PrivateSshd, tmp_path: Path, size: tuple[int, int]
) -> None:
    with silent_listener() as port:
        hosts = fleet(libvirtd, sshd, port, tmp_path)
        app = screen_of(Engine(FileSource(FleetConfig(hosts=hosts, transport=CONFIG))), Arguments(verb="tui"))
        async with app.run_test(size=size) as pilot:
            screen = app._main

            async def until(holds: Callable[[], object]) -> None:
                limit = asyncio.get_running_loop().time() + PATIENCE
                while not holds():
                    assert asyncio.get_running_loop().time() < limit, "\n".join(lines_of(app))
                    await pilot.pause(0.05)

            def known() -> bool:
                rows = {row.id: row for row in screen._fleet.rows([host.id for host in hosts])}
                return len(rows) == len(hosts) and all(
                    row.cause if row.id in CAUSES else row.state is ConnectionState.CONNECTED for row in rows.values()
                )

            def shown() -> dict[str, str]:
                width = screen.query_one(HostTree).scrollable_content_region.width
                return {
                    line.key.removeprefix("host "): "".join(
                        text for text, _ in screen.query_one(HostTree).draw(line, width)
                    ).rstrip()
                    for line in screen.query_one(HostTree).lines
                }

            def untold(texts: dict[str, str]) -> list[str]:
                """The hosts whose cause is another one. A busy machine may be late for one attempt, not for each."""
                found = []
                for host, cause in CAUSES.items():
                    named = size[0] == 80 and "SSH is up" not in texts[host]  # that, too, says which channel is lost
                    short = cause if named else cause.partition(": ")[2]
                    if not re.search(f" {short}( |$)", texts[host]):
                        found.append(host)
                return found

            await until(known)
            await until(lambda: not untold(shown()))
            texts = shown()
            assert not any("press r" in texts[host] for host in CAUSES)
            assert "press K" in texts["changedkey"] and "press K" in texts["newkey"]
            assert not any("press" in texts[host] for host in CAUSES if host not in ("changedkey", "newkey"))
            assert re.search(r"● a-host\S*…\S*all .* ms", texts[LONG]), texts[LONG]
            title = lines_of(app)[1]
            assert all(f" {head} " in title for head in ("cpu", "mem", "rtt", "VMs")), title
            assert "K changedkey: key CHANGED" in lines_of(app)[-1]
            if PICTURES:
                for theme in sorted(app._themes):
                    app.theme = theme
                    await pilot.pause(0.5)
                    app.save_screenshot(f"causes-{size[0]}-{theme}.svg", PICTURES)


async def test_a_host_that_is_lost_in_libvirt_says_that_ssh_is_up(
    libvirtd: PrivateLibvirtd, sshd: PrivateSshd, tmp_path: Path
) -> None:
    with silent_listener() as port:
        hosts = tuple(host for host in fleet(libvirtd, sshd, port, tmp_path) if host.id == "nodriver")
        engine = Engine(FileSource(FleetConfig(hosts=hosts, transport=replace(CONFIG, connect_timeout=20.0))))
        app = screen_of(engine, Arguments(verb="tui"))
        async with app.run_test(size=(120, 40)) as pilot:

            async def until(words: str) -> None:
                limit = asyncio.get_running_loop().time() + PATIENCE
                while words not in "\n".join(lines_of(app)):
                    assert asyncio.get_running_loop().time() < limit, "\n".join(lines_of(app))
                    await pilot.pause(0.05)

            await until("no vbox driver")
            assert "SSH is up" not in "\n".join(lines_of(app))
            await pilot.press("exclamation_mark", *"echo", "space", "x", "enter")
            await until("1/1 done · 1 ok")
            await until("no vbox driver · SSH is up")
            await until("SSH is up: commands run")
