"""Guests that are asked: one at a time on a host, for so long, and what each error of libvirt means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from atp_tui.config.fleet import FleetConfig
from atp_tui.drivers.sources import FileSource
from atp_tui.engine import guests
from atp_tui.engine.engine import Engine
from atp_tui.engine.fleet import Fleet
from atp_tui.model import libvirt as numbers
from atp_tui.model.errors import CallFailed
from atp_tui.model.host import HostInfo
from tests.fakes.loopback import LoopbackDriver, LoopbackVirt
from tests.unit.cli.test_run import OneDriver

HOSTS = tuple(HostInfo(name, "192.0.2.1", uri="test:///default") for name in ("kvm01", "kvm02"))


class Virt(LoopbackVirt):
    """Its guests say their uuid, or raise what `faults` has for it."""

    def __init__(self, host_id: str, faults: dict[str, Exception]) -> None:
        super().__init__(host_id)
        self._faults = faults

    def lookupByUUIDString(self, uuidstr: str) -> Any:
        self.uuid = uuidstr
        return self

    def guestInfo(self, types: int, flags: int) -> dict[str, Any]:
        if self.uuid in self._faults:
            raise self._faults[self.uuid]
        return {"hostname": self.uuid}


@asynccontextmanager
async def asked(driver: LoopbackDriver) -> AsyncIterator[Fleet]:
    source = FileSource(FleetConfig(hosts=HOSTS))
    source.drivers = OneDriver(driver)
    async with Engine(source).running(watch=False) as engine:
        yield engine.fleet


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        (numbers.VIR_ERR_ARGUMENT_UNSUPPORTED, "argument unsupported: not configured", "no agent: not configured"),
        (numbers.VIR_ERR_AGENT_UNRESPONSIVE, "Guest agent is not responding: it sleeps", "does not answer: it sleeps"),
        (numbers.VIR_ERR_INTERNAL_ERROR, "internal error: disabled", "the agent refuses: disabled"),
        (numbers.VIR_ERR_OPERATION_INVALID, "not valid: it is off", "the VM does not run: it is off"),
        (numbers.VIR_ERR_OPERATION_DENIED, "operation forbidden: read only", "not allowed: read only"),
        (numbers.VIR_ERR_ACCESS_DENIED, "access denied", "not allowed: access denied"),
        (numbers.VIR_ERR_OPERATION_TIMEOUT, "Timed out: cannot lock", "another program is at this VM: cannot lock"),
        (numbers.VIR_ERR_NO_SUPPORT, "not supported: guestInfo", "libvirt cannot ask guests there: guestInfo"),
        (numbers.VIR_ERR_NO_DOMAIN, "Domain not found", "Domain not found"),
    ],
)
async def test_each_error_is_said_by_what_it_means(code: int, said: str, told: str) -> None:
    faults: dict[str, Exception] = {"a": CallFailed(said, code=code)}
    async with asked(LoopbackDriver(virt=lambda host: Virt(host, faults))) as fleet:
        answer = await fleet.guest_of("kvm01", "a")
    assert answer.info is None and answer.problem is not None and told in answer.problem.message


async def test_a_defect_is_told_in_its_place() -> None:
    async with asked(LoopbackDriver(virt=lambda host: Virt(host, {"a": KeyError("x")}))) as fleet:
        answer = await fleet.guest_of("kvm01", "a")
        assert answer.problem is not None and "see the log" in answer.problem.message


async def test_one_guest_of_a_host_is_asked_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, begun, most, now = asyncio.Event(), [0], [0], [0]

    async def before_call(host_id: str) -> None:
        if host_id == "kvm01":
            begun[0] += 1
            now[0] += 1
            most[0] = max(most[0], now[0])
            await gate.wait()
            now[0] -= 1

    driver = LoopbackDriver(virt=lambda host: Virt(host, {}))
    driver.before_call = before_call  # type: ignore[method-assign]
    async with asked(driver) as fleet:
        monkeypatch.setattr(guests, "LIMIT", 0.02)
        for words in ("has not answered within 0.02 s", "one is asked at a time"):
            answer = await fleet.guest_of("kvm01", "a")
            assert answer.problem is not None and words in answer.problem.message
        monkeypatch.setattr(guests, "LIMIT", 30.0)
        assert (await fleet.guest_of("kvm02", "c")).info is not None, "another host is not kept"
        waiting = [asyncio.create_task(fleet.guest_of("kvm01", uuid)) for uuid in ("x", "y", "z")]
        await asyncio.sleep(0)
        waiting[0].cancel()
        gate.set()
        answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert [answer.info.hostname for answer in answers[1:]] == ["y", "z"]  # type: ignore[union-attr]
    assert (begun, most) == ([3], [1])


async def test_what_is_still_asked_ends_with_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = LoopbackDriver(virt=lambda host: Virt(host, {}))

    async def never(host_id: str) -> None:
        await asyncio.get_running_loop().create_future()

    driver.before_call = never  # type: ignore[method-assign]
    monkeypatch.setattr(guests, "LIMIT", 0.01)
    async with asyncio.timeout(20):
        async with asked(driver) as fleet:
            assert (await fleet.guest_of("kvm01", "a")).problem is not None
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("guest ")]
