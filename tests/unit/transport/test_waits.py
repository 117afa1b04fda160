"""What callers waited for a connection: the percentiles of the last checkouts, those without a wait among them."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.connection import CheckoutWaits
from atp_tui.model.errors import CheckoutTimeout
from atp_tui.transport.waits import WINDOW, Waits
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import run_virtual
from tests.unit.transport.pooled import held, managed, pool_of, with_pool


@given(st.lists(st.one_of(st.just(0.0), st.floats(0.001, 60.0)), max_size=3 * WINDOW))
def test_percentiles_are_those_of_the_last_checkouts(waits: list[float]) -> None:
    """`0.0` is a checkout that found a connection at once: it is counted by the pool and never noted."""
    noted, at_once = Waits(), 0
    for seconds in waits:
        if seconds:
            noted.served(seconds, at_once)
        else:
            at_once += 1
    last = sorted(waits[-WINDOW:])
    if not last:
        assert noted.summary(at_once) is None
        return
    count = len(last)
    assert noted.summary(at_once) == CheckoutWaits(
        last[min(count - 1, count // 2)], last[min(count - 1, int(0.95 * count))], last[-1], count
    )


def test_a_pool_tells_what_its_callers_waited_and_counts_those_that_gave_up() -> None:
    async def main() -> None:
        async with managed(FakeDriver(), with_pool(max_connections_per_host=1)) as manager:
            pool = await pool_of(manager)
            await asyncio.gather(held(pool, 2.0), held(pool, 3.0), held(pool, 0))
            waits = manager.stats()["a"].waits
            assert waits is not None
            assert waits.longest == pytest.approx(5.0)
            holder = asyncio.create_task(held(pool, 60.0))
            await asyncio.sleep(0)
            with pytest.raises(CheckoutTimeout):
                await pool.lease(timeout=20.0).acquire()
            given_up = manager.stats()["a"].waits
            assert given_up is not None
            assert given_up.longest == pytest.approx(20.0)
            assert given_up.checkouts == waits.checkouts + 2
            holder.cancel()

    run_virtual(main())
