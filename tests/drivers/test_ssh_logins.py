"""Keys, agents and passwords of SSH connections."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.model.errors import AuthFailed, ConnectFailed, TransportError
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings

from ..daemons.sshd import PrivateSshd
from .leftovers import leftovers, nothing_left_since
from .ssh_links import HANG, answers, fails, host_of, new_key

pytestmark = pytest.mark.daemons


@pytest.mark.parametrize(("key", "kind"), [("identity_files", AuthFailed), ("known_hosts", ConnectFailed)])
async def test_a_pipe_in_a_files_place_is_named_and_not_waited_for(
    sshd: PrivateSshd, tmp_path: Path, key: str, kind: type[TransportError]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    settings = replace(sshd.ssh_settings(), **{key: (str(pipe),)})  # type: ignore[arg-type] # both keys are of files
    error = await fails(host_of(sshd, settings))
    assert isinstance(error, kind)
    assert f"{pipe}: neither a file nor /dev/null" in error.message


async def test_a_wrong_key(sshd: PrivateSshd, tmp_path: Path) -> None:
    error = await fails(host_of(sshd, sshd.ssh_settings(identity=new_key(tmp_path / "wrong"))))
    assert isinstance(error, AuthFailed)
    assert error.permanent


async def test_a_key_file_that_is_missing_is_named(sshd: PrivateSshd) -> None:
    error = await fails(host_of(sshd, sshd.ssh_settings(identity=Path("/nowhere/key"))))
    assert isinstance(error, AuthFailed)
    assert "/nowhere/key: no such file" in error.message


async def test_a_key_file_that_is_none_is_named(sshd: PrivateSshd, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hello\n")
    error = await fails(host_of(sshd, sshd.ssh_settings(identity=tmp_path / "key")))
    assert isinstance(error, AuthFailed)
    assert str(tmp_path / "key") in error.message


@contextlib.contextmanager
def agent(directory: Path) -> Iterator[Path]:
    socket = directory / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL) as process:
        try:
            limit = time.monotonic() + HANG
            while not socket.exists():
                assert time.monotonic() < limit, "ssh-agent did not start"
                time.sleep(0.01)
            yield socket
        finally:
            process.terminate()


def lock(key: Path, locked: Path) -> None:
    # asyncssh would need bcrypt to write such a file, which it does not depend on
    shutil.copy(key, locked)
    shutil.copy(f"{key}.pub", f"{locked}.pub")
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", locked], check=True, capture_output=True)


def _add(key: Path) -> None:
    subprocess.run(["ssh-add", "-q", key], check=True, capture_output=True)


def empty_agent() -> None:
    subprocess.run(["ssh-add", "-q", "-D"], check=True, capture_output=True)


async def test_a_locked_key_is_named_and_an_agent_that_holds_it_helps(
    sshd: PrivateSshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = tmp_path / "locked"
    lock(sshd.client_key, locked)
    host = host_of(sshd, sshd.ssh_settings(identity=locked))
    error = await fails(host)
    assert isinstance(error, AuthFailed)
    assert f"{locked} needs a passphrase" in error.message

    with agent(tmp_path) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        assert isinstance(await fails(host), AuthFailed)  # an agent that holds nothing
        _add(sshd.client_key)
        before = leftovers()
        assert await answers(host)
        assert await answers(host_of(sshd, sshd.ssh_settings(identity_files=None)))
        await nothing_left_since(before)


async def test_a_uri_leaves_the_agent_or_the_key_files_alone(
    sshd: PrivateSshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_agent, by_file = sshd.ssh_settings(identity_files=None), sshd.ssh_settings()
    wrong = sshd.ssh_settings(identity=new_key(tmp_path / "wrong"))

    def host(settings: SshSettings, ways: str) -> HostInfo:
        return HostInfo("peer", "127.0.0.1", uri=f"test+ssh://127.0.0.1/default?sshauth={ways}", ssh=settings)

    with agent(tmp_path) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        _add(sshd.client_key)
        assert await answers(host(by_agent, "agent"))
        assert await answers(host(wrong, "agent,privkey"))
        error = await fails(host(wrong, "privkey"))
        assert isinstance(error, AuthFailed), "the agent has the key, and is not to be asked"
        empty_agent()
        assert await answers(host(by_file, "privkey"))
        error = await fails(host(by_file, "agent"))
        assert isinstance(error, AuthFailed), "the file has the key, and is not to be offered"


async def test_an_agent_that_is_gone_is_no_obstacle(sshd: PrivateSshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nowhere/agent")
    assert await answers(host_of(sshd))
