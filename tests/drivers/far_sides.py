"""SSH servers and login shells as they are met, each on a private sshd or dropbear."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.model.host import HostInfo
from atp_tui.model.settings import CommandGuard, SshSettings

from ..daemons.keeper import Kept
from ..daemons.mounts import own_mounts
from ..daemons.sshd import PrivateSshd, free_port, require_sshd, running_sshd
from .ssh_links import HANG, host_of

SHELLS = ("sh", "bash", "dash", "busybox", "mksh", "zsh", "fish", "tcsh")
"""`./atp test` installs what is missing of them."""


@contextlib.contextmanager
def shell_sshd(directory: Path, shell: str, *options: str) -> Iterator[PrivateSshd]:
    """An sshd whose commands run in that shell: the account's own login shell starts it in its place."""
    program = shutil.which(shell)
    assert program, f"there is no {shell} here: ./atp test installs it"
    words = f"{program} sh" if shell == "busybox" else program
    forced = f'ForceCommand exec {words} -c "$SSH_ORIGINAL_COMMAND"'
    with running_sshd(directory, options=[forced, f"SetEnv SHLVL=2 SHELL={program}", *options]) as daemon:
        yield daemon


@contextlib.contextmanager
def prepared_sshd(directory: Path, before: str, *options: str) -> Iterator[PrivateSshd]:
    """An sshd that sees the file system as `before`, a line of shell, has prepared it."""
    require_sshd()
    directory.mkdir(parents=True, exist_ok=True)
    daemon = PrivateSshd(directory, options=options, within=own_mounts(before))
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.close()


@contextlib.contextmanager
def sshd_for_nobody(before: str = "true") -> Iterator[PrivateSshd]:
    """An sshd of root's that lets in the user nobody, who has a shell there."""
    if os.geteuid() != 0:
        pytest.skip("only root's sshd lets in another user")
    with tempfile.TemporaryDirectory() as name:  # pytest's directories are closed to nobody
        directory = Path(name)
        directory.chmod(0o755)
        with prepared_sshd(directory / "sshd", f"{_nobody_has_a_shell(directory)} && {before}") as daemon:
            yield daemon


def _nobody_has_a_shell(directory: Path) -> str:
    """A line of shell by which the user nobody may log in, with the directory's `home`."""
    lines = Path("/etc/passwd").read_text().splitlines()
    for number, fields in enumerate(line.split(":") for line in lines):
        if fields[0] == "nobody":
            lines[number] = ":".join([*fields[:5], f"{directory}/home", "/bin/sh"])
    (directory / "passwd").write_text("\n".join(lines) + "\n")
    return f"mount --bind {directory}/passwd /etc/passwd"


def as_nobody(daemon: PrivateSshd, guard: CommandGuard = CommandGuard.AUTO) -> HostInfo:
    """The host of `sshd_for_nobody`."""
    return host_of(daemon, replace(daemon.ssh_settings(), user="nobody", command_guard=guard))


@contextlib.contextmanager
def becoming_root() -> Iterator[str]:
    """Words before a command that any user may run as root, as sudo: a copy of setpriv that belongs to root."""
    if os.geteuid() != 0:
        pytest.skip("only root has what others may become root with")
    with tempfile.TemporaryDirectory() as name:
        copy = shutil.copy(shutil.which("setpriv") or "setpriv", name)
        Path(name).chmod(0o755)
        Path(copy).chmod(0o4755)
        yield f"{copy} --reuid 0 --regid 0 --clear-groups"


@contextlib.contextmanager
def dropbear(directory: Path) -> Iterator[SshSettings]:
    """A dropbear, and the settings that reach it.

    It reads ~/.ssh/authorized_keys of the account alone: it runs in a mount namespace with another home there.
    """
    home = pwd.getpwuid(os.geteuid()).pw_dir
    with _dropbear(directory, own_mounts(f"mount --bind {directory}/home {home}")) as settings:
        yield settings


@contextlib.contextmanager
def dropbear_of_nobody(before: str) -> Iterator[SshSettings]:
    """A dropbear that the user nobody has started, where `before`, a line of shell, has prepared the file system."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        within = [*own_mounts(f"{_nobody_has_a_shell(directory)} && {before}"), *user]
        with _dropbear(directory, within, "nobody") as settings:
            yield settings


@contextlib.contextmanager
def _dropbear(directory: Path, within: list[str], user: str = "") -> Iterator[SshSettings]:
    server = shutil.which("dropbear", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
    if server is None:
        pytest.fail("no dropbear here: ./atp test installs it (Debian: dropbear-bin)")
    sshd = PrivateSshd(directory / "keys")  # never started: its keys are what is wanted
    host_key, home, port = directory / "host_key", directory / "home", free_port()
    made = ["dropbearkey", "-t", "ed25519", "-f", str(host_key)]
    public = subprocess.run(made, check=True, capture_output=True, text=True, timeout=HANG).stdout
    line = next(line for line in public.splitlines() if line.startswith("ssh-ed25519"))
    (home / ".ssh").mkdir(parents=True, mode=0o700)
    (home / ".ssh" / "authorized_keys").write_bytes((sshd.directory / "authorized_keys").read_bytes())
    (home / ".ssh" / "authorized_keys").chmod(0o600)
    home.chmod(0o700)
    known_hosts = directory / "known_hosts"
    known_hosts.write_text(f"[127.0.0.1]:{port} {' '.join(line.split()[:2])}\n")
    if user:
        for path in (host_key, home, home / ".ssh", home / ".ssh" / "authorized_keys"):
            shutil.chown(path, user)
    words = [server, "-F", "-E", "-s", "-r", str(host_key), "-p", f"127.0.0.1:{port}", "-P", str(directory / "pid")]
    kept = Kept([*within, *words])
    try:
        _wait_for(port)
        yield SshSettings(
            user=user or sshd.user,
            port=port,
            identity_files=(str(sshd.client_key),),
            known_hosts=(str(known_hosts),),
            config_file=str(sshd.config_file),
        )
    finally:
        kept.close()


def _wait_for(port: int) -> None:
    limit = time.monotonic() + HANG
    while time.monotonic() < limit:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
            if probe.recv(4) == b"SSH-":
                return
        time.sleep(0.02)
    pytest.fail("dropbear did not start")
