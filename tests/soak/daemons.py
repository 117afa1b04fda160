"""The soak's other half, a process of its own: it owns the daemons, and breaks and heals them at random.

So that the process under test holds nothing but the transport: its memory, descriptors and threads are the transport's
alone. The two speak in lines of JSON; this half's standard input takes `heal` (break nothing more, heal all) and
`quit`.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from ..daemons.keeper import descendants
from ..daemons.libvirtd import PrivateLibvirtd
from ..daemons.sshd import PrivateSshd, is_sshd, running_sshd

KINDS = ("stop", "kill", "restart")
DOWN = (0.5, 6.0)
"""Seconds that a fault lasts; a restart lasts as long as the daemon takes."""
UP = (3.0, 12.0)
"""Seconds that a daemon is left alone after it was healed."""
STEP = 0.05

Daemon = PrivateLibvirtd | PrivateSshd


class Breaker:
    """Breaks each daemon in turn with healthy times, independently of the others."""

    def __init__(self, daemons: dict[str, Daemon], rng: random.Random) -> None:
        self._daemons = daemons
        self._rng = rng
        now = time.monotonic()
        self._due = {name: now + rng.uniform(*UP) for name in daemons}
        self._broken: dict[str, str] = {}

    def step(self) -> None:
        """Do what is due."""
        now = time.monotonic()
        for name in [name for name, due in self._due.items() if due <= now]:
            if name in self._broken:
                self._heal(name)
            else:
                self._break(name)

    def heal_all(self) -> None:
        """Bring back every daemon that is down."""
        for name in list(self._broken):
            self._heal(name)

    def _break(self, name: str) -> None:
        kind = self._broken[name] = self._rng.choice(KINDS)
        say(daemon=name, fault=kind)
        daemon = self._daemons[name]
        if kind == "stop":
            daemon.stop()
        else:
            daemon.kill()
        self._due[name] = time.monotonic() + (0 if kind == "restart" else self._rng.uniform(*DOWN))

    def _heal(self, name: str) -> None:
        daemon = self._daemons[name]
        if self._broken.pop(name) == "stop":
            daemon.cont()
        else:
            daemon.start()
        self._due[name] = time.monotonic() + self._rng.uniform(*UP)
        say(daemon=name, fault=None)


def say(**news: object) -> None:
    """One line to the other half. A moment is the monotonic clock's, which all processes of a machine share."""
    with contextlib.suppress(BrokenPipeError):  # the other half is gone: its order to quit comes by the same way
        print(json.dumps(news | {"at": time.monotonic()}), flush=True)


def addresses(daemons: dict[str, Daemon]) -> dict[str, dict[str, str | int]]:
    """What the other half needs in order to reach each daemon."""
    found: dict[str, dict[str, str | int]] = {}
    for name, daemon in daemons.items():
        if isinstance(daemon, PrivateLibvirtd):
            found[name] = {"port": daemon.port, "socket": str(daemon.socket)}
        else:
            # a copy: the daemon writes its own anew at each start, and whoever reads it half-way knows no key
            found[name] = {
                "port": daemon.port,
                "user": daemon.user,
                "identity": str(daemon.client_key),
                "known_hosts": str(shutil.copy(daemon.known_hosts, daemon.directory / "known_hosts_kept")),
                "config_file": str(daemon.config_file),
            }
    return found


def commands_alive(daemons: dict[str, Daemon]) -> int:
    """Processes below the sshds that are no sshd themselves: commands that outlived whoever ran them."""
    pids = (pid for one in daemons.values() if isinstance(one, PrivateSshd) for pid in descendants(one.pid))
    return sum(not is_sshd(pid) for pid in pids)


def told(within: float) -> str | None:
    """A line from the other half, None if none came within so many seconds; "quit" where that half is gone."""
    if not select.select([sys.stdin], [], [], within)[0]:
        return None
    return sys.stdin.readline().strip() or "quit"


def main() -> None:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="atp-soak-")))
        daemons: dict[str, Daemon] = {}
        for number in range(2):
            daemons[f"libvirtd{number}"] = stack.enter_context(PrivateLibvirtd())
            daemons[f"sshd{number}"] = stack.enter_context(running_sshd(directory / f"sshd{number}"))
        say(daemons=addresses(daemons), pid=os.getpid())
        breaker = Breaker(daemons, random.Random(int(sys.argv[1])))
        order = told(60)  # "go", once the other half has warmed up
        while order not in ("heal", "quit"):
            breaker.step()
            order = told(STEP)
        breaker.heal_all()
        say(healed=True)
        while order != "quit":
            order = told(60)
            if order == "count":
                say(commands_alive=commands_alive(daemons))


if __name__ == "__main__":
    main()
