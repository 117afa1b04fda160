"""A libvirtd of the tests' own: on a free port of 127.0.0.1 and on a unix socket in its own directory.

It runs as an ordinary user also when the tests run as root: a session daemon keeps everything below its
XDG directories, so it can meet neither the machine's own libvirtd nor another test's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal

import pytest

NO_DAEMONS = "ATP_TEST_NO_DAEMONS"
START_LIMIT = 30.0
"""Seconds that the daemon gets to answer; it needs well below one on an idle machine."""

_NOBODY = 65534

_CONFIG = """\
listen_tls = {tls}
listen_tcp = 1
listen_addr = "{address}"
tcp_port = "{port}"
auth_tcp = "{auth}"
auth_tls = "{auth}"
auth_unix_rw = "{auth}"
auth_unix_ro = "{auth}"
max_clients = 5000
max_anonymous_clients = 5000
max_queued_clients = 5000
log_outputs = "3:file:{directory}/log"
{more}
"""


class PrivateLibvirtd:
    """Starts when made. `port` and `socket` stay the same over restart(); `more` are further lines of libvirtd.conf;
    it listens for TLS where they name a `tls_port`. `environment` is added to the daemon's; with `sasl` each of its
    sockets asks for a password. `within` are words before the command, which lead it to a place where `address` is one
    of its own."""

    def __init__(
        self,
        more: str = "",
        *,
        sasl: bool = False,
        environment: Mapping[str, str] | None = None,
        address: str = "127.0.0.1",
        within: Sequence[str] = (),
    ) -> None:
        program = find_libvirtd()
        self.directory = Path(tempfile.mkdtemp(prefix="atp-libvirtd-"))
        self.directory.chmod(0o755)
        self.address = address
        self.port = free_port()
        self.socket = self.directory / "libvirt" / "libvirt-sock"
        config = self.directory / "libvirtd.conf"
        tls = int("tls_port" in more)
        auth = "sasl" if sasl else "none"
        text = _CONFIG.format(address=address, port=self.port, directory=self.directory, tls=tls, auth=auth, more=more)
        config.write_text(text, encoding="utf-8")
        self._within = tuple(within)
        self._command = [
            program,
            "--listen",
            "-f",
            str(config),
            "-p",
            str(self.directory / "pid"),
        ]
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> PrivateLibvirtd:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def uri(self, transport: Literal["tcp", "unix"]) -> str:
        """The URI of the test hypervisor behind this daemon."""
        if transport == "tcp":
            return f"test+tcp://{self.address}:{self.port}/default"
        return f"test+unix:///default?socket={self.socket}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the daemon does not run"
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers. RuntimeError with its log where it does not."""
        assert self._process is None, "the daemon runs already"
        options = []
        if os.geteuid() == 0:
            os.chown(self.directory, _NOBODY, _NOBODY)
            options += [f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
        # setpriv, of Debian's base system, has it killed when the suite is. The kernel goes by the starting thread: one
        # that soon ends would take the daemon with it.
        if threading.current_thread() is threading.main_thread():
            options += ["--pdeathsig", "KILL"]
        private = {
            f"XDG_{name}": str(self.directory) for name in ("RUNTIME_DIR", "CONFIG_HOME", "CACHE_HOME", "DATA_HOME")
        }
        self._process = subprocess.Popen(
            [*self._within, "setpriv", *options, *self._command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.directory,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.directory)} | private | self._environment,
        )
        self._wait()

    def _wait(self) -> None:
        assert self._process is not None
        limit = time.monotonic() + START_LIMIT
        while time.monotonic() < limit and self._process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection((self.address, self.port), timeout=1).close()
                if self.socket.exists():
                    return
            time.sleep(0.02)
        raise RuntimeError(f"libvirtd did not start:\n{self.log()}")

    def log(self) -> str:
        """What the daemon has logged: warnings and errors."""
        with contextlib.suppress(OSError):
            return (self.directory / "log").read_text(encoding="utf-8", errors="replace")
        return ""

    def stop(self) -> None:
        """SIGSTOP: from now on it accepts connections and stays silent. Returns once it stands still."""
        self._signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOWAIT)

    def cont(self) -> None:
        """SIGCONT: it goes on where it stood."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL: connections are cut and new ones refused."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Kill it and start it again at the same addresses."""
        self.kill()
        self.start()

    def close(self) -> None:
        """Kill it and remove its directory."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _signal(self, number: int) -> None:
        assert self._process is not None, "the daemon does not run"
        self._process.send_signal(number)


def find_libvirtd() -> str:
    """The path of libvirtd. Fails the test where there is none; skips it, loudly, only where NO_DAEMONS is set."""
    found = shutil.which("libvirtd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is not None:
        return found
    if os.environ.get(NO_DAEMONS):
        pytest.skip(f"LEFT OUT: there is no libvirtd, and {NO_DAEMONS} is set")
    pytest.fail("there is no libvirtd: ./atp test installs it (Debian: libvirt-daemon, libvirt-daemon-system)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def libvirtd() -> Iterator[PrivateLibvirtd]:
    """One daemon for all tests that leave it as it is."""
    with PrivateLibvirtd() as daemon:
        yield daemon


@pytest.fixture
def own_libvirtd() -> Iterator[PrivateLibvirtd]:
    """A daemon for one test, which may stop and kill it."""
    with PrivateLibvirtd() as daemon:
        yield daemon
