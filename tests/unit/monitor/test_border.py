"""A hypervisor can answer anything: what is no figure is not taken for one, and ends nothing but its own reading."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.connection import ConnectionState, HostStatus, Standing
from atp_tui.model.errors import HostUnknown
from atp_tui.model.events import HostSampled
from atp_tui.model.host import HostInfo
from atp_tui.model.libvirt import VIR_ERR_NO_SUPPORT
from atp_tui.model.node import DomainState, Oddity
from atp_tui.monitor import readings
from atp_tui.monitor.border import LARGEST, LONGEST_NAME, Nonsense, Odd
from atp_tui.monitor.fleet import FleetView
from atp_tui.monitor.readings import read_all, read_domains, read_node

from .test_readings import Connect, Domain, VirError

HOSTILE = "\x1b]0;owned\x07"

anything: st.SearchStrategy[Any] = st.one_of(
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**64 - 1, -1, True, None, HOSTILE, math.nan, math.inf, b"x", [], {}]),
    st.floats(),
    st.text(),
)
NAMES = (
    "state.state",
    "cpu.time",
    "vcpu.current",
    "balloon.current",
    "balloon.maximum",
    "net.count",
    "net.0.rx.bytes",
    "net.0.tx.bytes",
    "net.1.rx.bytes",
)
stats = st.dictionaries(st.sampled_from(NAMES), anything)
infos = st.lists(anything, max_size=7)
tables = st.dictionaries(st.sampled_from(["user", "kernel", "idle", "iowait", "total", "free", "buffers"]), anything)


class Hosts:
    """One connected host."""

    def list_hosts(self) -> tuple[HostInfo, ...]:
        return (HostInfo("a", "192.0.2.1"),)

    def host_state(self, host_id: str) -> HostStatus:
        if host_id != "a":
            raise HostUnknown("there is one host", host=host_id)
        return HostStatus(Standing(ConnectionState.CONNECTED, None, 0.0, 0, None, True), "a")


class Raw(Connect):
    """As Connect, and hands every answer on as it is."""

    def getLibVersion(self) -> Any:
        return self._answer("getLibVersion")

    def getVersion(self) -> Any:
        return self._answer("getVersion")

    def getInfo(self) -> Any:
        return self._answer("getInfo")

    def getCPUStats(self, cpuNum: int, flags: int = 0) -> Any:
        return self._answer("getCPUStats", cpuNum)

    def getMemoryStats(self, cellNum: int, flags: int = 0) -> Any:
        return self._answer("getMemoryStats", cellNum)


@given(
    st.lists(st.tuples(stats, infos), max_size=3),
    infos,
    tables,
    tables,
    anything,
    anything,
)
def test_whatever_comes_is_a_reading_of_figures_or_nonsense(
    domains: list[tuple[dict[str, Any], list[Any]]],
    info: list[Any],
    cpu: dict[str, Any],
    memory: dict[str, Any],
    version: object,
    lib_version: object,
) -> None:
    virt = Raw(
        getInfo=["x86_64", *info],
        getCPUStats=cpu,
        getMemoryStats=memory,
        getVersion=version,
        getLibVersion=lib_version,
        getAllDomainStats=[(Domain(f"d{n}", answer), stats) for n, (stats, answer) in enumerate(domains)],
    )
    try:
        node, readings = read_all(virt)
    except Nonsense as error:
        assert error.message.isprintable()
        return
    figures = [
        node.hypervisor_version,
        node.libvirt_version,
        node.cpus,
        node.memory_kib,
        node.memory_free_kib,
        node.cpu_busy,
        node.cpu_idle,
        *(figure for reading in readings for figure in reading[3:]),
    ]
    assert all(figure is None or (type(figure) is int and 0 <= figure <= LARGEST) for figure in figures)
    view = FleetView(Hosts(), interval=1.0)
    for at in (1.0, 2.0):
        view.apply(HostSampled(at, "a", node, readings, 0.001, 1, 0))
    assert view.rows()[0].domains == len(readings)
    assert view.detail("a") is not None


USUAL = {
    "state.state": 1,
    "state.reason": 1,
    "vcpu.current": 2,
    "balloon.current": 1024,
    "balloon.maximum": 2048,
    "cpu.time": 5,
    "net.count": 1,
    "net.0.rx.bytes": 6,
    "net.0.tx.bytes": 7,
    "block.count": 1,
    "block.0.rd.bytes": 8,
    "block.0.wr.bytes": 9,
}
ODD: tuple[Any, ...] = (
    *(0, 2, 7, 8, 2**31, LARGEST, LARGEST + 1, 2**64, -1, -(2**63), 1.0, math.nan),
    *(True, False, None, HOSTILE, b"x", [], {}),
)


def outcome(read: Callable[[Odd], object]) -> tuple[object, Oddity | None]:
    """What is read, with the classes of its figures, or the class and the words of the error; and what was noted."""
    odd = Odd()
    answer: object
    try:
        reading = read(odd)
        answer = reading, [type(figure) for figure in reading] if isinstance(reading, tuple) else []
    except Exception as error:  # noqa: BLE001 - both ways must fail alike
        answer = type(error), str(error)
    return answer, odd.told()


def assert_both_ways_agree(stats: dict[str, Any], name: str = "d") -> None:
    domain = Domain(name, (1, 2048, 1024, 2, 5))

    def short_way(odd: Odd) -> object:
        found = read_domains(Connect(getAllDomainStats=[(domain, stats)]), odd)
        return found[0] if found else None

    disks = {domain.UUIDString(): stats} if "cpu.time" in stats else {}
    assert outcome(short_way) == outcome(lambda odd: readings._domain(domain, stats, odd, disks))


@pytest.mark.parametrize("name", USUAL)
def test_the_short_way_of_a_usual_domain_gives_what_the_long_way_gives(name: str) -> None:
    assert_both_ways_agree({key: value for key, value in USUAL.items() if key != name})
    for value in ODD:
        assert_both_ways_agree(USUAL | {name: value})
        assert_both_ways_agree(USUAL | {name: value, "net.1.rx.bytes": 3})
        assert_both_ways_agree(USUAL | {name: value, "block.1.rd.bytes": 3})


@given(st.dictionaries(st.sampled_from(["net.1.rx.bytes", *USUAL]), anything), st.sets(st.sampled_from(list(USUAL))))
def test_both_ways_agree_whatever_comes(other: dict[str, Any], missing: set[str]) -> None:
    assert_both_ways_agree({key: value for key, value in (USUAL | other).items() if key not in missing})


TABLES = {
    "getCPUStats": {"user": 1, "kernel": 2, "idle": 3, "iowait": 4},
    "getMemoryStats": {"total": 1, "free": 2, "buffers": 3, "cached": 4},
}


@pytest.mark.parametrize(("call", "name"), [(call, name) for call, table in TABLES.items() for name in table])
def test_figures_of_a_node_are_the_same_by_the_short_way(call: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table = TABLES[call]
    tables = [table | {name: value} for value in (*ODD, 2**61 - 1, 2**61, 2**62)]
    tables += [dict.fromkeys(table, 2**61 - 1), dict.fromkeys(table, 2**62)]
    tables.append({key: value for key, value in table.items() if key != name})
    ways = [partial(read_node, Connect(**{call: each}), None) for each in tables]
    short = list(map(outcome, ways))
    monkeypatch.setattr(readings, "_are_small", lambda _: False)
    assert short == list(map(outcome, ways))


def test_most_nodes_take_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(readings, "_sum")
    node = read_node(Connect())
    assert (node.cpu_busy, node.cpu_idle, node.memory_kib, node.memory_free_kib) == (40, 107, 65536000, 1320)


@pytest.mark.parametrize("length", [0, LONGEST_NAME, LONGEST_NAME + 1])
def test_both_ways_cut_the_same_names(length: int) -> None:
    assert_both_ways_agree(USUAL, "n" * length)


def test_most_domains_take_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "_domain", lambda *_: None)
    (reading,) = read_domains(Connect(getAllDomainStats=[(Domain("d"), USUAL)]))
    assert reading == ("d", "uuid-d", DomainState.RUNNING, 2, 1024, 2048, 5, 6, 7, "booted", 8, 9)


def test_an_answer_that_cannot_be_is_named() -> None:
    readings = [{"vcpu.current": HOSTILE, "cpu.time": 2**64 - 1, "net.count": 2**63}]
    virt = Connect(getAllDomainStats=[(Domain("d", (1, 2048, 1024, 2, 5)), each) for each in readings])
    (reading,) = read_all(virt)[1]
    assert (reading.vcpus, reading.cpu_time, reading.rx_bytes) == (2, 5, None)
    virt = Connect(getAllDomainStats=[(Domain("d", (1, 2048, 1024, HOSTILE, 5)), {})])  # type: ignore[arg-type]
    try:
        read_all(virt)
    except Nonsense as error:
        assert error.message == "answers nonsense: a domain's number of CPUs is a text"
    else:
        raise AssertionError("a text was taken for a number of CPUs")


@given(st.dictionaries(st.sampled_from(["cpu.time", "net.0.rx.bytes", "net.0.tx.bytes", "state.reason"]), anything))
def test_each_value_that_is_no_figure_is_counted(wrong: dict[str, Any]) -> None:
    well = {"state.state": 1, "vcpu.current": 1, "balloon.current": 1, "balloon.maximum": 1, "net.count": 1}
    odd = Odd()
    read_all(Connect(getAllDomainStats=[(Domain("d"), well | wrong)]), None, odd)
    none = [
        name
        for name, value in wrong.items()
        if value is not None and (type(value) is not int or (name != "state.reason" and not 0 <= value <= LARGEST))
    ]
    told = odd.told()
    assert (0 if told is None else told.times) == len(none)
    assert told is None or (told.what.isprintable() and told.what.startswith(tuple(f"{name} is " for name in none)))


def test_a_figure_that_is_none_and_cannot_be_asked_for_otherwise_is_named() -> None:
    refuses = Domain("d", VirError(VIR_ERR_NO_SUPPORT))
    odd = Odd()
    try:
        read_all(Connect(getAllDomainStats=[(refuses, {"vcpu.current": HOSTILE, "cpu.time": -1})]), None, odd)
    except Nonsense as error:
        assert error.message == "answers nonsense: vcpu.current is a text"
        assert copy.copy(error).what == error.what
    else:
        raise AssertionError("there was no other figure")
    assert odd.told() == Oddity(2, "vcpu.current is a text")
    try:
        read_all(Connect(getAllDomainStats=[(refuses, {})]), None, odd)
    except VirError:
        pass
    else:
        raise AssertionError("nothing was nonsense")


def test_a_driver_that_tells_only_its_utilisation_has_no_cpu_figure() -> None:
    node, _ = read_all(Connect(getCPUStats={"utilization": 12}, getMemoryStats={"free": 3}))
    assert (node.cpu_busy, node.cpu_idle, node.memory_free_kib) == (None, None, None)


def test_figures_whose_sum_has_more_than_64_bits_are_none() -> None:
    cpu = {"user": LARGEST, "kernel": 1, "idle": 5}
    node, _ = read_all(Connect(getCPUStats=cpu, getMemoryStats={"total": 9, "free": LARGEST, "cached": 1}))
    assert (node.cpu_busy, node.cpu_idle, node.memory_free_kib) == (None, None, None)
    domain = Domain("d", (1, 2048, 1024, 2, 5))
    stats = {"net.count": 2, "net.0.rx.bytes": LARGEST, "net.1.rx.bytes": 1, "net.0.tx.bytes": LARGEST}
    _, (reading,) = read_all(Connect(getAllDomainStats=[(domain, stats)]))
    assert (reading.rx_bytes, reading.tx_bytes) == (None, LARGEST)


def test_a_name_of_megabytes_is_kept_by_its_beginning() -> None:
    domain = Domain("n" * 4_000_000, (1, 2048, 1024, 2, 5))
    node, readings = read_all(Connect(getHostname="h" * 4_000_000, getAllDomainStats=[(domain, {})]))
    assert len(node.hostname) == len(readings[0].name) == LONGEST_NAME + 1
    assert readings[0].name.endswith("n…")
