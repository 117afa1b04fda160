"""A key in a shell and its echo, by `atp-tui shell` and by the shell of the screen, against OpenSSH's `ssh`, in turns.

    python -m tests.bench.bench_shell [--keys 300] [--megabytes 8]

All three sessions are open at the same time on one sshd, each on a terminal of its own; a round is a key in each, after
a pause as between two keys of a person. The echo is that of the far side's terminal. Then each has so much to show.
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..daemons.hosts_toml import host_table, ssh_table
from ..daemons.sshd import PrivateSshd, running_sshd

PAUSE = 0.01
"""Seconds between two keys. A person's are ten times as far apart."""

LIMIT = 20.0
READY = "the far side is rea\\144y"
SHOWN = b"the far side is ready"


class Session:
    """A program on a terminal of its own. Times are seconds."""

    def __init__(self, words: Sequence[str], home: Path) -> None:
        self.fd, follower = pty.openpty()
        termios.tcsetwinsize(follower, (40, 120))
        environment = {**os.environ, "HOME": str(home), "XDG_STATE_HOME": str(home), "TERM": "xterm-256color"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.process = subprocess.Popen(
            words, stdin=follower, stdout=follower, stderr=follower, env=environment, start_new_session=True
        )
        os.close(follower)

    def until(self, words: bytes) -> float:
        """The moment at which these had come."""
        came, end = b"", time.perf_counter() + LIMIT
        while words not in came:
            if not select.select([self.fd], [], [], max(0.0, end - time.perf_counter()))[0]:
                raise TimeoutError(came[-500:])
            came = came[-(len(words) + 4096) :] + os.read(self.fd, 65536)
        return time.perf_counter()

    def echoed(self, key: bytes) -> float:
        """Seconds from a key to its echo."""
        begun = time.perf_counter()
        os.write(self.fd, key)
        return self.until(key) - begun

    def close(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self.fd)


@contextmanager
def sessions(daemon: PrivateSshd, home: Path) -> Iterator[dict[str, Session]]:
    file = home / "hosts.toml"
    file.write_text(host_table("kvm01", None, ssh_table(daemon)))
    # one line for one key, and then as much as is asked for: the terminal there echoes in the meantime
    there = f"stty -icanon; printf '{READY}'; head -c KEYS >/dev/null; stty -echo; printf '{READY}'; while read n; do "
    there += "head -c $n /dev/zero | tr '\\0' x; printf END; done"
    known = f"UserKnownHostsFile={daemon.known_hosts}"
    ssh = ["ssh", "-tt", "-F", str(daemon.config_file), "-i", str(daemon.client_key), "-o", known]
    program = [sys.executable, "-m", "atp_tui"]
    with ExitStack() as stack:
        found: dict[str, Session] = {}
        ways = {
            "ssh": [*ssh, "-p", str(daemon.port), f"{daemon.user}@127.0.0.1", there],
            "atp-tui shell": [*program, "shell", "--config", str(file), "kvm01", "--", there],
            "screen": [*program, "--config", str(file)],
        }
        for name, words in ways.items():
            line = [word.replace("KEYS", str(_KEYS)) for word in words]
            session = found[name] = Session(line, home)
            stack.callback(session.close)
            if name == "screen":
                session.until(b"kvm01")
                time.sleep(3)  # it is connected
                os.write(session.fd, f":shell @kvm01 {there.replace('KEYS', str(_KEYS))}\r".encode())
            session.until(SHOWN)
        yield found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--megabytes", type=int, default=8)
    given = parser.parse_args()
    global _KEYS
    _KEYS = given.keys
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        daemon = stack.enter_context(running_sshd(folder / "sshd"))
        measure(stack.enter_context(sessions(daemon, folder)), given.keys, given.megabytes)


def measure(found: dict[str, Session], keys: int, megabytes: int) -> None:
    """Print the echo of keys, and how long so much output takes."""
    took: dict[str, list[float]] = {name: [] for name in found}
    for number in range(keys):
        for name, session in found.items():
            time.sleep(PAUSE)
            took[name].append(session.echoed(b"%c" % (97 + number % 26)))
    ssh = statistics.median(took["ssh"])
    for name, times in took.items():
        times.sort()
        middle, late = statistics.median(times), times[int(len(times) * 0.99)]
        print(
            f"{name:14} echo: median {middle * 1e3:6.2f} ms, 99 % {late * 1e3:6.2f} ms; {(middle - ssh) * 1e3:+.2f} ms"
        )
    for name, session in found.items():
        session.until(SHOWN)
        begun = time.perf_counter()
        os.write(session.fd, f"{megabytes << 20}\n".encode())
        seconds = session.until(b"xEND") - begun
        print(f"{name:14} output: {megabytes / seconds:6.1f} MB/s")


_KEYS = 0

if __name__ == "__main__":
    main()
