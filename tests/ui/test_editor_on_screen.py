"""The person's editor has the terminal for a while, at the line of a host, and the fleet follows what it writes."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from atp_tui.actions.policy import Policy
from atp_tui.config.hosts_file import HostsFile

from .conftest import open_app
from .fleet_services import FleetServices
from .real_terminal import ENTERED, LEFT, Terminal
from .test_host_form import text_of

SCRIPT = """#!/bin/sh
printf '%s\\n' "$@" > "$HOME/arguments"
echo "the editor is here"
read answer
sed -i 's/"prod"/"lab"/' "$2"
"""


def test_the_editor_opens_at_the_host_and_what_it_writes_is_followed(tmp_path: Path) -> None:
    file, script = tmp_path / "hosts.toml", tmp_path / "nano"
    file.write_text(text_of("kvm01", "kvm02"))
    script.write_text(SCRIPT)
    script.chmod(0o755)
    terminal = Terminal(["--config", str(file)], tmp_path, VISUAL=f"'{script}'")
    try:
        terminal.shows("kvm01", "kvm02", "● 2")
        terminal.keys(":jump kvm02\r")
        terminal.shows("kvm02 (0) ❯")
        terminal.keys("O")
        terminal.shows("the editor is here")
        assert terminal.settings == terminal.before, "the terminal is the editor's"
        terminal.process.send_signal(signal.SIGCONT)  # as after a Ctrl+Z in the editor
        while terminal.read(0.5):
            pass
        told = bytes(terminal.received)
        assert told.rfind(LEFT) > told.rfind(ENTERED), "nothing is drawn over it"
        assert not told[told.rfind(b"the editor is here") :].count(b"kvm01")
        terminal.keys("\r")
        terminal.shows("▾ lab", "kvm01", "kvm02", "hosts.toml: 2 changed")
        line = file.read_text().splitlines().index('id = "kvm02"')  # below its header
        arguments = (tmp_path / "arguments").read_text().splitlines()
        assert arguments == [f"+{line}", str(file)]
        terminal.keys("q")
        assert terminal.ended() == 0 and terminal.is_given_back()
    finally:
        terminal.close()


def test_an_editor_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    file, script = tmp_path / "hosts.toml", tmp_path / "broken"
    file.write_text(text_of("kvm01"))
    script.write_bytes(os.urandom(16).replace(b"#", b"x"))
    script.chmod(0o755)
    terminal = Terminal(["--config", str(file)], tmp_path, VISUAL=str(script))
    try:
        terminal.shows("kvm01", "● 1")
        terminal.keys("O")
        terminal.shows("cannot be started", "kvm01")
        terminal.keys("q")
        assert terminal.ended() == 0 and terminal.is_given_back()
    finally:
        terminal.close()


async def test_read_only_opens_no_editor_and_without_a_file_there_is_nothing_to_edit(
    fakes: FleetServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(fakes) as opened:
        await opened.press("O")
        await opened.until(lambda: opened.has("no hosts.toml"))
    object.__setattr__(fakes.services, "read_only", Policy(read_only=True).read_only)
    async with open_app(fakes) as opened:
        await opened.press("O")
        await opened.until(lambda: opened.has("open-editor") and opened.has("read-only"))


@pytest.mark.parametrize(
    ("text", "host", "line"),
    [
        ("# [[x]]\n\n# mine\n[[hosts]]\nid = 'a'\nhost = 'h'\n\n  [[hosts]] # b\nid = 'b'\nhost = 'h'\n", "a", 4),
        ("# [[x]]\n\n# mine\n[[hosts]]\nid = 'a'\nhost = 'h'\n\n  [[hosts]] # b\nid = 'b'\nhost = 'h'\n", "b", 8),
        ("hosts = [\n {id = 'a', host = 'h'},\n {id = 'b', host = 'h'},\n]\n", "b", 3),
        ("[[hosts]]\nid = 'a'\nhost = 'h'\n", "gone", None),
        ("[[hosts]]\nid = 'a'\nhost = \n", "a", 3),
    ],
)
def test_the_line_of_a_host(text: str, host: str, line: int | None, tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text(text)
    assert HostsFile(file).place_of(host) == (file, line)


def test_the_place_of_a_host_in_an_included_file(tmp_path: Path) -> None:
    (tmp_path / "more.toml").write_text("# more\n[[hosts]]\nid = 'b'\nhost = 'h'\n")
    file = tmp_path / "hosts.toml"
    file.write_text("include = ['more.toml']\n[[hosts]]\nid = 'a'\nhost = 'h'\n")
    assert HostsFile(file).place_of("b") == (tmp_path / "more.toml", 2)
    (tmp_path / "more.toml").write_text("# more\n[[hosts]\n")
    assert HostsFile(file).place_of("a") == (tmp_path / "more.toml", 2)
