"""`atp-tui run` as a whole process, cold, against a loop of bare asyncssh, `clush` and `ssh`; all sides in each round.

    python -m tests.bench.bench_headless [--hosts 200] [--talkers 100] [--rounds 3]

Four tables: `true` on many hosts; a megabyte of lines from each of many; a megabyte of each in JSON; one host.
Wall time and the CPU time of the client, by wait4, its children included: `clush` has an ssh a host. The interpreter's
start and the imports count for each side, and are shared out over its hosts or MB. One private sshd serves all hosts,
on several addresses; its work on the same processors is in the wall time, and its CPU time is told beside it: a guard
is one more session on each host. Sides are compared pair by pair within a round, which begins with another side each
time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..daemons.hosts_toml import host_table, ssh_table
from ..daemons.keeper import descendants
from ..daemons.sshd import PrivateSshd, running_sshd
from .bench_system import far_side

ADDRESSES = tuple(f"127.0.0.{last}" for last in range(1, 9))
FANOUT = 64
MEGABYTE = "seq -f 'line %06g of a text that has as many lines as it takes to be a megabyte in all..' 12500"
"""1 MB in lines of 80 bytes."""

BARE = """
import asyncio, sys
import asyncssh

asyncssh.set_log_level("ERROR")
port, user, key, known, hosts, fanout, command = sys.argv[1:]

class Dropped(asyncssh.SSHClientSession):
    def data_received(self, data, datatype):
        pass

async def main():
    places = asyncio.Semaphore(int(fanout))

    async def run(address):
        async with places:
            connection = await asyncssh.connect(address, int(port), username=user, client_keys=[key],
                known_hosts=known, config=None, agent_path=None, encryption_algs="^aes128-gcm@openssh.com")
            channel, _ = await connection.create_session(Dropped, command, encoding=None)
            await channel.wait_closed()
            connection.close()
            await connection.wait_closed()

    await asyncio.gather(*map(run, hosts.split(",")))

asyncio.run(main())
"""


class Cost(NamedTuple):
    """Of a process: seconds of the clock, seconds of CPU with its children's, its own most memory in kB, and seconds of
    CPU of the far side."""

    wall: float
    cpu: float
    peak: int
    far: float


def cost(line: Sequence[str], environment: Mapping[str, str], daemon: PrivateSshd) -> Cost:
    """Run it to its end, its output to nowhere. Raises AssertionError where it fails."""
    far = far_side(daemon)
    began = time.perf_counter()
    process = subprocess.Popen(line, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (process.returncode, line)
    wall = time.perf_counter() - began
    while descendants(daemon.pid):  # sshd counts what a process took once that has ended
        time.sleep(0.05)
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss, far_side(daemon) - far)


class Sides:
    """The command lines of each side, for hosts behind one sshd."""

    def __init__(self, directory: Path, daemon: PrivateSshd, hosts: int) -> None:
        self.daemon = daemon
        self._addresses = [ADDRESSES[number % len(ADDRESSES)] for number in range(hosts)]
        self._names = [f"kvm{number:03}" for number in range(hosts)]
        self._config = directory / "hosts.toml"
        tables = [
            host_table(name, None, ssh_table(daemon), host=address)
            for name, address in zip(self._names, self._addresses, strict=True)
        ]
        self._ssh_config = directory / "ssh_config"  # clush asks a name once, however often it stands there
        self._ssh_config.write_text(
            "".join(
                f"Host {name}\nHostName {address}\n" for name, address in zip(self._names, self._addresses, strict=True)
            )
        )
        self._config.write_text("\n".join(tables))
        self.environment = {**os.environ, "XDG_STATE_HOME": str(directory), "XDG_CACHE_HOME": str(directory)}

    def ours(self, command: str, *options: str, hosts: int | None = None) -> list[str]:
        """`atp-tui run`, on the first of the hosts or all."""
        wanted = "@all" if hosts is None else f"kvm[000-{hosts - 1:03}]" if hosts > 1 else "kvm000"
        program = [sys.executable, "-m", "atp_tui", "run", "--config", str(self._config)]
        return [*program, "--yes", "--fanout", str(FANOUT), "-w", wanted, *options, "--", command]

    def bare(self, command: str) -> list[str]:
        """asyncssh, that drops what comes."""
        daemon = self.daemon
        words = [str(daemon.port), daemon.user, str(daemon.client_key), str(daemon.known_hosts)]
        return [sys.executable, "-c", BARE, *words, ",".join(self._addresses), str(FANOUT), command]

    def ssh(self, command: str) -> list[str]:
        """OpenSSH's client, on the first host."""
        return ["ssh", *self._options(), self._names[0], command]

    def clush(self, command: str) -> list[str]:
        """ClusterShell's, with an ssh a host."""
        options = " ".join(self._options())
        return ["clush", "-q", "-f", str(FANOUT), "-o", options, "-w", ",".join(self._names), command]

    def _options(self) -> list[str]:
        daemon = self.daemon
        pairs = (f"UserKnownHostsFile={daemon.known_hosts}", f"Port={daemon.port}", f"User={daemon.user}")
        words = [f"-oIdentityFile={daemon.client_key}", *[f"-o{pair}" for pair in pairs]]
        return ["-F", str(self._ssh_config), "-oBatchMode=yes", *words]


def table(title: str, all_sides: Sides, sides: Mapping[str, list[str]], rounds: int, per: str, number: int) -> None:
    """Run all sides in each round, and print the medians, CPU time also per each of the `number` of hosts or MB; the
    first side is compared with each by pairs."""
    first, names = next(iter(sides)), list(sides)
    rows = [
        {
            name: cost(sides[name], all_sides.environment, all_sides.daemon)
            for name in (*names[turn % len(names) :], *names[: turn % len(names)])
        }
        for turn in range(rounds)
    ]
    print(title)
    for name in sides:
        wall, cpu, peak, far = (statistics.median(row[name][place] for row in rows) for place in range(4))
        slower = statistics.median(row[first].wall / row[name].wall for row in rows)
        later = statistics.median(row[first].wall - row[name].wall for row in rows)
        dearer = statistics.median(row[first].cpu / row[name].cpu for row in rows)
        more = statistics.median(row[first].cpu - row[name].cpu for row in rows)
        print(
            f"  {name:<16}{wall:7.2f} s  CPU {cpu:6.2f} s {1000 * cpu / number:6.1f} ms a {per}, {far:6.2f} s there "
            f"{peak / 1000:5.0f} MB   {first} takes {slower:.2f} of its time ({later:+.2f} s), {dearer:.2f} of its CPU "
            f"({1000 * more / number:+.1f} ms a {per})",
            flush=True,
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--talkers", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("true", "text", "json", "one"))
    wanted = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="atp-bench-") as directory,
        running_sshd(Path(directory), addresses=ADDRESSES) as daemon,
    ):
        (Path(directory) / "talk").mkdir()
        all_hosts = Sides(Path(directory), daemon, wanted.hosts)
        talkers = Sides(Path(directory) / "talk", daemon, wanted.talkers)

        def asked(name: str) -> bool:
            return wanted.only in (None, name)

        if asked("true"):
            sides = {"atp-tui": all_hosts.ours("true"), "bare asyncssh": all_hosts.bare("true")}
            sides |= {"without guards": all_hosts.ours("true", "--no-guard"), "clush": all_hosts.clush("true")}
            sides |= {"nothing": [sys.executable, "-c", ""]}
            table(f"`true` on {wanted.hosts} hosts", all_hosts, sides, wanted.rounds, "host", wanted.hosts)
        if asked("text"):
            sides = {"atp-tui": talkers.ours(MEGABYTE), "bare asyncssh": talkers.bare(MEGABYTE)}
            sides |= {"clush": talkers.clush(MEGABYTE)}
            title = f"1 MB of lines from each of {wanted.talkers} hosts"
            table(title, talkers, sides, wanted.rounds, "MB", wanted.talkers)
        if asked("json"):
            sides = {"atp-tui": all_hosts.ours(MEGABYTE, "--json"), "idle": all_hosts.ours("true", "--json")}
            title = f"1 MB from each of {wanted.hosts} hosts in JSON"
            table(title, all_hosts, sides, wanted.rounds, "MB", wanted.hosts)
        if asked("one"):
            sides = {"atp-tui": all_hosts.ours("true", hosts=1), "ssh": all_hosts.ssh("true")}
            table("`true` on one host", all_hosts, sides, max(9, wanted.rounds), "host", 1)


if __name__ == "__main__":
    main()
