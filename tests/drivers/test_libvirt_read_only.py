"""?readonly=1 by each way to a real libvirtd: what only reads succeeds, what would change something is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from atp_tui.drivers.libvirt.driver import LibvirtDriver
from atp_tui.drivers.libvirt.link import LibvirtLink
from atp_tui.model.errors import CallFailed

from ..daemons.sshd import running_sshd
from .guarded import HANG, Guarded, guarded_libvirtd, opened
from .ssh_links import linked

RUNNING, PAUSED = 1, 3
DENIED = 29
"""VIR_ERR_OPERATION_DENIED"""

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(90)]


@pytest.fixture(scope="module")
def open_to_all() -> Iterator[Guarded]:
    with guarded_libvirtd(sasl=False) as daemon:
        yield daemon


@asynccontextmanager
async def link_by(transport: str, daemon: Guarded, directory: Path, **query: str) -> AsyncIterator[LibvirtLink]:
    if transport == "ssh":
        with running_sshd(directory) as sshd:
            async with linked(sshd) as carrier:
                yield await opened(daemon.uri("ssh", **query), LibvirtDriver(), carrier)
    elif transport == "in-process":
        yield await opened("test:///default" + ("?readonly=1" if query else ""), LibvirtDriver())
    else:
        yield await opened(daemon.uri(transport, **query), LibvirtDriver())


def state(virt: Any) -> int:
    state: int = virt.lookupByName("test").state()[0]
    return state


def suspend(virt: Any) -> None:
    virt.lookupByName("test").suspend()


def resume(virt: Any) -> None:
    virt.lookupByName("test").resume()


@pytest.mark.parametrize("transport", ["tcp", "unix", "tls", "ssh", "in-process"])
async def test_a_read_only_connection_reads_and_changes_nothing(
    open_to_all: Guarded, transport: str, tmp_path: Path
) -> None:
    async with link_by(transport, open_to_all, tmp_path / "sshd", readonly="1") as link:
        assert await link.call(state, HANG) == RUNNING
        for change in (suspend, lambda virt: virt.lookupByName("test").destroy()):
            with pytest.raises(CallFailed, match="read only access prevents") as caught:
                await link.call(change, HANG)
            assert (caught.value.code, caught.value.host) == (DENIED, "kvm01")
        assert await link.call(state, HANG) == RUNNING
        assert link.is_alive()
        await link.close()


@pytest.mark.parametrize("transport", ["tcp", "unix", "tls", "ssh", "in-process"])
async def test_without_it_the_same_call_changes_something(open_to_all: Guarded, transport: str, tmp_path: Path) -> None:
    async with link_by(transport, open_to_all, tmp_path / "sshd") as link:
        await link.call(suspend, HANG)
        assert await link.call(state, HANG) == PAUSED
        await link.call(resume, HANG)
        await link.close()
