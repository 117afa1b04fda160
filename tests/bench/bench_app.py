"""The whole program in a real terminal: first frame, key to paint, quitting, CPU. Run by hand.

    python -m tests.bench.bench_app [silent] [thousand] [tenthousand]
    python -m tests.bench.bench_app starts CHECKOUT
    python -m tests.bench.bench_app shares CHECKOUT

`silent`: 90 of 100 hosts accept and never answer (a real listener), ten are the test driver. Beside it, in one run, the
same program on the ten alone: what the silent ones cost is the difference. `thousand`: 1,000 simulated hosts sampled
every second. `tenthousand`: 10,000 of them every ten seconds. `starts`: first frames of this working tree and of
another one of this repository, in turns, with the CPU that the loop's thread had used by then. `shares`: the CPU that
both take at 1,000 hosts, side by side. A key's time ends with the last byte of the first frame that shows what it did.
"""

from __future__ import annotations

import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .terminal import Terminal

TIMES = 30
"""How often each key is pressed, and its opposite."""

STARTS = 10
"""How often each side is started."""

SPELL, ROUNDS = 20.0, 3
"""Seconds of one measurement of CPU, and how many there are after the one that warms up."""

HEALTHY, SILENT = 10, 90

ESCAPE, PALETTE, END, UP = b"\x1b", b"\x10", b"\x1b[F", b"\x1b[A"


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


class Keys:
    """Presses keys in turn and keeps what they took, each by its name."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.times: dict[str, list[float]] = {}

    def pair(self, name: str, key: bytes, sign: str) -> None:
        """`key` brings `sign` onto the screen, and Esc takes it away again."""
        for _ in range(TIMES):
            self._press(name, key, lambda text: sign in text)
            self._press(f"{name}, esc", ESCAPE, lambda text: sign not in text)

    def all(self) -> None:
        self.pair("help", b"?", "closes")
        self.pair("palette", PALETTE, "Search for")
        self.cursor()

    def cursor(self) -> None:
        """From one host to the next, among those at the end: all the trouble comes first."""
        self._terminal.after(END, lambda text: True)
        self._terminal.drain(1)
        for number in range(TIMES):
            self._press("cursor", (UP, b"j")[number % 2], is_not(panel_title(self._terminal.text)))

    def _press(self, name: str, key: bytes, holds: Callable[[str], bool]) -> None:
        self.times.setdefault(name, []).append(self._terminal.after(key, holds))
        self._terminal.drain(0.15)

    def told(self) -> str:
        return "\n".join(f"    {name}: {milliseconds(sorted(times))}" for name, times in self.times.items())


def session(file: Path) -> str:
    """First frame, keys and quitting at 120 by 40, then the panel over the tree at 80 by 24."""
    wide = Terminal("--config", str(file))
    frame = wide.painted(lambda text: "quit" in text) - wide.begun
    wide.drain(5)
    keys = Keys(wide)
    keys.all()
    left = wide.quit()
    narrow = Terminal("--config", str(file), size=(80, 24))
    narrow.painted(lambda text: "quit" in text)
    narrow.drain(5)
    at_80 = Keys(narrow)
    at_80.pair("panel at 80x24", b"\r", "connections")
    narrow.quit()
    start = f"first frame {frame - interpreter():.2f} s after the interpreter"
    return f"{start}, quit {left:.2f} s\n{keys.told()}\n{at_80.told()}"


def panel_title(text: str) -> str | None:
    """Whose panel is shown beside the tree."""
    title = re.search(r"│─ (\S+) ─", text)
    return title and title[1]


def is_not(title: str | None) -> Callable[[str], bool]:
    """Whether another panel is shown."""
    return lambda text: panel_title(text) != title


def milliseconds(times: list[float]) -> str:
    """Median, 95th percentile and maximum of sorted times."""
    at_95 = times[int(0.95 * len(times))]
    p50, p95, most = (f"{1000 * seconds:.0f}" for seconds in (statistics.median(times), at_95, times[-1]))
    return f"p50 {p50} p95 {p95} max {most} ms"


def silent() -> None:
    with silent_port() as port:
        for name, dead in (("90 of 100 silent", SILENT), ("ten healthy alone", 0)) * 2:
            print(f"{name}: {session(hosts_file(port, dead))}", flush=True)


def thousand() -> None:
    terminal = Terminal("demo", "--hosts", "1000")
    frame = terminal.painted(lambda text: "quit" in text) - terminal.begun
    terminal.drain(15)
    before, begun = terminal.cpu(), time.perf_counter()
    terminal.drain(20)
    share = (terminal.cpu() - before) / (time.perf_counter() - begun)
    keys = Keys(terminal)
    keys.all()
    print(
        f"1,000 hosts at 1 Hz: {share:.1%} of a core, first frame {frame:.2f} s after the start, "
        f"quit {terminal.quit():.2f} s\n{keys.told()}"
    )


def starts(checkout: Path) -> None:
    frames: dict[Path, list[float]] = {Path(__file__).parents[2]: [], checkout: []}
    cpu: dict[Path, list[float]] = {tree: [] for tree in frames}
    for _ in range(STARTS):
        for tree, times in frames.items():
            terminal = Terminal("demo", "--hosts", "1000", checkout=tree)
            times.append(terminal.painted(lambda text: "quit" in text) - terminal.begun)
            cpu[tree].append(terminal.loop_cpu())
            terminal.quit()
    for tree, times in frames.items():
        print(f"{tree}: first frame {milliseconds(sorted(times))}, CPU {milliseconds(sorted(cpu[tree]))}")


def shares(checkout: Path) -> None:
    """Both watch 1,000 simulated hosts at the same time, so that whatever else the machine does strikes both."""
    terminals = {
        tree: Terminal("demo", "--hosts", "1000", checkout=tree) for tree in (Path(__file__).parents[2], checkout)
    }
    for terminal in terminals.values():
        terminal.painted(lambda text: "quit" in text)
    used: dict[Path, list[float]] = {tree: [] for tree in terminals}
    for _ in range(1 + ROUNDS):
        before = {tree: (terminal.cpu(), time.perf_counter()) for tree, terminal in terminals.items()}
        end = time.perf_counter() + SPELL
        while time.perf_counter() < end:
            for terminal in terminals.values():
                terminal.drain(0.2)
        for tree, terminal in terminals.items():
            cpu, begun = before[tree]
            used[tree].append((terminal.cpu() - cpu) / (time.perf_counter() - begun))
    for tree, terminal in terminals.items():
        terminal.quit()
        print(
            f"{tree}: {statistics.median(used[tree][1:]):.1%} of a core, rounds of {SPELL:g} s",
            [f"{share:.1%}" for share in used[tree][1:]],
        )


def simulated_file(number: int) -> Path:
    """So many simulated hosts in racks of 40, each sampled every ten seconds."""
    hosts = [
        f'[[hosts]]\nid = "kvm{n:05}"\nhost = "127.0.0.1"\nuri = "sim://kvm{n:05}/?latency=0.002"\nssh = false\n'
        f'tags = ["rack{n // 40}"]\n'
        for n in range(number)
    ]
    file = Path(tempfile.mkdtemp(prefix="atp-bench-")) / "hosts.toml"
    file.write_text("[monitor]\ninterval = 10\n" + "".join(hosts))
    return file


def ten_thousand() -> None:
    terminal = Terminal("--config", str(simulated_file(10_000)))
    frame = terminal.painted(lambda text: "quit" in text, limit=60) - terminal.begun
    up = terminal.painted(lambda text: "● 10000" in text, limit=120) - terminal.begun
    terminal.drain(30)
    before, begun = terminal.cpu(), time.perf_counter()
    terminal.drain(30)
    share = (terminal.cpu() - before) / (time.perf_counter() - begun)
    keys = Keys(terminal)
    keys.pair("help", b"?", "closes")
    keys.cursor()
    pressed = sorted(seconds for times in keys.times.values() for seconds in times)
    at_99 = 1000 * pressed[int(0.99 * len(pressed))]
    print(
        f"10,000 hosts every 10 s: {share:.1%} of a core, first frame {frame:.2f} s and all connected {up:.1f} s after "
        f"the start, key to paint p99 {at_99:.0f} ms, quit {terminal.quit():.2f} s\n{keys.told()}"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["starts"]:
        starts(Path(sys.argv[2]))
        sys.exit()
    if sys.argv[1:2] == ["shares"]:
        shares(Path(sys.argv[2]))
        sys.exit()
    chosen = sys.argv[1:] or ["silent", "thousand"]
    for name in chosen:
        {"silent": silent, "thousand": thousand, "tenthousand": ten_thousand}[name]()
