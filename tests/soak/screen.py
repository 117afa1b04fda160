"""The screen over 24 real hosts with a fault each minute and a command each ten seconds, compared with the truth.

    python -m tests.soak.screen --minutes 60

The program runs in a real terminal of its own; this process owns the daemons, breaks them, and reads the screen each
second. Exit status 1: something was wrong for too long, or memory, descriptors or threads have grown.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import libvirt

from atp_tui.ui.theme import load_theme, themes_folder

from ..daemons.hosts_toml import host_table, ssh_table
from ..daemons.libvirtd import PrivateLibvirtd
from ..daemons.sshd import PrivateSshd, running_sshd
from ..ui.real_terminal import Terminal
from .truth import Shown, Truth, shown_hosts

SETS = 4
"""Each has a libvirtd, an sshd and six hosts."""
KEEPALIVE, PROBES = 2, 2
HEARTBEAT = 4
CONFIG = f"""
[guard]
preview_above = 1000
count_above = 1000
[monitor]
interval = 2.0
[transport]
connect_timeout = 5.0
heartbeat_interval = {HEARTBEAT}
heartbeat_timeout = {HEARTBEAT}
call_timeout = 5.0
keepalive_interval = {KEEPALIVE}
keepalive_count = {PROBES}
"""
ALIVE_LIMIT = KEEPALIVE * (PROBES + 1) + 3.0
"""Seconds that a host which does not answer may be shown as connected: keepalive's, one redraw, and one look."""
AWAY_LIMIT = 15.0
"""Seconds that a host may be shown as away after its daemons came back: the longest pause after a fault of 25 s is 7.5,
an attempt before it may hang for 5."""
COUNT_LIMIT = 2 * 2.0 + 3.0
"""Seconds until a new number of virtual machines stands there: two samples, one redraw, one look."""
FAULTS = ("stop", "kill", "restart")
FAULT_LASTS = (5.0, 25.0)
FAULT_EACH, COMMAND_EACH, CHANGE_EACH = 60.0, 10.0, 7.0
FLAT = 1.0
"""MB by which the last quarter's memory may be above the second's."""
DOMAIN = "<domain type='test'><name>{name}</name><memory>8192</memory><os><type>hvm</type></os></domain>"
DIM = load_theme(themes_folder() / "dark.toml").colors["dim"].removeprefix("#")
PANE_KEYS = "enter run "
"""What the bottom line says in the command line alone."""
ON_A_SET = 3
"""Hosts of a set that take commands."""

QUIET = 0.05
"""Seconds without output after which a frame is whole."""
ANSWER_LOOKS = 6
"""Looks within which a command on connected hosts must have its answers."""

Daemon = PrivateLibvirtd | PrivateSshd


class TallTerminal(Terminal):
    """All hosts are in sight also while answers are."""

    ROWS = 70


@dataclass(frozen=True)
class Sizes:
    """The program at one moment. `rss` in MB."""

    rss: float
    descriptors: int
    threads: int


def sizes_of(pid: int) -> Sizes:
    """What the kernel says of it."""
    status = Path(f"/proc/{pid}/status").read_text()
    rss, threads = (int(re.search(rf"^{name}:\s+(\d+)", status, re.M)[1]) for name in ("VmRSS", "Threads"))  # type: ignore[index]
    return Sizes(rss / 1024, len(list(Path(f"/proc/{pid}/fd").iterdir())), threads)


class Stage:
    """The daemons, the hosts behind them, and what is done to them. `hosts_toml` is what the program reads."""

    def __init__(self, stack: ExitStack, directory: Path, rng: random.Random) -> None:
        self.daemons: dict[str, Daemon] = {}
        self.faults: Counter[str] = Counter()
        self._rng = rng
        self._broken: dict[str, str] = {}
        self._up_since: dict[str, float] = {}
        self._heal_at = 0.0
        behind: dict[str, tuple[str, ...]] = {}
        text = CONFIG
        for number in range(SETS):
            virt = self.daemons[f"libvirtd{number}"] = stack.enter_context(PrivateLibvirtd())
            ssh = self.daemons[f"sshd{number}"] = stack.enter_context(running_sshd(directory / f"sshd{number}"))
            known_hosts = directory / f"known_hosts{number}"  # the daemon writes its own anew at each start
            known_hosts.write_bytes(ssh.known_hosts.read_bytes())
            login = ssh_table(ssh, known_hosts=[str(known_hosts)])
            over_ssh = f"test+ssh://127.0.0.1/default?socket={virt.socket}"
            needs_virt, needs_ssh = (f"libvirtd{number}",), (f"sshd{number}",)
            for name, uri, table, needs in (
                ("tcp-a", virt.uri("tcp"), None, needs_virt),
                ("tcp-b", virt.uri("tcp"), None, needs_virt),
                ("unix", virt.uri("unix"), None, needs_virt),
                ("ssh-a", over_ssh, login, needs_virt + needs_ssh),
                ("ssh-b", over_ssh, login, needs_virt + needs_ssh),
                ("cmd", None, login, needs_ssh),
            ):
                text += host_table(f"{name}-{number}", uri, table, (f"set{number}",))
                behind[f"{name}-{number}"] = needs
        self.truth = Truth(behind)
        self.hosts = tuple(behind)
        self.hosts_toml = directory / "hosts.toml"
        self.hosts_toml.write_text(text)
        self._own: dict[str, libvirt.virConnect] = {}
        for name in self.daemons:
            self._look_into(name)

    def break_one(self) -> None:
        """The next fault, of a daemon drawn by chance."""
        name, kind = self._rng.choice(list(self.daemons)), self._rng.choice(FAULTS)
        daemon = self.daemons[name]
        self.faults[f"{kind} {name.rstrip('0123456789')}"] += 1
        self._broken[name] = kind
        self._heal_at = time.monotonic() + (0.0 if kind == "restart" else self._rng.uniform(*FAULT_LASTS))
        self.truth.broken(name, time.monotonic())
        if kind == "stop":
            daemon.stop()
        else:
            daemon.kill()

    def heal_what_is_due(self, *, all_of_it: bool = False) -> None:
        """Bring back what has been broken long enough."""
        if not self._broken or (time.monotonic() < self._heal_at and not all_of_it):
            return
        for name, kind in self._broken.items():
            daemon = self.daemons[name]
            if kind == "stop":
                daemon.cont()
            else:
                self._own.pop(name, None)
                daemon.start()
            self._look_into(name)
            self._up_since[name] = time.monotonic()
            self.truth.healed(name, time.monotonic())
        self._broken.clear()

    def has_long_been_up(self, number: int) -> bool:
        """Whether all hosts of a set must be connected by now."""
        names = (f"libvirtd{number}", f"sshd{number}")
        return all(time.monotonic() - self._up_since.get(name, 0.0) > AWAY_LIMIT for name in names) and not any(
            name in self._broken for name in names
        )

    def change_domains(self) -> None:
        """Another number of virtual machines, 1 to 4, on a libvirtd that is up."""
        name = self._rng.choice([name for name in self._own if name not in self._broken])
        virt, wanted = self._own[name], self._rng.randint(1, 4)
        now = {domain.name(): domain for domain in virt.listAllDomains()}
        for turn in range(1, 4):
            domain = f"more{turn}"
            if turn < wanted and domain not in now:
                virt.createXML(DOMAIN.format(name=domain))
            elif turn >= wanted and domain in now:
                now[domain].destroy()
        self._look_into(name)

    def _look_into(self, name: str) -> None:
        """Note how many virtual machines a libvirtd has. A connection of our own stays open: the test driver forgets
        what it had as the last one closes."""
        daemon = self.daemons[name]
        if isinstance(daemon, PrivateLibvirtd):
            if name not in self._own:
                self._own[name] = libvirt.open(daemon.uri("unix"))
            self.truth.has(name, len(self._own[name].listAllDomains()), time.monotonic())


class Watcher:
    """The person before the screen: looks each second, runs a command each ten, and notes what is wrong."""

    def __init__(self, stage: Stage, terminal: Terminal) -> None:
        self.stage = stage
        self.terminal = terminal
        self.sizes: list[Sizes] = []
        self.looks = 0
        self.commands = 0
        self.answered = 0
        self.problems: list[str] = []
        self.sums_wrong = 0
        self._sums_wrong_in_a_row = 0

    def watch(self, seconds: float) -> None:
        """So long, with faults and commands, and then until all is back."""
        start = time.monotonic()
        fault, command, change = start + FAULT_EACH / 2, start + COMMAND_EACH, start + CHANGE_EACH
        while (now := time.monotonic()) < start + seconds:
            self.stage.heal_what_is_due()
            if now >= fault:
                fault += FAULT_EACH
                self.stage.break_one()
            if now >= change:
                change += CHANGE_EACH
                self.stage.change_domains()
            if now >= command:
                command += COMMAND_EACH
                self.command()
            self.look()
        self.stage.heal_what_is_due(all_of_it=True)
        end = time.monotonic() + AWAY_LIMIT
        while time.monotonic() < end:
            self.look()

    def look(self) -> None:
        """A second of the terminal, and what stands there at its end."""
        end = time.monotonic() + 1.0
        while (left := end - time.monotonic()) > 0:
            self.terminal.read(left)
        while self.terminal.read(QUIET):  # a frame that is coming is looked at once it is whole
            pass
        self.terminal.received.clear()
        if self.terminal.process.poll() is not None:
            raise RuntimeError(f"the program has ended:\n{self.terminal.text}")
        shown = shown_hosts(self.terminal.text, self._is_dim)
        self.looks += 1
        if missing := set(self.stage.hosts) - shown.keys():
            self.problems.append(f"not on the screen: {sorted(missing)}\n{self.terminal.text}")
        self.stage.truth.compare(shown, time.monotonic())
        self._compare_sums(shown)
        self.sizes.append(sizes_of(self.terminal.process.pid))

    def _is_dim(self, row: int, column: int) -> bool:
        """A figure in grey is old, and says so."""
        return self.terminal.colour(row, column) == DIM

    def _compare_sums(self, shown: dict[str, Shown]) -> None:
        """The top line counts the hosts that the tree shows; it is drawn on the same tick."""
        connected = re.search(r"● (\d+)", self.terminal.text.split("\n")[0])
        right = connected is not None and int(connected[1]) == sum(one.connected for one in shown.values())
        self._sums_wrong_in_a_row = 0 if right else self._sums_wrong_in_a_row + 1
        self.sums_wrong = max(self.sums_wrong, self._sums_wrong_in_a_row)

    def command(self) -> None:
        """Run a line on one set's hosts, look at its answers, and move the cursor on."""
        self.commands += 1
        number = self.commands % SETS
        line = f"echo beat-{self.commands}"
        self.terminal.keys(f"!@set{number} {line}\r")
        answer = False
        for _ in range(ANSWER_LOOKS):
            self.look()
            answer = f"{line}  {ON_A_SET}/{ON_A_SET} done · {ON_A_SET} ok" in self.terminal.text
            if answer or not self.stage.has_long_been_up(number):
                break
        self.answered += answer
        if not answer and self.stage.has_long_been_up(number):
            self.problems.append(f"no answer of set{number}:\n{self.terminal.text}")
        for _ in range(3):  # back from the command line: where the job still runs, the first one cancels it
            self.terminal.keys("\x1b")
            self.look()
            if PANE_KEYS not in self.terminal.text:
                self.terminal.keys("j")
                return
        self.problems.append(f"no way back from the command line:\n{self.terminal.text}")


def flat(values: Sequence[float]) -> tuple[float, float]:
    """The medians of the second and of the last quarter."""
    quarter = max(1, len(values) // 4)
    return statistics.median(values[quarter : 2 * quarter]), statistics.median(values[-quarter:])


def verdict(watcher: Watcher) -> tuple[list[str], list[str]]:
    """The figures as lines, and what is wrong with them."""
    truth, sizes = watcher.stage.truth, watcher.sizes
    early, late = flat([one.rss for one in sizes])
    first, last = sizes[: len(sizes) // 4 + 1], sizes[-1]
    rows = [
        f"looks {watcher.looks}, commands {watcher.commands} of which {watcher.answered} were answered by all hosts, "
        f"faults {', '.join(f'{n} {name}' for name, n in sorted(watcher.stage.faults.items()))}",
        f"memory {early:.1f} MB in the second quarter, {late:.1f} in the last; {sizes[0].rss:.1f} at first, "
        f"{max(one.rss for one in sizes):.1f} at most",
        *(
            f"{name} {max(getattr(one, name) for one in first)} in the first quarter, "
            f"{max(getattr(one, name) for one in sizes)} at most, {getattr(last, name)} at the end"
            for name in ("descriptors", "threads")
        ),
        f"the sum in the top line was another than the rows' in {watcher.sums_wrong} looks in a row at most",
    ]
    problems = list(watcher.problems)
    for name, compared, limit in (
        ("connected while it was down", truth.alive, ALIVE_LIMIT),
        ("away while it was up", truth.away, AWAY_LIMIT),
        ("another number of virtual machines", truth.counts, COUNT_LIMIT),
    ):
        rows.append(f"{name}: {compared.seen} times seen, {compared.longest:.1f} s at most ({compared.host or 'none'})")
        if compared.longest > limit:
            problems.append(f"{name} for {compared.longest:.1f} s, {limit:g} are allowed ({compared.host})")
    if late > early + FLAT:
        problems.append(f"memory grows: {early:.1f} MB, {late:.1f} MB")
    problems += [
        f"{name}: {most} in the first quarter, {now} at the end"
        for name in ("descriptors", "threads")
        if (now := getattr(last, name)) > (most := max(getattr(one, name) for one in first))
    ]
    return rows, problems


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.screen", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="of the faults")
    asked = parser.parse_args()
    print(f"screen: {asked.minutes:g} minutes, seed {asked.seed}", flush=True)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="atp-screen-")))
        stage = Stage(stack, directory, random.Random(asked.seed))
        terminal = TallTerminal(["--config", str(stage.hosts_toml)], directory)
        stack.callback(terminal.close)
        terminal.shows(f"● {len(stage.hosts)} ")
        watcher = Watcher(stage, terminal)
        try:
            watcher.watch(asked.minutes * 60)
        finally:
            rows, problems = verdict(watcher)
            print("\n".join([*rows, *(f"PROBLEM {one}" for one in problems)]), flush=True)
        terminal.keys("\x1b")
        watcher.look()
        terminal.keys("q")
        if status := terminal.ended():
            problems.append(f"exit status {status}")
    print("failed" if problems else "passed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
