"""A real sshd of the suite's own: loopback addresses, a high port, its own keys, everything in one directory."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from atp_tui.model.settings import SshSettings

from .keeper import Kept, descendants

START_LIMIT = 20.0
"""Seconds an sshd may take until its banner is read; wide, for a machine that runs other things."""


def find_sshd() -> str | None:
    """The path of sshd, which is often in a directory that an ordinary user's PATH lacks."""
    return shutil.which("sshd", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def free_port(address: str = "127.0.0.1") -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


def is_sshd(pid: int) -> bool:
    """Whether a process is one of sshd's own, not a command that it started."""
    try:
        # a fork that has not yet reached its exec still bears sshd's name: such a one is stopped with the rest
        return Path(f"/proc/{pid}/comm").read_text().startswith("sshd")
    except OSError:
        return False


def is_locked(user: str) -> bool:
    """Whether an account has no password that could ever be right (`!` in /etc/shadow), as root often has.

    sshd lets such an account in by no means at all, unless PAM is asked. An ordinary user's sshd cannot read the file.
    """
    with contextlib.suppress(OSError):
        for line in Path("/etc/shadow").read_text().splitlines():
            if line.startswith(f"{user}:!"):
                return True
    return False


QUICK_KEYS = ("-o", "KexAlgorithms=curve25519-sha256")
"""Words for OpenSSH's client: its own first choice of a key exchange costs 100 ms of processor, both sides together.
What a file says of KexAlgorithms counts for nothing beside them."""


class PrivateSshd:
    """One sshd. `port`, `addresses`, `directory`, and the files `client_key`, `known_hosts`, `config_file` are public.

    `options` are more lines for sshd_config, ahead of the defaults (sshd takes the first value that it reads).
    `within` are words before the command, which lead it to a place where it has these addresses; `port` is then to be
    set before the start. It runs as whoever runs the suite, and lets in that user alone, with `client_key` alone. It
    ends with a suite that is killed, and so do its commands.
    """

    def __init__(
        self,
        directory: Path,
        *,
        addresses: Sequence[str] = ("127.0.0.1",),
        options: Sequence[str] = (),
        within: Sequence[str] = (),
    ) -> None:
        binary = find_sshd()
        if binary is None:
            raise FileNotFoundError("no sshd in PATH or /usr/sbin; Debian's package is openssh-server")
        self.binary = binary
        self.directory = directory
        self.addresses = tuple(addresses)
        self.options = tuple(options)
        self.within = tuple(within)
        self.user = pwd.getpwuid(os.geteuid()).pw_name  # LOGNAME may be anybody's
        self.port = 0
        self.client_key = directory / "client_key"
        self.host_key = directory / "host_key"
        self.known_hosts = directory / "known_hosts"
        self.config_file = directory / "empty_ssh_config"
        self.log = directory / "sshd.log"
        self._kept: Kept | None = None
        self._before: list[Kept] = []
        directory.mkdir(parents=True, exist_ok=True)
        self.config_file.touch()
        self._write_keys()

    def _write_keys(self) -> None:
        from asyncssh import generate_private_key

        for path in (self.client_key, self.host_key):
            key = generate_private_key("ssh-ed25519", comment=path.name)
            path.write_bytes(key.export_private_key())
            path.chmod(0o600)
            path.with_name(path.name + ".pub").write_bytes(key.export_public_key())
        (self.directory / "authorized_keys").write_bytes((self.directory / "client_key.pub").read_bytes())

    @property
    def host_public_key(self) -> str:
        """The host key as `ssh-ed25519 AAAA…`."""
        return " ".join((self.directory / "host_key.pub").read_text().split()[:2])

    @property
    def pid(self) -> int:
        assert self._kept is not None, "this sshd was not started"
        return self._kept.pid

    def start(self) -> None:
        """Start it and wait until it says its banner. Raises RuntimeError with the log when it does not."""
        if os.geteuid() == 0:
            # compiled into Debian's sshd as its privilege separation directory; a service unit normally makes it
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        for kept in [kept for kept in self._before if not kept.left()]:
            kept.close()
            self._before.remove(kept)
        given = self.port
        for _ in range(5):  # somebody else may take a free port before sshd binds it
            self.port = given or free_port(self.addresses[0])
            self._write_config()
            config = str(self.directory / "sshd_config")
            self._kept = Kept([*self.within, self.binary, "-D", "-f", config, "-E", str(self.log)])
            if self._is_up():
                break
            self.kill()
        else:
            raise RuntimeError(f"sshd did not start: {self.log.read_text() if self.log.exists() else 'no log'}")
        self._write_known_hosts()

    def _write_config(self) -> None:
        lines = [
            *self.options,
            *([] if any(each.startswith("Subsystem") for each in self.options) else ["Subsystem sftp internal-sftp"]),
            *(f"ListenAddress {address}" for address in self.addresses),
            f"Port {self.port}",
            f"HostKey {self.host_key}",
            f"AuthorizedKeysFile {self.directory / 'authorized_keys'}",
            "PidFile none",
            f"UsePAM {'yes' if is_locked(self.user) else 'no'}",
            "StrictModes no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin prohibit-password",
            "MaxStartups 500:30:1000",
            "MaxSessions 10",
            "UseDNS no",
            "PrintMotd no",
            "LogLevel VERBOSE",
            # bash reads ~/.bashrc when sshd starts it at shell level 1; what is in there is no business of the suite
            "SetEnv SHLVL=2",
            # OpenSSH 9.8 and later shut out an address after refused logins, which some tests provoke
            "PerSourcePenalties no",
        ]
        path = self.directory / "sshd_config"
        path.write_text("\n".join(lines) + "\n")
        check = [self.binary, "-t", "-f", str(path)]
        if subprocess.run(check, capture_output=True, check=False, timeout=START_LIMIT).returncode:
            path.write_text("\n".join(lines[:-1]) + "\n")  # an older sshd knows no penalties

    def _write_known_hosts(self) -> None:
        names = [f"[{address}]:{self.port}" for address in (*self.addresses, "localhost")]
        self.known_hosts.write_text(f"{','.join(names)} {self.host_public_key}\n")

    def _is_up(self) -> bool:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline and self._kept is not None and self._kept.runs():
            try:
                with socket.create_connection((self.addresses[0], self.port), timeout=1) as probe:
                    if probe.recv(8).startswith(b"SSH-"):
                        return True
            except OSError:
                time.sleep(0.02)
        return False

    def _daemons(self) -> list[int]:
        # the listener forks a process for each connection; a signal to the listener alone leaves those as they are
        return [self.pid, *(pid for pid in descendants(self.pid) if is_sshd(pid))]

    def _signal(self, number: int) -> None:
        for pid in self._daemons():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self) -> None:
        """SIGSTOP to it and to all its connections: a peer that is silent."""
        self._signal(signal.SIGSTOP)

    def cont(self) -> None:
        """SIGCONT: it answers again."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL to it and to all its connections: a peer that is lost, and whose port refuses. Commands live on."""
        if self._kept is not None:
            self._signal(signal.SIGKILL)
            self._kept.wait()
            self._before.append(self._kept)
            self._kept = None

    def close(self) -> None:
        """Kill it, and every command that it ever started and that still runs."""
        self.kill()
        for kept in self._before:
            kept.close()
        self._before.clear()

    def restart(self) -> None:
        """Kill it if it runs, and start it on the same port with the same keys."""
        self.kill()
        self.start()

    def connections(self) -> int:
        """How many connections it has right now."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return sum(is_sshd(int(child)) for child in children)

    def ssh_settings(
        self, *, known_hosts: Path | None = None, identity: Path | None = None, **more: object
    ) -> SshSettings:
        """Settings that reach it and depend on nothing in the user's home."""
        values: dict[str, object] = {
            "user": self.user,
            "port": self.port,
            "identity_files": (str(identity or self.client_key),),
            "known_hosts": (str(known_hosts or self.known_hosts),),
            "config_file": str(self.config_file),
        }
        return SshSettings(**(values | more))  # type: ignore[arg-type] # keys and types are SshSettings' own


def require_sshd() -> None:
    """Fail where no sshd can be had; skip, loudly, only where ATP_TEST_NO_DAEMONS is set."""
    if find_sshd() is None:
        reason = "no sshd here (Debian: apt-get install openssh-server): everything over real SSH was left out"
        if os.environ.get("ATP_TEST_NO_DAEMONS"):
            pytest.skip(reason)
        pytest.fail(reason)


@contextlib.contextmanager
def running_sshd(
    directory: Path, *, addresses: Sequence[str] = ("127.0.0.1",), options: Sequence[str] = ()
) -> Iterator[PrivateSshd]:
    """An sshd for the length of a `with`."""
    require_sshd()
    daemon = PrivateSshd(directory, addresses=addresses, options=options)
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.close()


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSshd]:
    """One sshd for all tests that neither stop it nor break it."""
    with running_sshd(tmp_path_factory.mktemp("sshd")) as daemon:
        yield daemon


@pytest.fixture
def own_sshd(tmp_path: Path) -> Iterator[PrivateSshd]:
    """An sshd of one test's own, to stop, kill and restart."""
    with running_sshd(tmp_path / "own_sshd") as daemon:
        yield daemon
