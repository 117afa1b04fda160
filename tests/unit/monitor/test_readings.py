"""What a sample makes of libvirt's answers: the test driver's real ones, and the shapes it cannot show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import libvirt
import pytest

from atp_tui.model import libvirt as numbers
from atp_tui.model.node import DomainState
from atp_tui.monitor import readings
from atp_tui.monitor.readings import read_all, read_domains, read_node

from ...daemons.libvirtd import PrivateLibvirtd

NODE_XML = """
<node>
  <domain type='test'><name>web1</name><uuid>11111111-2222-3333-4444-555555555555</uuid>
    <memory>2097152</memory><currentMemory>1048576</currentMemory><vcpu>2</vcpu><os><type>hvm</type></os></domain>
  <domain type='test'><name>db1</name><memory>524288</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>
</node>
"""


class VirError(Exception):
    """Like libvirtError: a number to ask for."""

    def __init__(self, code: int) -> None:
        super().__init__(f"error {code}")
        self.code = code

    def get_error_code(self) -> int:
        return self.code


class Domain:
    """A domain of one name and the info and state it answers with, or raises."""

    def __init__(
        self,
        name: str,
        info: Sequence[int] | VirError = (1, 2048, 1024, 2, 5),
        state: Sequence[int] | VirError = (1, 1),
    ) -> None:
        self._name = name
        self._info = info
        self._state = state

    def state(self, flags: int = 0) -> Sequence[int]:
        if isinstance(self._state, VirError):
            raise self._state
        return self._state

    def name(self) -> str:
        return self._name

    def UUIDString(self) -> str:
        return f"uuid-{self._name}"

    def info(self) -> Sequence[int]:
        if isinstance(self._info, VirError):
            raise self._info
        return self._info


class Connect:
    """A connection to a QEMU-like node whose single answers a test replaces; an exception as an answer is raised."""

    def __init__(self, **answers: object) -> None:
        self.answers: dict[str, object] = {
            "getLibVersion": 9000000,
            "getHostname": "kvm01",
            "getType": "QEMU",
            "getVersion": 7002000,
            "getInfo": ["x86_64", 64000, 16, 2400, 1, 1, 8, 2],
            "getCPUStats": {"user": 30, "kernel": 10, "idle": 100, "iowait": 7},
            "getMemoryStats": {"total": 65536000, "free": 1000, "buffers": 20, "cached": 300},
            "getFreeMemory": 4096 * 1024,
            "getAllDomainStats": [],
            "listAllDomains": [],
        } | answers
        self.asked: list[tuple[object, ...]] = []

    def _answer(self, name: str, *arguments: object) -> Any:
        self.asked.append((name, *arguments))
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def getLibVersion(self) -> int:
        return int(self._answer("getLibVersion"))

    def getHostname(self) -> str:
        return str(self._answer("getHostname"))

    def getType(self) -> str:
        return str(self._answer("getType"))

    def getVersion(self) -> int:
        return int(self._answer("getVersion"))

    def getInfo(self) -> Sequence[Any]:
        return list(self._answer("getInfo"))

    def getCPUStats(self, cpuNum: int, flags: int = 0) -> Mapping[str, int]:
        return dict(self._answer("getCPUStats", cpuNum))

    def getMemoryStats(self, cellNum: int, flags: int = 0) -> Mapping[str, int]:
        return dict(self._answer("getMemoryStats", cellNum))

    def getFreeMemory(self) -> int:
        return int(self._answer("getFreeMemory"))

    def getAllDomainStats(self, stats: int = 0, flags: int = 0) -> Sequence[tuple[Domain, Mapping[str, Any]]]:
        answer = self._answer("getAllDomainStats", stats, flags)
        return list(answer(flags) if callable(answer) else answer)

    def listAllDomains(self, flags: int = 0) -> Sequence[Domain]:
        return list(self._answer("listAllDomains"))


@pytest.fixture
def quiet() -> Iterator[None]:
    """libvirt prints each error on stderr unless somebody takes it."""
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    yield
    libvirt.registerErrorHandler(None, None)


def test_states_are_in_libvirt_s_order() -> None:
    order = [state.name for state in DomainState]
    assert [getattr(libvirt, f"VIR_DOMAIN_{name}") for name in order] == list(range(len(order)))


@pytest.mark.usefixtures("quiet")
def test_libvirt_s_test_driver_lacks_memory_figures_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "node.xml").write_text(NODE_XML)
    virt = libvirt.open(f"test://{tmp_path / 'node.xml'}")
    try:
        node, domains = read_all(virt)
        again = read_node(virt, known=node)
    finally:
        virt.close()
    assert node.hypervisor == "TEST"
    assert node.hostname
    assert node.cpus > 0
    assert node.libvirt_version == libvirt.getVersion()
    assert node.memory_free_kib is None
    assert node.cpu_busy is not None
    assert again == node
    by_name = {domain.name: domain for domain in domains}
    assert set(by_name) == {"web1", "db1"}
    web1 = by_name["web1"]
    assert web1.uuid == "11111111-2222-3333-4444-555555555555"
    assert (web1.vcpus, web1.memory_kib, web1.memory_max_kib) == (2, 1048576, 2097152)
    assert web1.state is DomainState.RUNNING
    assert (web1.rx_bytes, web1.tx_bytes) == (None, None)


@pytest.mark.usefixtures("quiet")
def test_a_domain_that_is_shut_off_is_still_listed(tmp_path: Path) -> None:
    (tmp_path / "node.xml").write_text(NODE_XML)
    virt = libvirt.open(f"test://{tmp_path / 'node.xml'}")
    try:
        virt.lookupByName("db1").destroy()
        states = {domain.name: domain.state for domain in read_domains(virt)}
    finally:
        virt.close()
    assert states == {"web1": DomainState.RUNNING, "db1": DomainState.SHUTOFF}


@pytest.mark.daemons
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("transport", ["tcp", "unix"])
def test_the_same_through_a_real_daemon(libvirtd: PrivateLibvirtd, transport: Literal["tcp", "unix"]) -> None:
    virt = libvirt.open(libvirtd.uri(transport))
    try:
        node, domains = read_all(virt)
        again, _ = read_all(virt, known=node)
    finally:
        virt.close()
    assert (node.hypervisor, node.memory_free_kib) == ("TEST", None)
    assert again == node
    assert node.cpu_busy
    assert [(domain.name, domain.state, domain.vcpus) for domain in domains] == [("test", DomainState.RUNNING, 2)]
    assert domains[0].memory_kib == 2097152
    assert domains[0].memory_max_kib == 8388608
    assert domains[0].cpu_time


def test_node_of_a_hypervisor_that_has_everything() -> None:
    node = read_node(Connect())
    assert (node.cpu_busy, node.cpu_idle) == (40, 107)
    assert (node.memory_kib, node.memory_free_kib) == (65536000, 1320)
    assert (node.cpus, node.hypervisor_version) == (16, 7002000)


def test_known_facts_are_not_asked_for_again() -> None:
    virt = Connect()
    known = read_node(virt)
    virt.asked.clear()
    assert read_node(virt, known) == known
    assert [name for name, *_ in virt.asked] == ["getCPUStats", "getMemoryStats"]
    virt.asked.clear()
    assert read_node(virt, known._replace(cpu_busy=None, cpu_idle=None, memory_free_kib=None)).cpu_busy is None
    assert virt.asked == []


@pytest.mark.parametrize(
    "code",
    [numbers.VIR_ERR_NO_SUPPORT, numbers.VIR_ERR_ARGUMENT_UNSUPPORTED, numbers.VIR_ERR_OPERATION_UNSUPPORTED],
)
def test_what_a_hypervisor_lacks_is_none(code: int) -> None:
    lacks = VirError(code)
    node = read_node(Connect(getCPUStats=lacks, getMemoryStats=lacks, getFreeMemory=lacks, getVersion=lacks))
    assert (node.cpu_busy, node.cpu_idle, node.memory_free_kib, node.hypervisor_version) == (None, None, None, None)
    assert node.memory_kib == 64000 * 1024


def test_free_memory_stands_in_where_there_are_no_memory_statistics() -> None:
    node = read_node(Connect(getMemoryStats=VirError(numbers.VIR_ERR_NO_SUPPORT), getType="Xen"))
    assert node.memory_free_kib == 4096


def test_a_host_without_an_emulator_where_libvirt_looks_has_no_version() -> None:
    node = read_node(Connect(getVersion=VirError(numbers.VIR_ERR_INTERNAL_ERROR)))
    assert node.hypervisor_version is None and node.cpus == 16


def test_other_errors_are_raised() -> None:
    with pytest.raises(VirError):
        read_node(Connect(getCPUStats=VirError(38)))
    with pytest.raises(VirError):
        read_domains(Connect(getAllDomainStats=VirError(38)))
    with pytest.raises(ZeroDivisionError):
        read_node(Connect(getMemoryStats=ZeroDivisionError()))


def test_bulk_statistics_need_a_round_trip_and_another_one_for_the_disks_of_those_that_run() -> None:
    stats = {
        "state.state": 3,
        "cpu.time": 77,
        "balloon.current": 1024,
        "balloon.maximum": 2048,
        "vcpu.current": 4,
        "net.count": 2,
        "net.0.rx.bytes": 5,
        "net.0.tx.bytes": 6,
        "net.1.rx.bytes": 50,
        "net.1.tx.bytes": 60,
        "block.count": 3,  # the second is an empty drive
        "block.0.rd.bytes": 7,
        "block.0.wr.bytes": 8,
        "block.1.name": "sda",
        "block.2.rd.bytes": 70,
        "block.2.wr.bytes": 80,
    }
    virt = Connect(getAllDomainStats=[(Domain("db1", VirError(1)), stats)])
    (reading,) = read_domains(virt)
    assert (reading.name, reading.uuid, reading.state) == ("db1", "uuid-db1", DomainState.PAUSED)
    assert (reading.cpu_time, reading.memory_kib, reading.memory_max_kib, reading.vcpus) == (77, 1024, 2048, 4)
    assert (reading.rx_bytes, reading.tx_bytes) == (55, 66)
    assert (reading.read_bytes, reading.written_bytes) == (77, 88)
    assert virt.asked == [
        ("getAllDomainStats", readings.SAMPLED_STATS, numbers.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT),
        (
            "getAllDomainStats",
            numbers.VIR_DOMAIN_STATS_BLOCK,
            numbers.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT | numbers.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE,
        ),
    ]


def test_the_disks_of_domains_that_are_off_are_never_asked_for() -> None:
    """QEMU's driver opens their images for that, which hangs where these lie on a storage that is gone."""
    off = {"state.state": 5, "vcpu.current": 1, "balloon.current": 1, "balloon.maximum": 2}
    virt = Connect(getAllDomainStats=[(Domain("old"), off)])
    assert [reading.read_bytes for reading in read_domains(virt)] == [None]
    assert len(virt.asked) == 1


def test_a_domain_whose_monitor_is_busy_has_no_figures_of_its_disks() -> None:
    """With NOWAIT QEMU names the disks of such a domain, and says no more of them."""
    stats = {
        "state.state": 3, "state.reason": 2, "cpu.time": 77, "balloon.current": 1024, "balloon.maximum": 2048,
        "vcpu.current": 4, "net.count": 1, "net.0.rx.bytes": 5, "net.0.tx.bytes": 6, "block.count": 1,
        "block.0.name": "vda",
    }  # fmt: skip
    (reading,) = read_domains(Connect(getAllDomainStats=[(Domain("db1", VirError(1)), stats)]))
    assert (reading.reason, reading.rx_bytes, reading.read_bytes, reading.written_bytes) == ("migration", 5, None, None)


def test_an_old_daemon_is_asked_without_nowait() -> None:
    def stats(flags: int) -> list[tuple[Domain, dict[str, int]]]:
        if flags:
            raise VirError(numbers.VIR_ERR_INVALID_ARG)
        return [(Domain("db1"), {"state.state": 1})]

    assert [domain.name for domain in read_domains(Connect(getAllDomainStats=stats))] == ["db1"]


def test_a_driver_without_bulk_statistics_is_asked_domain_by_domain() -> None:
    virt = Connect(
        getAllDomainStats=VirError(numbers.VIR_ERR_NO_SUPPORT),
        listAllDomains=[Domain("one"), Domain("gone", VirError(numbers.VIR_ERR_NO_DOMAIN)), Domain("odd", (99,) * 5)],
    )
    one, odd = read_domains(virt)
    assert (one.name, one.memory_max_kib, one.memory_kib, one.vcpus, one.cpu_time) == ("one", 2048, 1024, 2, 5)
    assert odd.state is DomainState.NOSTATE


def test_the_reason_of_a_state_comes_with_the_bulk_statistics_or_is_asked_for() -> None:
    bulk = {"state.state": 3, "state.reason": 5, "vcpu.current": 1, "balloon.current": 1, "balloon.maximum": 2}
    virt = Connect(getAllDomainStats=[(Domain("db1", VirError(1), VirError(1)), bulk)])
    assert [domain.reason for domain in read_domains(virt)] == ["I/O error"]
    paused = (3, 2048, 1024, 2, 5)
    virt = Connect(
        getAllDomainStats=VirError(numbers.VIR_ERR_NO_SUPPORT),
        listAllDomains=[
            Domain("running", state=VirError(1)),
            Domain("held", paused, (3, 1)),
            Domain("lacks", paused, VirError(numbers.VIR_ERR_NO_SUPPORT)),
            Domain("gone", paused, VirError(numbers.VIR_ERR_NO_DOMAIN)),
        ],
    )
    assert [domain.reason for domain in read_domains(virt)] == [None, "user", None, None]
    virt.answers["listAllDomains"] = [Domain("ill", paused, VirError(38))]
    with pytest.raises(VirError):
        read_domains(virt)


def test_an_error_about_one_domain_that_is_not_its_absence_is_raised() -> None:
    with pytest.raises(VirError):
        read_domains(Connect(getAllDomainStats=[(Domain("db1", VirError(38)), {})]))
