"""A program that watches a fleet and tells of it: one line of JSON a moment, until its standard input ends.

    python -m tests.chaos.watched HOSTS_TOML

So that a test can stop it as a whole (SIGSTOP), and see what it does when it goes on.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from atp_tui.api import Fleet, open_fleet
from atp_tui.transport.clock import run_awake

from .stage import HANG

_MOMENT = 0.1


def _told(fleet: Fleet, host_id: str) -> dict[str, object]:
    detail = fleet.detail(host_id)
    assert detail is not None
    row = detail.host.row
    return {
        "state": row.state,
        "cause": str(row.cause),
        "fresh": row.fresh,
        "sampled_at": row.sampled_at or 0.0,
        "requests": sum(pool.total_requests for pool in detail.pools),
        "opened": sum(pool.opened for pool in detail.pools),
        "reconnects": sum(each.reconnects for pool in detail.pools for each in pool.connections),
    }


async def _watch(config: str) -> None:
    async with open_fleet(config) as fleet:
        hosts = fleet.resolve("@all").ids
        while not select.select([sys.stdin], [], [], 0)[0]:
            if all(fleet.detail(host) is not None for host in hosts):
                print(json.dumps({host: _told(fleet, host) for host in hosts}), flush=True)
            await asyncio.sleep(_MOMENT)


Told = dict[str, dict[str, Any]]


class Watched:
    """The program, and what it tells."""

    def __init__(self, config: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.watched", str(config)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.last: Told = {}

    def next(self) -> Told:
        """What it tells next."""
        assert self._process.stdout is not None
        self.last = json.loads(self._process.stdout.readline())
        return self.last

    def until(self, *, sampled_since: float) -> Told:
        """Wait until every host is connected, and was sampled since that moment."""
        limit = time.monotonic() + HANG
        while not all(host["fresh"] and host["sampled_at"] > sampled_since for host in self.next().values()):
            assert time.monotonic() < limit, self.last
        return self.last

    def stand_still(self, seconds: float) -> None:
        """Stop it for so long."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)
        time.sleep(seconds)
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0, "the program has failed"


if __name__ == "__main__":
    run_awake(_watch(sys.argv[1]))
