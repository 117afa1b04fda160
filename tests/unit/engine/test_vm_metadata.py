"""The metadata of a host's VMs, read for a verb: what cannot be read is told, and costs nothing else."""

from __future__ import annotations

import time
from typing import Any

import pytest

from atp_tui.config.fleet import FleetConfig
from atp_tui.drivers.simulated.virt import SimulatedVirtError
from atp_tui.drivers.sources import FileSource
from atp_tui.engine.engine import Engine
from atp_tui.engine.fleet import Answer, Settled, Wanted
from atp_tui.model import libvirt as numbers
from atp_tui.model.errors import CallFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import TransportConfig
from tests.fakes.loopback import LoopbackDriver
from tests.unit.cli.test_ask_hosts import Domain
from tests.unit.cli.test_ask_hosts import Virt as WellVirt
from tests.unit.cli.test_run import OneDriver

HOST = HostInfo("kvm01", "192.0.2.1", uri="test:///default")
NAMES = ("a", "b", "c")


class Guest(Domain):
    """Its title is its name; `fault` is raised in its place, or so many seconds are slept."""

    def __init__(self, name: str, fault: object = None) -> None:
        super().__init__(name)
        self._fault = fault

    def UUIDString(self) -> str:
        return self.name()

    def XMLDesc(self, flags: int = 0) -> Any:
        if isinstance(self._fault, Exception):
            raise self._fault
        if isinstance(self._fault, float):
            time.sleep(self._fault)
        return f"<domain><title>{self.name()}</title></domain>"


class Virt(WellVirt):
    def __init__(self, faults: dict[str, object]) -> None:
        super().__init__({})
        self._faults = faults

    def getAllDomainStats(self, stats: int = 0, flags: int = 0) -> list[tuple[Domain, dict[str, Any]]]:
        ((_, figures),) = super().getAllDomainStats(stats, flags)
        return [(Guest(name), figures) for name in NAMES]

    def lookupByUUIDString(self, uuidstr: str) -> Domain:
        return Guest(uuidstr, self._faults.get(uuidstr))


async def asked(faults: dict[str, object], expression: str) -> tuple[Answer, Settled]:
    source = FileSource(FleetConfig(hosts=(HOST,), transport=TransportConfig(connect_timeout=1.0)))
    source.drivers = OneDriver(LoopbackDriver(virt=lambda _: Virt(faults)))
    async with Engine(source).running(watch=False) as engine:
        (answer,) = await engine.fleet.ask(["kvm01"], Wanted.DOMAINS)
        return answer, await engine.fleet.settle([expression])


@pytest.mark.parametrize(
    ("faults", "titles", "said"),
    [
        ({}, "a b c", ""),
        ({"b": CallFailed("it is locked", code=55)}, "a - c", "of 1 of its VMs cannot be read: it is locked"),
        ({"a": SimulatedVirtError("denied", numbers.VIR_ERR_ACCESS_DENIED)}, "- b c", "the host does not let us"),
        ({"a": SimulatedVirtError("gone", numbers.VIR_ERR_NO_DOMAIN)}, "- b c", ""),
        ({"a": ValueError("a defect")}, "- - -", "see the log"),
    ],
)
async def test_each_vm_costs_itself_alone(faults: dict[str, object], titles: str, said: str) -> None:
    answer, settled = await asked(faults, "vm.title:c")
    assert [domain.reading.name for domain in answer.detail.host.domains] == list(NAMES)
    assert [domain.about.title or "-" for domain in answer.detail.host.domains] == titles.split()
    assert (answer.problem is None) == (not said) and (answer.problem is None or said in answer.problem.message)
    if "c" in titles:
        assert settled == Settled(("kvm01",)), "one VM that is known to fit is enough"
    else:
        ((host, why),) = settled.left_out
        assert host == "kvm01" and why is not None and said in why.message and not settled.ids


async def test_what_could_not_be_read_is_not_guessed() -> None:
    _, settled = await asked({"b": CallFailed("it is locked", code=55)}, "@all!vm.title:b")
    assert settled.ids == () and settled.problem is not None
    ((host, why),) = settled.left_out
    assert host == "kvm01" and why is not None and "it is locked" in why.message
    _, settled = await asked({}, "@all!vm.title:b,kvm01")
    assert settled == Settled(("kvm01",))
