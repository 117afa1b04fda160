"""The fault matrix: every operation under every fault, real drivers against real daemons, through TransportManager.

Every cell ends within the program's own limit for it plus MARGIN, with an error of the right class, and leaves no
thread, descriptor, task or file behind while the fault is still on.

What a fault means to an operation on a connection that is open (call, command, close, shutdown):

    refused, syn_dropped, silent   are faults of opening: the connection is cut, and the operation meets it on its way
                                   back into the fault
    cut_rst, cut_fin, truncated    hit the operation in flight; truncated lets 10 bytes of an answer through first
    half_open, stopped, slow       are on before a call, and while a command talks

Cells that are made like another, and why:

    call on "ssh", command on "libvirt"   do not exist: the verb belongs to one kind of connection (held
                                          by the contract suite)
    checkout, close on libvirt_over_ssh   have no path of their own: the pool is the same, and the shutdown column
                                          closes such a connection under each fault
    close under cut_*                     the connection ends before close does: what is closed is a reconnect
    stopped on libvirt_over_ssh           stops libvirtd; a stopped sshd below it is half_open's cell

No cell is left out at run time.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path

import pytest

from atp_tui.api import (
    CallTimeout,
    CheckoutTimeout,
    ConnectionLost,
    ConnectionState,
    HostConnection,
    PoolClosed,
    TransportManager,
)
from atp_tui.drivers.ssh import cutting
from atp_tui.model.events import ConnectionChanged
from atp_tui.transport.dialer import CLOSE_TIMEOUT

from .faults import FAULTS, Fault
from .proxy import Kind, Mode
from .remains import LIBVIRTS_OWN, Remains
from .stage import (
    CALL,
    CHECKOUT,
    CONNECT,
    HANG,
    HASTY,
    LEASES,
    ROUTES,
    Route,
    Stage,
    Talker,
    connected,
    endless_work,
    is_down,
    managed,
    nothing,
    stage,
    version,
    warmed_up,
)

pytestmark = pytest.mark.daemons

END = 0.2
"""Seconds that the far side has here to tell of a command's end; the program gives it some more."""

MARGIN = 0.25
"""Seconds over the program's own limit within which a cell must have ended."""
TRIES = 3
"""A busy machine may hold up one try by more than MARGIN; a program that is late is late in all of them."""


@dataclass
class Cell:
    """One try of one cell. An operation fills in `elapsed` (seconds) and `error`."""

    manager: TransportManager
    stage: Stage
    fault: Fault
    talker: Talker
    elapsed: float = 0.0
    error: BaseException | None = None

    async def timed(self, operation: Awaitable[object], since: float | None = None) -> None:
        """Await what the cell is about, its time counting from `since`; keep its error."""
        begun = time.monotonic() if since is None else since
        try:
            async with asyncio.timeout(HANG):
                await operation
        except TimeoutError:
            pytest.fail(f"no end within {HANG:g} s")
        except Exception as error:  # noqa: BLE001 - whatever it is, the cell's expectations judge it
            self.error = error
        self.elapsed = time.monotonic() - begun

    def hit(self, route: Route) -> None:
        self.fault.hit(*self.stage.way(route))

    async def hit_and_noticed(self, route: Route, connection: HostConnection) -> None:
        self.hit(route)
        if self.fault.reconnects:
            await is_down(connection)


async def open_(cell: Cell, route: Route) -> None:
    """The first attempt of a host that was just added."""
    cell.stage.strike(cell.fault, route)

    async def first_failure() -> None:
        with cell.manager.hub.subscribe() as news:
            await cell.manager.add_host(cell.stage.host(route, HASTY))
            channel = cell.manager.host(route).main_channel
            async for event in news:
                if isinstance(event, ConnectionChanged) and event.channel == channel and event.cause is not None:
                    raise cell.manager.last_errors(route)[0]

    await cell.timed(first_failure())
    assert type(cell.error) is cell.fault.opening


async def checkout(cell: Cell, route: Route) -> None:
    """A caller who asks for a connection that does not come."""
    cell.stage.strike(cell.fault, route)
    await cell.manager.add_host(cell.stage.host(route, HASTY))
    await cell.timed(cell.manager.execute_on_host(route, nothing))
    assert type(cell.error) is CheckoutTimeout
    assert type(cell.error.__cause__) is cell.fault.opening


async def call(cell: Cell, route: Route) -> None:
    """A libvirt call over a connection that was well."""
    await connected(cell.manager, cell.stage.host(route, HASTY))

    async def task(connection: HostConnection) -> None:
        if not cell.fault.cuts:
            await cell.hit_and_noticed(route, connection)
            await cell.timed(connection.call(version))
            return
        cell.stage.way(route)[0].set(Mode(Kind.HALF_OPEN))  # so that the call is in flight when it is cut
        in_flight = asyncio.create_task(connection.call(version))
        await asyncio.sleep(0.02)
        begun = time.monotonic()
        cell.hit(route)
        await cell.timed(in_flight, begun)

    await cell.manager.execute_on_host(route, task)
    _interrupted(cell)


async def command(cell: Cell, route: Route) -> None:
    """A command that was running, or is to start on a connection that is down."""
    await connected(cell.manager, cell.stage.host(route, HASTY))
    talker = cell.talker

    async def task(connection: HostConnection) -> None:
        if cell.fault.reconnects:
            await cell.hit_and_noticed(route, connection)
            await cell.timed(connection.run(talker.command, talker.sink, CALL))
            return
        begun = time.monotonic()
        running = asyncio.create_task(connection.run(talker.command, talker.sink, CALL))
        await asyncio.wait([running, up := asyncio.create_task(talker.up.wait())], return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        cell.hit(route)
        await cell.timed(running, begun)

    await cell.manager.execute_on_host(route, task, channel="ssh")
    _interrupted(cell)


def _interrupted(cell: Cell) -> None:
    """What one who waits for an answer gets."""
    if cell.fault.cuts:
        assert type(cell.error) is ConnectionLost
    else:
        assert type(cell.error) is CallTimeout
        if cell.fault.reconnects:
            assert type(cell.error.__cause__) is cell.fault.opening


async def close(cell: Cell, route: Route) -> None:
    """An idle connection is closed, or one that is on its way back."""
    await connected(cell.manager, cell.stage.host(route, HASTY))
    await cell.manager.execute_on_host(route, lambda connection: cell.hit_and_noticed(route, connection))
    await cell.timed(cell.manager.disconnect(route))
    assert cell.error is None
    assert cell.manager.host_state(route).state is ConnectionState.DISCONNECTED
    with pytest.raises(PoolClosed):
        await cell.manager.execute_on_host(route, nothing)


async def close_in_use(cell: Cell, route: Route) -> None:
    """A connection is closed while somebody works on it who would go on for ever."""
    await connected(cell.manager, cell.stage.host(route, HASTY))
    using = asyncio.create_task(cell.manager.execute_on_host(route, endless_work(route, cell.talker)))
    await cell.talker.up.wait()
    cell.hit(route)
    await cell.timed(cell.manager.disconnect(route, LEASES))
    assert cell.error is None
    with pytest.raises(ConnectionLost):
        await using


async def shutdown(cell: Cell, _route: Route) -> None:
    """The whole program ends: hosts of every kind, one of each at work."""
    talkers: dict[Route, Talker] = {route: Talker() for route in ROUTES} | {"ssh": cell.talker}
    using = []
    for route in ROUTES:
        await connected(cell.manager, cell.stage.host(route, HASTY))
        work = endless_work(route, talkers[route])
        using.append(asyncio.create_task(cell.manager.execute_on_host(route, work)))
        await talkers[route].up.wait()
    for route in ("libvirt", "ssh"):
        cell.hit(route)
    await cell.timed(cell.manager.close(LEASES))
    assert cell.error is None
    ends = await asyncio.gather(*using, return_exceptions=True)
    assert [type(end) for end in ends] == [ConnectionLost] * len(ROUTES)


Operation = Callable[[Cell, Route], Awaitable[None]]

ROWS: tuple[tuple[Operation, tuple[Route, ...], float], ...] = (
    (open_, ROUTES, CONNECT),
    (checkout, ("libvirt", "ssh"), CHECKOUT),
    (call, ("libvirt", "libvirt_over_ssh"), CALL),
    (command, ("ssh",), CALL + END),
    (close, ("libvirt", "ssh"), CLOSE_TIMEOUT),
    (close_in_use, ("libvirt", "ssh"), LEASES + CLOSE_TIMEOUT),
    (shutdown, ("libvirt",), LEASES + CLOSE_TIMEOUT),
)
"""Operation, the routes it is played on, and the program's limit in seconds."""


def _limit(operation: Operation, route: Route, fault: str, limit: float) -> float:
    if operation is open_ and route == "libvirt_over_ssh" and fault == "stopped":
        return 2 * limit  # SSH opens, which has a limit of its own, and only then libvirtd is silent
    return limit


@pytest.fixture(scope="module")
def the_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage")) as made:
        asyncio.run(warmed_up(made))
        yield made


@pytest.fixture(autouse=True)
def ends_are_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "END_LIMIT", END)


@pytest.fixture
def own_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory in which the program makes whatever files it makes."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def _play(operation: Operation, route: Route, fault: Fault, where: Stage, files: Path) -> float:
    """One try of one cell; the seconds it took. AssertionError for a wrong end or for something left behind.

    What libvirt itself may lose counts as a try that took for ever: one of the next must lose nothing.
    """
    remains, talker = Remains(), Talker()
    try:
        async with managed() as manager:
            cell = Cell(manager, where, fault, talker)
            await operation(cell, route)
        # The fault is still on: nothing of what follows was helped by its end.
        left = await remains.left()
        assert os.listdir(files) == []
    finally:
        where.lift()
    await talker.sleeper.is_gone()
    assert left in (Counter(), LIBVIRTS_OWN), f"left behind: {dict(left)}"
    return inf if left else cell.elapsed


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("operation", "route", "limit"),
    [
        pytest.param(operation, route, limit, id=f"{operation.__name__.strip('_')}-{route}")
        for operation, routes, limit in ROWS
        for route in routes
    ],
)
async def test_a_cell(
    operation: Operation, route: Route, limit: float, fault: str, the_stage: Stage, own_temporary_files: Path
) -> None:
    bound = _limit(operation, route, fault, limit) + MARGIN
    took: list[float] = []
    while not took or (min(took) > bound and len(took) < TRIES):
        took.append(await _play(operation, route, FAULTS[fault], the_stage, own_temporary_files))
    assert min(took) <= bound, f"took {took} s"
