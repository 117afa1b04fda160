"""The demo's hosts: a fleet that anyone can start anywhere, with one real libvirt node where the binding is there."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec

from ...model.host import SIMULATED, HostInfo
from ...model.settings import PoolConfig, ReconnectConfig, SshSettings, TransportConfig
from .faults import FaultScript

LIBVIRT_TEST = "libvirt-test"
"""The id of the one real libvirt node: libvirt's own test driver, inside the program."""

HOSTS_PER_RACK = 6
FAULT_PERIOD = 90.0
"""Seconds after which the faults of a host begin anew."""

_SCRIPTS = (
    "silent@6:14,silent@55:12",
    "refuse@0:25",
    "flap@8:16*4,slow@40:20*60",
    "silent@0:9,lost@30:1",
    "slow@3:40*60,lost@60:1",
    "auth@12:20",
)
"""What may go wrong, one line a host. Together, and within a minute: hosts that are silent from the start or fall
silent, refuse long enough to be given up, flap, answer late, and one that a person must bring back.
"""


def demo_transport() -> TransportConfig:
    """The demo's settings: everything happens while a person watches, where the defaults take their time."""
    return TransportConfig(
        connect_timeout=3.0,
        heartbeat_interval=2.0,
        heartbeat_timeout=2.0,
        call_timeout=5.0,
        pool=PoolConfig(max_connections_per_host=3, management_interval=5.0, idle_timeout=20.0, checkout_timeout=5.0),
        reconnect=ReconnectConfig(max_attempts=4, initial_delay=1.0, max_delay=15.0, slow_lane=20.0),
    )


def demo_fleet(hosts: int, faults: bool, seed: int, ssh: Callable[[str], SshSettings] | None) -> tuple[HostInfo, ...]:
    """`hosts` simulated hosts, and "libvirt-test" where libvirt's binding is installed.

    The same arguments give the same fleet. `ssh` gives the SSH settings for a host id (ShellAccess.settings); None:
    the hosts take no commands. With `faults` every connection state is seen over the fleet within a minute.
    """
    return tuple(demo_hosts(hosts, faults, seed, ssh))


def demo_hosts(hosts: int, faults: bool, seed: int, ssh: Callable[[str], SshSettings] | None) -> Iterator[HostInfo]:
    """The hosts of `demo_fleet`, made while they are asked for."""
    ids = _ids(hosts)
    scripts = _faults(ids, seed) if faults else {}
    for number, name in enumerate(ids):
        yield _host(number, name, seed, scripts.get(name, ""), ssh)
    if find_spec("libvirt") is not None:
        yield HostInfo(
            LIBVIRT_TEST,
            "127.0.0.1",
            "test:///default",
            tags=("rack1", "libvirt"),
            metadata={"what": "libvirt's own test driver"},
            ssh=ssh(LIBVIRT_TEST) if ssh else None,
        )


def _ids(hosts: int) -> list[str]:
    """kvm01, kvm02, … with as many digits as the last one needs."""
    digits = max(2, len(str(hosts)))
    return [f"kvm{number:0{digits}}" for number in range(1, hosts + 1)]


def _faults(ids: list[str], seed: int) -> dict[str, str]:
    """The scripts of the hosts that have one: each kind once, then one host in ten."""
    rng = random.Random(f"faults/{seed}")
    count = min(len(ids), max(len(_SCRIPTS), len(ids) // 10))
    return {host: _SCRIPTS[number % len(_SCRIPTS)] for number, host in enumerate(rng.sample(ids, count))}


def _host(number: int, name: str, seed: int, faults: str, ssh: Callable[[str], SshSettings] | None) -> HostInfo:
    transport = demo_transport()
    rng = random.Random(f"fleet/{seed}/{name}")
    script = FaultScript.parse(faults, f"{FAULT_PERIOD:g}")
    fault = f"&fault={script}&repeat={FAULT_PERIOD:g}" if script.faults else ""
    # a host that has a slow time is slow enough then to be seen saying goodbye
    latency = 0.006 if "slow" in faults else round(rng.uniform(0.0005, 0.005), 4)
    return HostInfo(
        name,
        "127.0.0.1",
        f"{SIMULATED}://{name}/?seed={seed}&latency={latency}{fault}",
        tags=(f"rack{number // HOSTS_PER_RACK + 1}", "stage" if rng.random() < 0.25 else "prod"),
        metadata={"site": "demo"},
        ssh=ssh(name) if ssh else None,
        # short lives, so that draining is seen too
        transport=replace(transport, pool=replace(transport.pool, max_lifetime=20.0)) if faults else None,
    )
