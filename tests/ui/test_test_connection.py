"""The form tries a host as its fields describe it: with a real sshd and a real libvirtd at the other end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input

from atp_tui.model.connection import ConnectionState as S
from atp_tui.ui.screens.host_form import HostForm

from ..daemons.libvirtd import PrivateLibvirtd
from ..daemons.sshd import PrivateSshd, free_port
from .test_host_form import fill, form, source_of
from .test_real_engine import Seen, opened

pytestmark = pytest.mark.daemons


def text_of(sshd: PrivateSshd | None, uri: str) -> str:
    """One host that is watched by simulation, and inherits how its sshd is reached."""
    ssh = "" if sshd is None else (
        f'[ssh]\nuser = "{sshd.user}"\nidentity_files = ["{sshd.client_key}"]\nknown_hosts = ["{sshd.known_hosts}"]\n'
        f'config_file = "{sshd.config_file}"\n\n'
    )  # fmt: skip
    return f'{ssh}# ours\n[[hosts]]\nid = "kvm01"\nhost = "127.0.0.1"\nuri = "{uri}"\n' + (
        "ssh = false\n" if sshd is None else f"[hosts.ssh]\nport = {sshd.port}\n"
    )


def written(file: Path) -> str:
    return file.read_text()


@asynccontextmanager
async def fleet(file: Path, text: str) -> AsyncIterator[Seen]:
    async with opened(source_of(file, text)) as seen:
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01"})
        await seen.until(lambda: seen.hosts.cursor_hosts == ("kvm01",))
        yield seen
    assert written(file) == text, "nothing is ever written"


async def test_each_step_is_shown_with_its_time(tmp_path: Path, sshd: PrivateSshd, libvirtd: PrivateLibvirtd) -> None:
    async with fleet(tmp_path / "hosts.toml", text_of(sshd, "sim://kvm01/")) as seen:
        await form(seen, "e")
        assert "test connection" in seen.text
        await fill(seen, "uri", f"test+ssh://127.0.0.1/default?socket={libvirtd.socket}")
        await seen.pilot.press("ctrl+t")
        await seen.until(lambda: "All steps went well" in seen.text)
        lines = seen.text.splitlines()
        for name, found in (
            ("settings", f"{sshd.user} at 127.0.0.1 port {sshd.port}"), ("address", "127.0.0.1"),
            ("TCP port", f"127.0.0.1 port {sshd.port}"), ("SSH greeting", "SSH-2.0-OpenSSH"), ("host key", "SHA256:"),
            ("login", f"as {sshd.user}"), ("libvirt", "TEST"),
        ):  # fmt: skip
            assert [line for line in lines if line.startswith(f" {name} ") and " ms" in line and found in line], name
        # Esc goes back by one thing at a time: to what would be written, then out, where something was typed
        await seen.pilot.press("escape")
        await seen.until(lambda: "+uri = " in seen.text and "All steps" not in seen.text)
        await seen.pilot.press("escape", "escape")
        await seen.until(lambda: not isinstance(seen.pilot.app.screen, HostForm))
        assert seen.engine.manager.host("kvm01").uri == "sim://kvm01/" and seen.ids(S.CONNECTED) == {"kvm01"}


async def test_what_fails_has_its_cause_and_a_key_that_helps(tmp_path: Path, sshd: PrivateSshd) -> None:
    async with fleet(tmp_path / "hosts.toml", text_of(sshd, "sim://kvm01/")) as seen:
        await form(seen, "e")
        for port, cause in ((free_port(), "port refused"), (sshd.port, "")):
            await fill(seen, "ssh-port", str(port))
            await seen.until(lambda: "what would be written" in seen.text)
            await seen.pilot.press("ctrl+t")
            if cause:
                await seen.until(lambda: "port refused, after" in seen.text and "ctrl+t tries again." in seen.text)
                assert "SSH greeting" not in seen.text, "what comes later is not tried"
            else:
                await seen.until(lambda: "All steps went well" in seen.text)
        await fill(seen, "ssh-port", "many")
        await seen.pilot.press("ctrl+t")
        await seen.until(lambda: "write a whole number" in seen.text and "Mend the fields" in seen.text)
        await seen.pilot.press("escape", "escape", "escape")


async def test_a_new_host_is_tried_once_it_has_an_address(tmp_path: Path, libvirtd: PrivateLibvirtd) -> None:
    async with fleet(tmp_path / "hosts.toml", text_of(None, "sim://kvm01/")) as seen:
        await form(seen, "plus")
        await seen.pilot.press("ctrl+t")
        await seen.until(lambda: "Type an id and an address first." in seen.text)
        await fill(seen, "id", "new")
        await fill(seen, "host", "127.0.0.1")
        await fill(seen, "uri", libvirtd.uri("tcp"))
        await fill(seen, "ssh-user", "nobody-of-that-name")
        await fill(seen, "ssh-port", str(free_port()))
        await seen.pilot.press("ctrl+t")
        await seen.until(lambda: "port refused" in seen.text)
        await seen.pilot.press("escape", "escape", "escape")
        await seen.until(lambda: not isinstance(seen.pilot.app.screen, HostForm))
        assert {host.id for host in seen.engine.manager.list_hosts()} == {"kvm01"}


@pytest.mark.parametrize("ends", ["escape", "typing", "leaving"])
async def test_a_trial_is_stopped_and_leaves_nothing(tmp_path: Path, ends: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        async with fleet(tmp_path / "hosts.toml", text_of(None, "sim://kvm01/")) as seen:
            await form(seen, "e")
            before = asyncio.all_tasks()
            await fill(seen, "uri", f"test+tcp://127.0.0.1:{silent.getsockname()[1]}/default")
            await seen.until(lambda: "+uri = " in seen.text)
            await seen.pilot.press("ctrl+t")
            await seen.until(lambda: " libvirt" in seen.text and "2 s" in seen.text)
            assert any(task.get_name() == "try kvm01" for task in asyncio.all_tasks() - before)
            if ends == "escape":
                await seen.pilot.press("escape")
                await seen.until(lambda: "Stopped. Nothing was saved." in seen.text and "stopped" in seen.text)
            elif ends == "typing":
                seen.pilot.app.screen.query_one("#field-uri", Input).value += "x"
                await seen.until(lambda: "what would be written" in seen.text)
            else:
                return  # the application ends, and `opened` finds no task of it
            await seen.until(lambda: not any(task.get_name() == "try kvm01" for task in asyncio.all_tasks()))


async def test_several_hosts_are_not_tried_at_once(tmp_path: Path) -> None:
    text = text_of(None, "sim://kvm01/")
    async with opened(source_of(tmp_path / "hosts.toml", text + text.replace("kvm01", "kvm02"))) as seen:
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01", "kvm02"})
        await seen.pilot.press("a")
        await form(seen, "e")
        await seen.pilot.press("ctrl+t")
        await seen.until(lambda: "one host at a time" in seen.text)
        await seen.pilot.press("escape", "escape")
        await seen.until(lambda: not isinstance(seen.pilot.app.screen, HostForm))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_cause_and_what_helps_are_in_sight_at_every_size(
    tmp_path: Path, sshd: PrivateSshd, size: tuple[int, int]
) -> None:
    async with fleet(tmp_path / "hosts.toml", text_of(sshd, "sim://kvm01/")) as seen:
        await form(seen, "e")
        await seen.pilot.resize_terminal(*size)
        await fill(seen, "ssh-identity-files", "/nowhere/key")
        await fill(seen, "ssh-port", str(free_port()))
        await fill(seen, "ssh-proxy-jump", f"{sshd.user}@127.0.0.1:{sshd.port}")
        await seen.until(lambda: "+" in seen.text)
        await seen.pilot.press("ctrl+t")
        await seen.until(lambda: "login refused, after" in seen.text and "ctrl+t tries again." in seen.text)
        assert f"failed  127.0.0.1 port {sshd.port}: login refused" in seen.text, "it is the jump host's"
        assert all(len(line) == size[0] for line in seen.text.splitlines())
        await seen.pilot.press("escape", "escape", "escape")
