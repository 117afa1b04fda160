"""Daemons whose answers are no answers: each costs its own host alone, and JSON stays JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import struct
from collections.abc import Callable

import pytest

from atp_tui.cli.arguments import Arguments
from atp_tui.cli.ask_hosts import domains, stats
from atp_tui.config.fleet import FleetConfig
from atp_tui.drivers.sources import FileSource
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import TransportConfig

from ..daemons.hostile_libvirtd import ALL_STATS, HOSTNAME, TYPE, HostileLibvirtd, text
from ..daemons.hostile_libvirtd import stats as statistics

pytestmark = pytest.mark.daemons

RUNNING = {"state.state": 1, "vcpu.current": 2, "balloon.current": 1024, "balloon.maximum": 2048, "cpu.time": 5}
ANSWER = {ALL_STATS: statistics((b"quiet", RUNNING))}
HEAD = 28
"""Bytes of a message before its payload: the length, then six words (program to status)."""


def word(number: int, value: int) -> Callable[[bytes], bytes]:
    """An answer with another word in its place: 0 is the length."""
    return lambda frame: frame[: 4 * number] + struct.pack(">I", value) + frame[4 * number + 4 :]


def payload(data: bytes) -> Callable[[bytes], bytes]:
    """An answer of the right length with this for what it says."""
    return lambda frame: struct.pack(">I", HEAD + len(data)) + frame[4:HEAD] + data


RANDOM = random.Random(11)
SPOILT: dict[str, tuple[Callable[[bytes], bytes], bool]] = {
    "cut in its middle": (lambda frame: frame[: len(frame) // 2], True),
    "nothing, and the end": (lambda frame: b"", True),
    "length too large": (word(0, 2**32 - 1), True),
    "length too small": (word(0, 3), True),
    "length of nothing": (word(0, 0), True),
    "program": (word(1, 7), False),
    "version": (word(2, 2**32 - 1), False),
    "procedure": (word(3, 9999), False),
    "type": (word(4, 77), False),
    "serial": (word(5, 4711), False),
    "status": (word(6, 99), False),
    "error that is none": (word(6, 1), False),
    "payload left out": (payload(b""), False),
    "zeros": (payload(bytes(4096)), False),
    "count of 2^32": (payload(b"\xff" * 64), False),
    **{f"random {n}": (payload(RANDOM.randbytes(RANDOM.randrange(4, 400))), False) for n in range(6)},
}
ODD = {
    "names": {ALL_STATS: statistics((b"\x1b]0;owned\x07\xff\xfe", RUNNING))},
    "a name of 4 MiB": {ALL_STATS: statistics((b"n" * 4_000_000, RUNNING))},
    "4,096 domains": {ALL_STATS: statistics(*[(b"vm%d" % n, RUNNING) for n in range(4096)])},
    "hostname": {HOSTNAME: text(b"\x9b2J\n\xe2\x80\xae")},
    "hypervisor": {TYPE: text(b"\xc3(")},
}


@pytest.mark.parametrize("verb", [stats, domains])
async def test_no_answer_of_one_daemon_takes_those_of_the_others(
    verb: Callable[[Arguments, FileSource], object], capfd: pytest.CaptureFixture[str]
) -> None:
    with contextlib.ExitStack() as stack:
        daemons = {
            "good": HostileLibvirtd(ANSWER),
            **{name: HostileLibvirtd(ANSWER, spoil, hangs_up=ends) for name, (spoil, ends) in SPOILT.items()},
            **{name: HostileLibvirtd(ANSWER | answers) for name, answers in ODD.items()},
        }
        hosts = tuple(
            HostInfo(f"h{n}", "127.0.0.1", uri=stack.enter_context(daemon).uri)
            for n, daemon in enumerate(daemons.values())
        )
        limits = TransportConfig(connect_timeout=2.0, call_timeout=1.0)
        source = FileSource(FleetConfig(transport=limits, hosts=hosts))
        async with asyncio.timeout(60):
            status = await verb(Arguments("stats" if verb is stats else "domains", json=True), source)  # type: ignore[misc]
    assert status == 3
    out, err = capfd.readouterr()
    told = json.loads(out, parse_constant=lambda text: pytest.fail(f"{text} is no JSON"))
    assert "Traceback" not in err and not any(ord(sign) < 32 for sign in (out + err).replace("\n", ""))
    if verb is domains:
        named = {entry["name"] for entry in told["domains"] if entry["host"] == "h0"}
        wrong = {entry["host"] for entry in told["errors"]}
    else:
        entries = {entry["host"]: entry for entry in told["hosts"]}
        assert entries.keys() == {host.id for host in hosts}
        named = {"quiet"} if entries["h0"]["error"] is None and entries["h0"]["node"]["cpus"] == 4 else set()
        wrong = {name for name, entry in entries.items() if entry["error"] or entry["cause"]}
    assert named == {"quiet"}
    assert "h0" not in wrong and len(wrong) >= 15
