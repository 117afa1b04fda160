"""`stats` and `domains` over the real engine: what one host makes go wrong is that host's error."""

from __future__ import annotations

import asyncio
import json
import math
import time
from typing import Any

import pytest

from atp_tui.cli.arguments import Arguments
from atp_tui.cli.ask_hosts import domains, stats
from atp_tui.config.fleet import FleetConfig
from atp_tui.drivers.sources import FileSource
from atp_tui.model.host import HostInfo
from tests.fakes.loopback import LoopbackDriver
from tests.unit.cli.test_run import OneDriver

HOSTS = tuple(HostInfo(name, "192.0.2.1", uri="test:///default") for name in ("good", "odd"))


class Domain:
    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:
        if self._name == "bytes":
            return b"\xff".decode()
        return self._name

    def UUIDString(self) -> str:
        return "0"

    def XMLDesc(self, flags: int = 0) -> Any:
        return "<domain/>"

    def interfaceAddresses(self, source: int, flags: int = 0) -> dict[str, Any]:
        return {}


class Virt:
    """A virConnect that answers well, but for what `odd` replaces."""

    def __init__(self, odd: dict[str, Any]) -> None:
        self._odd = odd

    def getLibVersion(self) -> int:
        return 11_000_000

    def getVersion(self) -> int:
        return 1

    def getHostname(self) -> str:
        return "node"

    def getType(self) -> str:
        return "QEMU"

    def getInfo(self) -> list[Any]:
        return ["x", 4, 2, 0, 1, 1, 1, 1]

    def getCPUStats(self, number: int, flags: int = 0) -> dict[str, Any]:
        return self._odd.get("cpu", {"user": 1, "kernel": 1, "idle": 1})  # type: ignore[no-any-return]

    def getMemoryStats(self, cell: int, flags: int = 0) -> dict[str, Any]:
        return self._odd.get("memory", {"total": 4, "free": 1})  # type: ignore[no-any-return]

    def getAllDomainStats(self, stats: int = 0, flags: int = 0) -> list[tuple[Domain, dict[str, Any]]]:
        figures = {"state.state": 1, "cpu.time": 5, "vcpu.current": 1, "balloon.current": 1, "balloon.maximum": 1}
        return [(Domain(self._odd.get("name", "vm")), {**figures, **self._odd.get("stats", {})})]

    def lookupByUUIDString(self, uuidstr: str) -> Domain:
        return Domain("vm")


ODD: list[dict[str, Any]] = [
    {"name": "bytes"},
    {"cpu": {"utilization": 3}},
    {"memory": {"free": 1}},
    {"cpu": {"user": math.nan, "kernel": 0, "idle": math.inf}},
    {"stats": {"vcpu.current": "\x1b]0;owned\x07"}},
    {"stats": {"cpu.time": math.nan, "balloon.current": "1"}},
    {"stats": {"cpu.time": (1 << 64) - 1}},
    {"stats": {"state.state": "running"}},
    {"stats": {"state.state": -1, "balloon.current": None}},
]


def no_constant(text: str) -> None:
    raise AssertionError(f"{text} is no JSON")


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("verb", [stats, domains])
async def test_one_host_never_takes_the_answers_of_all(
    odd: dict[str, Any], as_json: bool, verb: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    driver = LoopbackDriver(virt=lambda host: Virt(odd if host == "odd" else {}))
    source = FileSource(FleetConfig(hosts=HOSTS))
    source.drivers = OneDriver(driver)
    name = "stats" if verb is stats else "domains"
    async with asyncio.timeout(30):
        status = await verb(Arguments(name, json=as_json), source)
    out, err = capsys.readouterr()
    assert "good" in out
    assert "\x1b" not in out + err
    if as_json:
        printed = json.loads(out, parse_constant=no_constant)
        if verb is domains and status == 0:
            good, other = printed["domains"]
            assert good["vcpus"] == 1
            assert all(value is None or type(value) in (int, str) for value in other.values())
            assert good["title"] is good["addresses"] is good["tags"] is None
        if verb is stats:
            good, other = printed["hosts"]
            assert good["error"] is None and good["node"]["cpus"] == 2
            assert (other["error"] is None) == (status == 0)
    elif status:
        told = (out + err).partition("odd")[2]
        foreseen = "answers nonsense: " in told
        assert foreseen or ", see the log)" in told
        assert [(each.getMessage(), each.exc_info is not None) for each in caplog.records] == (
            [] if foreseen else [("the answer of odd cannot be read", True)]
        )
    assert status in (0, 3)


async def test_figures_that_are_none_are_null(capsys: pytest.CaptureFixture[str]) -> None:
    odd = {"stats": {"cpu.time": math.nan, "net.count": 1, "net.0.rx.bytes": "2", "net.0.tx.bytes": 1 << 63}}
    source = FileSource(FleetConfig(hosts=HOSTS[1:]))
    source.drivers = OneDriver(LoopbackDriver(virt=lambda _: Virt(odd)))
    assert await domains(Arguments("domains", json=True), source) == 0
    (entry,) = json.loads(capsys.readouterr().out)["domains"]
    assert (entry["cpu_time"], entry["rx_bytes"], entry["tx_bytes"], entry["vcpus"]) == (None, None, None, 1)


async def test_moments_are_the_wall_clocks(capsys: pytest.CaptureFixture[str]) -> None:
    source = FileSource(FleetConfig(hosts=HOSTS[:1]))
    source.drivers = OneDriver(LoopbackDriver(virt=lambda _: Virt({})))
    before = time.time()
    assert await stats(Arguments("stats", json=True), source) == 0
    (host,) = json.loads(capsys.readouterr().out)["hosts"]
    (connection,) = host["connections"]
    for moment in (host["since"], connection["since"], connection["created_at"], connection["last_active"]):
        assert before - 1 <= moment <= time.time() + 1
    assert connection["last_error_at"] is None and connection["next_attempt_at"] is None


async def test_the_round_trip_is_not_the_first_request_of_a_crowd(capsys: pytest.CaptureFixture[str]) -> None:
    """While all open, each answer takes long; when they have opened, none does."""
    hosts = tuple(HostInfo(f"h{n}", "192.0.2.1", uri="test:///default") for n in range(5))
    asked: list[str] = []

    class Crowded(Virt):
        def getLibVersion(self) -> int:
            asked.append("version")
            if len(asked) <= len(hosts):
                time.sleep(0.3)
            return 1

    source = FileSource(FleetConfig(hosts=hosts))
    source.drivers = OneDriver(LoopbackDriver(virt=lambda _: Crowded({})))
    assert await stats(Arguments("stats", json=True), source) == 0
    printed = json.loads(capsys.readouterr().out)["hosts"]
    assert len(asked) > 2 * len(hosts), "asked again, after the crowd"
    assert all(host["rtt"] < 0.3 for host in printed)
