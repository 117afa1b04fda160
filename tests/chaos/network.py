"""A network of a test's own, in which packets can vanish.

Two network namespaces and a cable between them (veth): in one runs the test, in the other are the daemons. To make
packets vanish each side is told a hardware address for the other that nobody has. They leave, they cross the cable, and
the kernel at its end drops them as not its own, in both directions: no error, no RST, no ICMP, no loss of carrier, as
with a host behind a router that has lost its power. It needs no firewall, only iproute2 and util-linux.

Namespaces and cable are bound to processes, which end with the suite, killed or not. An ordinary user gets them in a
user namespace, where he stays who he is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from atp_tui.api import HostInfo, TransportConfig

from ..daemons.libvirtd import NO_DAEMONS, PrivateLibvirtd, find_libvirtd
from ..daemons.sshd import PrivateSshd, require_sshd
from .stage import HANG, Route, reached, warmed_up
from .wire import send_whole_packets

INSIDE = "ATP_TEST_INSIDE_NETWORK"
"""Set where a test runs in a network of its own."""

_AS_USER = () if os.geteuid() == 0 else ("--user", "--map-current-user", "--keep-caps")
_OWN_NETWORK = ("unshare", *_AS_USER, "--net")

NEAR, FAR = "192.0.2.1", "192.0.2.2"
"""Addresses that exist nowhere else (RFC 5737)."""
_NEAR_CARD, _FAR_CARD, _NOBODYS_CARD = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:ff"
_SSH_PORT = 22022


def _do(*command: str) -> None:
    subprocess.run(command, check=True, timeout=HANG)


class Cable:
    """A second namespace and the cable to it. `there` leads a command to that end."""

    def __init__(self, holder: int) -> None:
        """The namespace is that of the process `holder`."""
        self.there = ("nsenter", f"--net=/proc/{holder}/ns/net")
        self._lay(holder)
        for where, device, address in (((), "near", NEAR), (self.there, "far", FAR)):
            _do(*where, "ip", "address", "add", f"{address}/24", "dev", device)
            for each in ("lo", device):
                _do(*where, "ip", "link", "set", each, "up")
        self.flow()

    def _lay(self, holder: int) -> None:
        """Have a device `near` here, and `far` there."""
        peer = ("peer", "name", "far", "address", _FAR_CARD, "netns", str(holder))
        _do("ip", "link", "add", "name", "near", "address", _NEAR_CARD, "type", "veth", *peer)

    def close(self) -> None:
        """Nothing of it outlives the namespaces."""

    def vanish(self) -> None:
        """From now on no packet arrives, neither here nor there."""
        self._tell(_NOBODYS_CARD, _NOBODYS_CARD)

    def flow(self) -> None:
        """Packets arrive again."""
        self._tell(_FAR_CARD, _NEAR_CARD)

    def _tell(self, far_card: str, near_card: str) -> None:
        for where, device, address, card in (((), "near", FAR, far_card), (self.there, "far", NEAR, near_card)):
            _do(*where, "ip", "neighbour", "replace", address, "lladdr", card, "dev", device, "nud", "permanent")


class LossyCable(Cable):
    """A cable that can be told to lose packets at random: two of them, and a process between them that passes frames on
    (wire.py)."""

    def _lay(self, holder: int) -> None:
        for device, card in (("near", _NEAR_CARD), ("far", _FAR_CARD)):
            end = f"{device}-end"
            _do("ip", "link", "add", "name", device, "address", card, "type", "veth", "peer", "name", end)
            _do("ip", "link", "set", end, "up")
            send_whole_packets(device)
        _do("ip", "link", "set", "far", "netns", str(holder))
        self._wire = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.wire", "near-end", "far-end", "11"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"

    def lose(self, percent: float) -> tuple[int, int]:
        """So many of the packets are lost from now on, each way; how many have passed until now, and how many were
        lost."""
        assert self._wire.stdin is not None
        self._wire.stdin.write(f"{percent}\n")
        self._wire.stdin.flush()
        passed, lost = map(int, self._line().split())
        return passed, lost

    def close(self) -> None:
        self._wire.communicate()
        assert self._wire.returncode == 0, "the wire has failed"

    def _line(self) -> str:
        assert self._wire.stdout is not None
        return self._wire.stdout.readline().strip()


@dataclass
class FarHost:
    """The daemons at the other end of the cable."""

    cable: Cable
    libvirtd: PrivateLibvirtd
    sshd: PrivateSshd

    def host(self, route: Route, config: TransportConfig) -> HostInfo:
        ssh = self.sshd.ssh_settings()
        return reached(route, config, FAR, self.libvirtd.port, self.libvirtd.socket, ssh)


@contextmanager
def _cable(kind: type[Cable]) -> Iterator[Cable]:
    # cat answers once the namespace is there, and ends with this process, whose end of the pipe then closes
    with subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(b"\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == b"\n"
        with closing(kind(holder.pid)) as cable:
            yield cable


@contextmanager
def _far_host(directory: Path, kind: type[Cable]) -> Iterator[FarHost]:
    with _cable(kind) as cable:
        # the daemons are to run as they always do: without what an ordinary user may in his own namespace
        within = (*cable.there, "setpriv", "--inh-caps=-all", "--ambient-caps=-all")
        with (
            PrivateLibvirtd(address=FAR, within=within) as libvirtd,
            closing(PrivateSshd(directory / "sshd", addresses=[FAR], within=within)) as sshd,
        ):
            sshd.port = _SSH_PORT
            sshd.start()
            yield FarHost(cable, libvirtd, sshd)


Test = Callable[[FarHost], Awaitable[None]]


def in_lossy_network(test: Test) -> Callable[..., object]:
    """As in_own_network, with a LossyCable."""
    return in_own_network(test, LossyCable)


def in_own_network(test: Test, kind: type[Cable] = Cable) -> Callable[..., object]:
    """The test is run by a pytest of its own, in a network of its own that has been used once."""

    async def inside(tmp_path: Path) -> None:
        with _far_host(tmp_path, kind) as far:
            await warmed_up(far)
            await test(far)

    def outside(request: pytest.FixtureRequest, tmp_path: Path) -> None:
        _require_network()
        pytest_here = [
            sys.executable,
            "-m",
            "pytest",
            "-qs",
            "-p",
            "no:cacheprovider",
            f"--basetemp={tmp_path / 'inside'}",
        ]
        run = subprocess.run(
            # the kernel ends it with this process, and with it ends all that it started
            [*_OWN_NETWORK, "setpriv", "--pdeathsig", "KILL", *pytest_here, request.node.nodeid],
            cwd=request.config.rootpath,
            env=os.environ | {INSIDE: "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if run.returncode or not re.search(r"^1 passed", run.stdout, re.MULTILINE):
            pytest.fail(f"in a network of its own:\n{run.stdout}", pytrace=False)
        print(run.stdout)

    chosen: Callable[..., object] = inside if INSIDE in os.environ else outside
    chosen.__name__, chosen.__doc__ = test.__name__, test.__doc__  # not functools.wraps: pytest would ask for `far`
    return chosen


def _require_network() -> None:
    """Fail where a network namespace cannot be had; skip, loudly, only where NO_DAEMONS is set."""
    find_libvirtd()
    require_sshd()
    trial = [*_OWN_NETWORK, "ip", "link", "add", "name", "near", "type", "veth", "peer", "name", "far"]
    tried = subprocess.run(trial, capture_output=True, text=True, check=False, timeout=HANG)
    if tried.returncode:
        reason = f"no network of its own can be made here, so no packet can vanish: {tried.stderr.strip()}"
        if os.environ.get(NO_DAEMONS):
            pytest.skip(f"LEFT OUT: {reason}")
        pytest.fail(f"{reason} (to be tried by hand: {' '.join(trial)}; {NO_DAEMONS}=1 leaves it out)", pytrace=False)
