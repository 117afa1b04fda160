"""Private key files that others may read: refused as OpenSSH refuses them, and that is said."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.model.errors import AuthFailed

from ..daemons.sshd import PrivateSshd
from .ssh_links import HANG, answers, fails, host_of

pytestmark = pytest.mark.daemons


async def _ssh(sshd: PrivateSshd, key: Path) -> bool:
    words = ["ssh", "-F", "/dev/null", "-p", str(sshd.port), "-l", sshd.user, "-i", str(key), "127.0.0.1", "true"]
    options = [f"UserKnownHostsFile={sshd.known_hosts}", "BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none"]
    words[1:1] = [word for option in options for word in ("-o", option)]
    process = await asyncio.create_subprocess_exec(*words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    async with asyncio.timeout(HANG):
        return await process.wait() == 0


def _copy(sshd: PrivateSshd, place: Path) -> Path:
    key = place / "key"
    key.write_bytes(sshd.client_key.read_bytes())
    return key


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o604, 0o610, 0o620, 0o640, 0o644, 0o700, 0o601])
async def test_a_key_is_used_where_ssh_uses_it(sshd: PrivateSshd, tmp_path: Path, mode: int) -> None:
    key = _copy(sshd, tmp_path)
    key.chmod(mode)
    host = host_of(sshd, sshd.ssh_settings(identity=key))
    if await _ssh(sshd, key):
        assert await answers(host)
        return
    error = await fails(host)
    assert isinstance(error, AuthFailed)
    assert f"mode {mode:04o}" in error.message
    assert f"chmod 600 {key}" in error.message


async def test_it_is_used_once_it_is_private(sshd: PrivateSshd, tmp_path: Path) -> None:
    key = _copy(sshd, tmp_path)
    key.chmod(0o644)
    host, driver = host_of(sshd, sshd.ssh_settings(identity=key)), SshDriver()
    await fails(host, driver)
    key.chmod(0o600)
    assert await answers(host, driver)


async def test_another_users_key_is_used_whatever_its_mode(sshd: PrivateSshd, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    key = _copy(sshd, tmp_path)
    key.chmod(0o644)
    os.chown(key, 1, 1)
    assert await _ssh(sshd, key)
    assert await answers(host_of(sshd, sshd.ssh_settings(identity=key)))


async def test_a_key_with_a_passphrase_is_told_by_its_mode_first(sshd: PrivateSshd, tmp_path: Path) -> None:
    key = _copy(sshd, tmp_path)
    key.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", key], check=True, capture_output=True)  # noqa: ASYNC221
    key.chmod(0o644)
    error = await fails(host_of(sshd, sshd.ssh_settings(identity=key)))
    assert f"chmod 600 {key}" in error.message
