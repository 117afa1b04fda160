"""The whole program in a real terminal of 120 x 40 against the figures that it has to keep: run by hand.

    python -m tests.bench.bench_program [keys] [shares] [starts]

`keys`: 1,000 simulated hosts, each sampled every second. From a key to the last byte of the piece of output with the
cursor in its new place, in three views, and in the tree to that with the panel of that host; beside it the CPU that the
loop's thread had used by then. From the key of a view to that view. Pieces are looked at one by one, so no rule about
pauses is in these times. `shares`: the CPU of the whole program as shares of a core, its memory (resident, and its own
alone) and the time from q to its end: 1,000 hosts sampled every 2 s (15 %, 150 MB, 1 s), and 12 hosts (1 %). `starts`:
the first frame with 1,000 hosts configured of which 900 are silent, against that of a bare Textual application which
says hello (1.3 times), in turns, with the CPU of the loop's thread by then.
"""

from __future__ import annotations

import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from .bench_app import silent_port
from .terminal import Terminal

KEYS, OPENINGS, STARTS, ROUNDS, SPELL = 60, 20, 10, 3, 20.0
CURSOR = {"tree": b"1", "VMs": b"2", "heat": b"3"}
VIEWS = {
    "hosts": b"1",
    "VMs": b"2",
    "heat": b"3",
    "events": b"4",
    "jobs": b"5",
    "answers": b"6",
    "messages": b"m",
    "host": b"o",
}
UP, END = b"\x1b[A", b"\x1b[F"

HELLO = """
from textual.app import App
from textual.widgets import Label
class Hello(App):
    def compose(self):
        yield Label("Hello, world")
Hello().run()
"""


class Looking(Terminal):
    """Looks at each piece of output as it comes."""

    def press(self, key: bytes, *signs: Callable[[str], bool]) -> list[tuple[float, float]]:
        """From a key to the pieces with which each of `signs` came true: seconds, and seconds of the loop's CPU."""
        begun, cpu = time.perf_counter(), self.loop_cpu()
        os.write(self._master, key)
        return self._seen(begun, cpu, signs)

    def first(self, sign: Callable[[str], bool]) -> tuple[float, float]:
        """As `press`, from the start of the interpreter."""
        return self._seen(self.begun, 0.0, (sign,))[0]

    def _seen(self, begun: float, cpu: float, signs: Sequence[Callable[[str], bool]]) -> list[tuple[float, float]]:
        found: list[tuple[float, float] | None] = [None] * len(signs)
        while None in found:
            if time.perf_counter() - begun > 20:
                raise TimeoutError(self.text)
            data = self._take()
            at = time.perf_counter() - begun, self.loop_cpu() - cpu
            self._stream.feed(data)
            text = self.text
            found = [now or (at if sign(text) else None) for now, sign in zip(found, signs, strict=True)]
        return [each for each in found if each is not None]

    def memory(self) -> tuple[float, float]:
        """MB that are resident, and those that are this process's own."""
        fields = dict(
            line.split(":", 1) for line in Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()[1:]
        )
        kb = {name: int(value.split()[0]) for name, value in fields.items()}
        return kb["Rss"] / 1000, (kb["Private_Clean"] + kb["Private_Dirty"]) / 1000


def hosts_file(simulated: int, interval: float, port: int = 0, silent: int = 0) -> Path:
    """So many simulated hosts in racks of 20, and others whose connections are accepted and never answered."""
    hosts = [
        f'[[hosts]]\nid = "kvm{n:04}"\nhost = "127.0.0.1"\nuri = "sim://kvm{n:04}/?latency=0.002"\nssh = false\n'
        f'tags = ["rack{n // 20:02}"]\n'
        for n in range(simulated)
    ]
    for n in range(silent):
        address = f"127.0.{1 + n // 250}.{1 + n % 250}"
        hosts.append(
            f'[[hosts]]\nid = "dead{n:04}"\nhost = "{address}"\nuri = "test+tcp://{address}:{port}/default"\n'
            f'ssh = false\ntags = ["rack{n // 20:02}"]\n'
        )
    file = Path(tempfile.mkdtemp(prefix="atp-bench-")) / "hosts.toml"
    file.write_text(f"[monitor]\ninterval = {interval:g}\n" + "".join(hosts))
    return file


def watching(hosts: int, interval: float) -> Looking:
    """The program over so many hosts, once all are connected and it has had time to settle."""
    terminal = Looking("--config", str(hosts_file(hosts, interval)))
    terminal.painted(lambda text: f"● {hosts}" in text, limit=60)
    terminal.drain(5 + 3 * interval)
    return terminal


def told(what: str, values: Sequence[float], more: str = "") -> None:
    ordered = sorted(1000 * each for each in values)
    p95, p99 = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.95, 0.99))
    p50 = statistics.median(ordered)
    print(f"  {what:<34} p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f}  max {ordered[-1]:6.1f} ms{more}", flush=True)


def both(what: str, found: Sequence[tuple[float, float]], more: str = "") -> None:
    told(what, [seconds for seconds, _ in found], more)
    told("  CPU of the loop meanwhile", [cpu for _, cpu in found])


def cursor(text: str) -> object:
    """Where the cursor is: the row of its bar, or the host that the title of the heat map names."""
    lines = text.split("\n")
    return [number for number, line in enumerate(lines) if "▌" in line] or re.findall(r"kvm\d+", lines[1])


def panel(text: str) -> object:
    """Whose panel stands beside the tree."""
    return re.findall(r"│─ (\S+) ─", text)


def head(text: str) -> object:
    """The first rows of the view."""
    return text.split("\n")[1:3]


def differs(look: Callable[[str], object], text: str) -> Callable[[str], bool]:
    was = look(text)
    return lambda now: look(now) not in (was, [])


def keys() -> None:
    rng = random.Random(1)
    terminal = watching(1000, 1.0)
    print("1,000 hosts, each sampled every second")
    for name, key in CURSOR.items():
        for each in (key, END, UP):
            terminal.after(each, lambda text: True)
            terminal.drain(0.5)
        found = []
        for number in range(KEYS):
            terminal.drain(0.1 + rng.random() / 4)
            signs = [differs(cursor, terminal.text)] + [differs(panel, terminal.text)] * (name == "tree")
            found.append(terminal.press(b"jk"[number % 2 :][:1], *signs))
        both(f"{name}: key to cursor", [each[0] for each in found])
        if name == "tree":
            both(f"{name}: key to panel", [each[1] for each in found])
    for name, key in VIEWS.items():
        away = b"4" if name == "hosts" else b"1"
        opened = []
        for _ in range(OPENINGS):
            terminal.after(away, lambda text: True)
            terminal.drain(0.2 + rng.random() / 4)
            opened += terminal.press(key, differs(head, terminal.text))
        first = opened[0] if name == "hosts" else opened.pop(0)
        both(f"{name}: opened", opened, f"  (first {1000 * first[0]:.0f} ms, CPU {1000 * first[1]:.0f})")
    print(f"  quit: {terminal.quit():.2f} s")


def shares() -> None:
    for hosts, interval in ((1000, 2.0), (12, 2.0)):
        terminal = watching(hosts, interval)
        used = []
        for _ in range(ROUNDS):
            before, begun = terminal.cpu(), time.perf_counter()
            terminal.drain(SPELL)
            used.append((terminal.cpu() - before) / (time.perf_counter() - begun))
        resident, own = terminal.memory()
        print(
            f"{hosts:,} hosts, each sampled every {interval:g} s: {statistics.median(used):.2%} of a core "
            f"({', '.join(f'{share:.2%}' for share in used)}), {resident:.0f} MB resident, {own:.0f} MB its own, "
            f"quit {terminal.quit():.2f} s",
            flush=True,
        )


def starts() -> None:
    """In turns, so that whatever else the machine does strikes both."""
    hello = Path(tempfile.mkdtemp(prefix="atp-bench-")) / "hello.py"
    hello.write_text(HELLO)
    sides: dict[str, list[tuple[float, float]]] = {"hello": [], "1,000 hosts, 900 silent": []}
    with silent_port() as port:
        file = hosts_file(100, 2.0, port, 900)
        for number in range(1 + STARTS):
            for name, found in sides.items():
                is_hello = name == "hello"
                terminal = Looking(program=(str(hello),)) if is_hello else Looking("--config", str(file))
                shown = terminal.first(lambda text: "Hello" in text or "quit" in text)
                if number:  # the first ones read the program from the disk
                    found.append(shown)
                terminal.quit(b"\x11" if is_hello else b"q")
    for name, found in sides.items():
        both(f"{name}: first frame", found)
    ours, theirs = sides["1,000 hosts, 900 silent"], sides["hello"]
    for what, place in (("time", 0), ("CPU", 1)):
        print(f"  {what}: {_median(ours, place) / _median(theirs, place):.2f} times (at most 1.3)")


def _median(found: Sequence[tuple[float, float]], place: int) -> float:
    return statistics.median(each[place] for each in found)


if __name__ == "__main__":
    for name in sys.argv[1:] or ("keys", "shares", "starts"):
        {"keys": keys, "shares": shares, "starts": starts}[name]()
