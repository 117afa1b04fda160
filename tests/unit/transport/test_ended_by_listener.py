"""A connection that is ended by whoever hears of its failure, in that very moment: no attempt may follow."""

from __future__ import annotations

import asyncio

import pytest

from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import ConnectFailed
from atp_tui.model.settings import Jitter, ReconnectConfig, TransportConfig
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import run_virtual
from tests.unit.transport.watched import Watched

S = ConnectionState
CONFIG = TransportConfig(reconnect=ReconnectConfig(max_attempts=1, jitter=Jitter.NONE, slow_lane=10))


@pytest.mark.parametrize(
    ("moment", "attempts"),
    [(S.RECONNECTING, 1), (S.FAILED, 2)],
    ids=["a first attempt has failed", "it has given up and would try again later"],
)
def test_an_attempt_that_fails_is_the_last_one_of_a_connection_that_ends_by_it(
    moment: ConnectionState, attempts: int
) -> None:
    async def main() -> None:
        driver = FakeDriver()
        driver.script = lambda request: ConnectFailed("no")
        alone = Watched(driver, CONFIG)
        alone.heard = lambda change: alone.connection.abort() if change.after is moment else None
        alone.connection.start()
        await asyncio.sleep(100)
        assert (alone.connection.state, len(driver.attempts)) == (S.DRAINING, attempts)
        await alone.connection.disconnect()
        assert alone.states[-3:] == [moment, S.DRAINING, S.DISCONNECTED]
        assert len(asyncio.all_tasks()) == 1

    run_virtual(main())


def test_a_loss_is_the_end_of_a_connection_that_ends_by_it() -> None:
    async def main() -> None:
        driver = FakeDriver()
        alone = Watched(driver, CONFIG)
        alone.heard = lambda change: alone.connection.abort() if change.after is S.RECONNECTING else None
        await alone.connection.connect()
        driver.links[0].lose()
        await asyncio.sleep(100)
        assert (alone.connection.state, len(driver.attempts)) == (S.DRAINING, 1)
        await alone.connection.disconnect()
        assert len(asyncio.all_tasks()) == 1

    run_virtual(main())
