"""Packets that are lost at random, a fifth of them and half of them, each way: what is told of a command is what ran.

TCP sends anew what was lost, later and later: a start may arrive long after it was given up. Each line writes its
own name to a file as it runs, so that the file says how often it ran.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from atp_tui.api import Fleet, act, open_fleet
from atp_tui.model.outcome import Outcome

from ..daemons.hosts_toml import host_table, ssh_table
from .network import FAR, FarHost, LossyCable, in_lossy_network
from .stage import HANG

pytestmark = pytest.mark.daemons

HOSTS = 12
LIMIT = 2.0
"""Seconds that each command has."""

NEVER_BEGAN = (Outcome.UNREACHABLE, Outcome.NOTRUN)

HEAD = """
[transport]
connect_timeout = 4
heartbeat_timeout = 4
[transport.reconnect]
initial_delay = 0.2
max_delay = 1
"""


def hosts_of(far: FarHost) -> Path:
    """A hosts.toml in which the far host stands several times, each of which has a connection of its own."""
    daemon = far.sshd
    file = daemon.directory / "hosts.toml"
    hosts = [host_table(f"h{number}", None, ssh_table(daemon), host=FAR) for number in range(HOSTS)]
    file.write_text(HEAD + "".join(hosts))
    return file


def sent_anew() -> int:
    """Segments that this network's TCP has sent once more."""
    head, figures = [
        line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Tcp:")
    ]
    return int(figures[head.index("RetransSegs")])


async def rounds(fleet: Fleet, ran: Path, number_of_rounds: int) -> dict[str, tuple[Outcome, int | None]]:
    """Each line with how it is told to have ended, and with which status."""
    jobs = {}
    for number in range(number_of_rounds):
        for host in range(HOSTS):
            name = f"r{number}h{host}"
            line = f"echo {name} >> {ran}; seq 1 2000; exit {host}"
            jobs[name] = await act(fleet, "run", f"h{host}", command=line, timeout=LIMIT)
    told = {}
    for name, job in jobs.items():
        assert job is not None
        (result,) = await fleet.results(job.id)
        told[name] = result.outcome, result.exit_status
        if result.outcome in (Outcome.OK, Outcome.FAILED):
            assert len(result.stdout.split()) == 2000, "its output is whole"
    return told


async def plays(far: FarHost, percent: float, number_of_rounds: int) -> Counter[Outcome]:
    assert isinstance(far.cable, LossyCable)
    ran = far.sshd.directory / "ran"
    async with asyncio.timeout(3 * HANG), open_fleet(hosts_of(far), watch=False) as fleet:
        first = await act(fleet, "run", *(f"h{host}" for host in range(HOSTS)), command="true", timeout=HANG)
        assert first is not None
        assert {result.outcome for result in await fleet.results(first.id)} == {Outcome.OK}
        before = sent_anew()
        passed, _ = far.cable.lose(percent)
        told = await rounds(fleet, ran, number_of_rounds)
        after, lost = far.cable.lose(0)
        assert sent_anew() > before
        assert 0.6 < lost / (after - passed + lost) / (percent / 100) < 1.4
        # what may still run comes with the packets that were not lost for good, and the sessions end
        again = await act(fleet, "run", *(f"h{host}" for host in range(HOSTS)), command="true", timeout=HANG)
        assert again is not None
        assert {result.outcome for result in await fleet.results(again.id)} == {Outcome.OK}
    times = Counter(ran.read_text().split())
    print(percent, lost, after - passed, sent_anew() - before, Counter(outcome for outcome, _ in told.values()))
    for name, (outcome, status) in told.items():
        assert times[name] <= 1, f"{name} ran {times[name]} times"
        match outcome:
            case Outcome.OK | Outcome.FAILED:
                assert times[name] == 1, f"{name} is told as {outcome}, and did not run"
                assert status == int(name.partition("h")[2])
            case _ if outcome in NEVER_BEGAN:
                assert times[name] == 0, f"{name} is told as {outcome}, and ran"
            case _:
                assert status is None
    return Counter(outcome for outcome, _ in told.values())


@in_lossy_network
async def test_a_fifth_of_the_packets_is_lost(far: FarHost) -> None:
    outcomes = await plays(far, 20, 2)
    assert outcomes[Outcome.OK] + outcomes[Outcome.FAILED] > HOSTS


@in_lossy_network
async def test_half_of_the_packets_are_lost(far: FarHost) -> None:
    await plays(far, 50, 1)
