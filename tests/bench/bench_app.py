"""The whole program in a real terminal: first frame, key to paint, quitting, CPU. Run by hand.

    python -m tests.bench.bench_app [silent] [thousand]

`silent`: 90 of 100 hosts accept and never answer (a real listener), ten are the test driver. Beside it, in one run, the
same program on the ten alone: what the silent ones cost is the difference. `thousand`: 1,000 simulated hosts sampled
every second.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KEYS = 60
HEALTHY, SILENT = 10, 90


class Terminal:
    """A program in a pty of 120 by 40. Times are seconds from its start."""

    def __init__(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "HOME": tempfile.mkdtemp(prefix="atp-bench-")}
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "atp_tui", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)

    def read_until(self, text: bytes, limit: float) -> float:
        seen = b""
        while text not in seen:
            seen = seen[-4096:] + self._read(limit)
        return time.perf_counter() - self.begun

    def drain(self, seconds: float) -> None:
        """Read for that long: a terminal that nobody reads would block the program."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if select.select([self.master], [], [], left)[0] and not self._take():
                return

    def paint_after(self, key: bytes, sign: bytes) -> float:
        """Seconds from a key to a frame that holds `sign`."""
        begun = time.perf_counter()
        os.write(self.master, key)
        seen = b""
        while sign not in seen:
            seen = seen[-4096:] + self._read(5)
        return time.perf_counter() - begun

    def cpu(self) -> float:
        """Seconds of CPU it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def quit(self) -> float:
        begun = time.perf_counter()
        os.write(self.master, b"q")
        while self.process.poll() is None and time.perf_counter() - begun < 20:
            self.drain(0.01)
        took = time.perf_counter() - begun
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        os.close(self.master)
        return took

    def _read(self, limit: float) -> bytes:
        if not select.select([self.master], [], [], limit)[0]:
            raise TimeoutError("the program painted nothing")
        return self._take()

    def _take(self) -> bytes:
        """What has come; nothing where the program has gone, which Linux tells of as EIO."""
        try:
            return os.read(self.master, 65536)
        except OSError:
            return b""


@contextmanager
def silent_port() -> Iterator[int]:
    """A port whose connections are accepted by the kernel and never answered."""
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen(512)
        yield listener.getsockname()[1]


def hosts_file(port: int, silent: int) -> Path:
    hosts = [
        f'[[hosts]]\nid = "ok{n:02}"\nhost = "127.0.0.1"\nuri = "test:///default"\nssh = false\n'
        for n in range(HEALTHY)
    ]
    hosts += [
        f'[[hosts]]\nid = "dead{n:02}"\nhost = "127.0.1.{n + 1}"\nuri = "test+tcp://127.0.1.{n + 1}:{port}/default"\n'
        "ssh = false\n"
        for n in range(silent)
    ]
    file = Path(tempfile.mkdtemp(prefix="atp-bench-")) / "hosts.toml"
    file.write_text("[transport]\nconnect_timeout = 10\n" + "".join(hosts))
    return file


def interpreter() -> float:
    """Seconds until a bare interpreter is up and gone."""
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", ""], check=True)
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def session(file: Path) -> tuple[float, list[float], list[float], float]:
    """First frame, sorted times of the help and of the cursor, time to quit."""
    terminal = Terminal("--config", str(file))
    frame = terminal.read_until(b"quit", 20)
    terminal.drain(5)
    pages = []
    for number in range(KEYS):
        # ? opens the help over everything, Esc closes it: both change the screen beyond doubt
        key, sign = ((b"?", b"help"), (b"\x1b", b"Hosts"))[number % 2]
        pages.append(terminal.paint_after(key, sign))
        terminal.drain(0.1)
    terminal.paint_after(b"\x1b[F", b"ok")  # the last host is a healthy one, and trouble comes first
    moves = []
    for number in range(KEYS):
        terminal.drain(0.1)
        moves.append(terminal.paint_after((b"k", b"j")[number % 2], b"ok"))
    return frame, sorted(pages), sorted(moves), terminal.quit()


def milliseconds(times: list[float]) -> str:
    """Median, 95th percentile and maximum of sorted times."""
    p50, p95, most = (
        f"{1000 * time:.0f} ms" for time in (statistics.median(times), times[int(0.95 * KEYS)], times[-1])
    )
    return f"p50 {p50} p95 {p95} max {most}"


def silent() -> None:
    bare = interpreter()
    with silent_port() as port:
        for name, dead in (("90 of 100 silent", SILENT), ("ten healthy alone", 0)) * 2:
            frame, pages, moves, left = session(hosts_file(port, dead))
            print(
                f"{name}: first frame {frame - bare:.2f} s after the interpreter, "
                f"help to paint {milliseconds(pages)}, cursor to paint {milliseconds(moves)}, quit {left:.2f} s"
            )


def thousand() -> None:
    terminal = Terminal("demo", "--hosts", "1000")
    frame = terminal.read_until(b"quit", 20)
    terminal.drain(15)
    before, begun = terminal.cpu(), time.perf_counter()
    terminal.drain(20)
    share = (terminal.cpu() - before) / (time.perf_counter() - begun)
    for _ in range(30):  # well into the simulated hosts
        terminal.paint_after(b"j", b"")
        terminal.drain(0.05)
    times = []
    for number in range(KEYS):
        key = (b"j", b"k")[number % 2]  # the cursor's own line is painted with the cursor's colours
        times.append(terminal.paint_after(key, b"kvm"))
        terminal.drain(0.05)
    times.sort()
    print(
        f"1,000 hosts at 1 Hz: {share:.1%} of a core, first frame {frame:.2f} s after the start, "
        f"cursor to paint {milliseconds(times)}, quit {terminal.quit():.2f} s"
    )


if __name__ == "__main__":
    chosen = sys.argv[1:] or ["silent", "thousand"]
    for name in chosen:
        {"silent": silent, "thousand": thousand}[name]()
