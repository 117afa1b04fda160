"""Simulated figures: the same for the same seed, counters that only grow, and sums that agree with each other."""

from __future__ import annotations

import pytest

from atp_tui.drivers.simulated.load import CYCLE_SECONDS, VARIANTS, Kind, load_curve
from atp_tui.drivers.simulated.node import SimulatedNode
from atp_tui.drivers.simulated.virt import SimulatedVirt, SimulatedVirtError
from atp_tui.model.libvirt import VIR_ERR_NO_DOMAIN, VIR_ERR_NO_SUPPORT, VirtConnect
from atp_tui.model.node import DomainState
from atp_tui.monitor.metadata_plan import Wanted
from atp_tui.monitor.metadata_reader import read_metadata
from atp_tui.monitor.readings import read_all, read_node

MOMENTS = [0.0, 0.5, 1.0, 3.0, 59.9, 60.0, 600.0, 1999.0, 2048.0, 2049.0, 4097.5, 9000.0, 86_400.0]


def test_the_same_seed_gives_the_same_numbers() -> None:
    def everything(name: str, seed: int) -> list[object]:
        return [read_all(SimulatedVirt(SimulatedNode(name, seed), moment)) for moment in MOMENTS]

    assert everything("kvm01", 7) == everything("kvm01", 7)
    assert everything("kvm01", 7) != everything("kvm01", 8)
    assert everything("kvm01", 7) != everything("kvm02", 7)


def test_the_twin_is_what_a_sample_needs() -> None:
    twin: VirtConnect = SimulatedVirt(SimulatedNode("kvm01", 1), 0.0)  # mypy holds it against the protocol
    node = read_node(twin)
    assert (node.hostname, node.hypervisor) == ("kvm01", "QEMU")


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("variant", range(VARIANTS))
def test_work_is_the_integral_of_the_load(kind: Kind, variant: int) -> None:
    curve = load_curve(kind, variant)
    step = 0.25
    moments = [moment * step for moment in range(int(CYCLE_SECONDS * 1.25 / step))]
    loads = [curve.at(moment) for moment in moments]
    assert all(0 <= load <= 1 for load in loads)
    total = 0.0
    for before, after, start in zip(loads, loads[1:], moments, strict=False):
        total += (before + after) / 2 * step
        assert curve.work(start + step) == pytest.approx(total, abs=1e-6)


def test_counters_never_run_backwards_but_at_a_new_start() -> None:
    for number in range(8):
        node = SimulatedNode(f"kvm{number:02}", 3)
        before: dict[str, tuple[int, int, int] | None] = {}
        busy, idle = 0, 0
        for moment in range(0, 5000, 11):
            reading, domains = read_all(SimulatedVirt(node, moment + 0.3))
            assert reading.cpu_busy is not None
            assert reading.cpu_idle is not None
            assert reading.cpu_busy > busy
            assert reading.cpu_idle > idle
            busy, idle = reading.cpu_busy, reading.cpu_idle
            for domain in domains:
                if domain.cpu_time is None or domain.rx_bytes is None or domain.tx_bytes is None:
                    assert domain.state is DomainState.SHUTOFF
                    before[domain.name] = None
                    continue
                now = (domain.cpu_time, domain.rx_bytes, domain.tx_bytes)
                earlier = before.get(domain.name)
                assert earlier is None or all(new >= old for new, old in zip(now, earlier, strict=True))
                before[domain.name] = now


def test_a_node_is_as_busy_as_its_domains_and_a_little_more() -> None:
    node = SimulatedNode("kvm01", 5, domains=12)

    def used(moment: float) -> tuple[int, int]:
        reading, _ = read_all(SimulatedVirt(node, moment))
        assert reading.cpu_busy is not None
        return reading.cpu_busy, int(sum(each.work for each in node.figures(moment)) * 1e9)

    (busy, domains), (busy_later, domains_later) = used(100), used(160)
    own = (busy_later - busy) - (domains_later - domains)
    assert 0 < own < 60 * node.cpus * 0.15 * 1e9
    assert busy > domains


def test_figures_move() -> None:
    node = SimulatedNode("kvm01", 5)
    shares = set()
    for moment in range(0, 600, 10):
        before, after = (read_node(SimulatedVirt(node, moment + later)) for later in (0, 1))
        assert before.cpu_busy is not None
        assert after.cpu_busy is not None
        shares.add(round((after.cpu_busy - before.cpu_busy) / 1e9 / node.cpus, 2))
    assert len(shares) > 5
    assert all(0 < share < 1 for share in shares)


def test_batch_domains_come_and_go_and_memory_with_them() -> None:
    nodes = [SimulatedNode(f"kvm{number:02}", 1) for number in range(10)]
    seen: dict[str, set[DomainState]] = {}
    for node in nodes:
        for moment in range(0, 2000, 20):
            reading, domains = read_all(SimulatedVirt(node, moment))
            running = sum(domain.memory_kib for domain in domains if domain.state is not DomainState.SHUTOFF)
            assert reading.memory_free_kib is not None
            assert 0 < reading.memory_free_kib <= reading.memory_kib - running
            for domain in domains:
                seen.setdefault(domain.uuid, set()).add(domain.state)
    assert {DomainState.RUNNING, DomainState.SHUTOFF} in seen.values()
    assert {DomainState.PAUSED} in seen.values()


@pytest.mark.parametrize("count", [0, 1, 20, 200])
def test_as_many_domains_as_asked_for_each_with_its_own_name(count: int) -> None:
    _, domains = read_all(SimulatedVirt(SimulatedNode("kvm01", 1, domains=count), 10))
    assert len(domains) == len({domain.name for domain in domains}) == len({domain.uuid for domain in domains}) == count


def test_the_twin_raises_as_libvirt_does() -> None:
    virt = SimulatedVirt(SimulatedNode("kvm01", 1), 0.0)
    some = virt.listAllDomains()[0]
    assert virt.lookupByName(some.name()).UUIDString() == some.UUIDString()
    assert virt.lookupByUUIDString(some.UUIDString().upper()).name() == some.name()
    with pytest.raises(SimulatedVirtError) as caught:
        virt.lookupByName("nobody")
    assert caught.value.get_error_code() == VIR_ERR_NO_DOMAIN
    for call in (virt.getCapabilities, some.destroy):
        with pytest.raises(SimulatedVirtError) as caught:
            call()
        assert caught.value.get_error_code() == VIR_ERR_NO_SUPPORT
    for one_only in (virt.getCPUStats, virt.getMemoryStats):
        with pytest.raises(SimulatedVirtError):
            one_only(3)
    with pytest.raises(AttributeError):
        _ = virt._private


def test_domains_say_what_they_are_as_a_real_host_would() -> None:
    virt = SimulatedVirt(SimulatedNode("kvm01", 1, domains=60), 10.0)
    wanted = [Wanted(each.UUIDString(), bool(each.isActive())) for each in virt.listAllDomains()]
    answer = read_metadata(virt, wanted, frozenset(), longest=60.0)
    found = [about for about in answer.found if about is not None]
    names = [each.name() for each in virt.listAllDomains()]
    said = dict(zip(names, found, strict=True))
    web = [about for name, about in said.items() if name.startswith("web") and about.title]
    assert web and {(about.title, about.os, about.tags[0]) for about in web} == {("Shop front", "debian12", "web")}
    assert any(not about.title for about in said.values()) and {"prod", "staging"} == {
        about.tags[-1] for about in said.values() if about.tags
    }
    has_address = {bool(about.address) for about, each in zip(found, wanted, strict=True) if not each.up}
    assert has_address == {False} and any(about.address.startswith("10.") for about in found)
