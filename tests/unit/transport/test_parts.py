"""The small pure parts: delays, selection, percentiles, the hub's bounded queues, the gate, the transition table."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.connection import TRANSITIONS, ConnectionState
from atp_tui.model.errors import ConnectFailed
from atp_tui.model.events import EventsLost, HostRemoved
from atp_tui.model.settings import Jitter, ReconnectConfig, SelectionStrategy
from atp_tui.transport.backoff import Outage, backoff_delay, delay_after_failure, least_delay_with_hope, slow_lane_delay
from atp_tui.transport.gate import Gate
from atp_tui.transport.hub import EventHub
from atp_tui.transport.lifecycle import Lifecycle
from atp_tui.transport.metrics import LATENCY_WINDOW, Metrics
from atp_tui.transport.selection import Selector
from atp_tui.transport.slot import Slot
from tests.fakes.virtual_time import VirtualClock, run_virtual


def test_delays_without_jitter_are_exact() -> None:
    config = ReconnectConfig(jitter=Jitter.NONE)
    assert [backoff_delay(config, n, 0.3) for n in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


@given(attempt=st.integers(0, 5000), uniform=st.floats(0, 1))
def test_full_jitter_stays_within_the_ceiling(attempt: int, uniform: float) -> None:
    config = ReconnectConfig()
    assert 0 <= backoff_delay(config, attempt, uniform) <= min(60, 2.0 ** min(attempt, 10))


@given(uniform=st.floats(0, 1))
def test_slow_lane_varies_by_a_fifth(uniform: float) -> None:
    assert 240 <= slow_lane_delay(ReconnectConfig(), Outage(1e6, 1e6, 0), uniform) <= 360


@given(away=st.floats(0, 1e6), uniform=st.floats(0, 1), slow_lane=st.floats(0.001, 1e4))
def test_the_slow_lane_grows_with_the_outage(away: float, uniform: float, slow_lane: float) -> None:
    """The wait is never longer than a share of the outage, the first delay apart, nor longer than slow_lane."""
    config = ReconnectConfig(slow_lane=slow_lane)
    delay = slow_lane_delay(config, Outage(away, away, 0), uniform)
    assert 0 < delay <= 1.2 * min(slow_lane, max(config.initial_delay, away / 4)) * (1 + 1e-9)
    assert delay <= slow_lane_delay(config, Outage(away * 2, away * 2, 0), uniform)


@given(
    config=st.builds(
        ReconnectConfig,
        max_attempts=st.integers(0, 8),
        jitter=st.sampled_from(Jitter),
        slow_lane=st.sampled_from([0.0, 20.0, 300.0]),
    ),
    seed=st.integers(0, 2**32),
    outage=st.floats(0.01, 20_000),
)
def test_after_an_outage_nobody_waits_longer_than_the_settings_say(
    config: ReconnectConfig, seed: int, outage: float
) -> None:
    """By a host's own delays alone, where a port refuses at once and nobody has good news."""
    rng = random.Random(seed)
    now, attempt = backoff_delay(config, 0, rng.random()), 0
    while now < outage:
        attempt += 1
        delay = delay_after_failure(config, attempt, Outage(now, now, 0), rng.random(), ours=False)
        if delay is None:
            assert not config.slow_lane
            return
        now += delay
    waited = now - outage
    quick = (
        config.max_delay if not config.max_attempts else min(config.max_delay, 2.0 ** max(0, config.max_attempts - 1))
    )
    lane = 1.2 * min(config.slow_lane, max(config.initial_delay, outage / 4))
    assert waited <= max(quick, lane)


@given(away=st.floats(0, 1e6), since_news=st.floats(0, 1e6), hopes=st.integers(0, 100), uniform=st.floats(0, 1))
def test_good_news_never_makes_a_wait_longer(away: float, since_news: float, hopes: int, uniform: float) -> None:
    """And after much of it in vain no wait is shorter than a minute, or the share of the outage."""
    config, since_news = ReconnectConfig(), min(since_news, away)
    without = slow_lane_delay(config, Outage(away, away, 0), uniform)
    delay = slow_lane_delay(config, Outage(away, since_news, hopes), uniform)
    assert delay <= without
    assert delay >= min(without, 0.8 * least_delay_with_hope(config, hopes))


@given(attempt=st.integers(0, 5000))
def test_good_news_in_vain_counts_less_and_less(attempt: int) -> None:
    config = ReconnectConfig()
    assert least_delay_with_hope(config, attempt) == min(60, 2.0 ** min(attempt, 10))


def test_an_attempt_is_brought_forward_once_in_each_wait_and_never_put_off() -> None:
    life = Lifecycle(0.0)
    life.move(ConnectionState.CONNECTING, None, 1.0)
    assert not life.hope(1.5, 1.5), "an attempt runs"
    assert (life.hopes, life.hoped_at) == (1, 1.5)
    refused = ConnectFailed("refused")
    life.move(ConnectionState.RECONNECTING, refused, 2.0, attempt=1, next_attempt_at=10.0)
    assert life.hope(3.0, 5.0)
    assert not life.hope(3.5, 4.0), "once"
    assert (life.next_attempt_at, life.hopes, life.hoped_at) == (5.0, 2, 3.0)
    life.move(ConnectionState.RECONNECTING, refused, 6.0, attempt=2, next_attempt_at=20.0)
    assert not life.hope(7.0, 20.0)
    assert (life.next_attempt_at, life.hopes, life.hoped_at, life.away_since) == (20.0, 3, 7.0, 1.0)
    life.move(ConnectionState.RECONNECTING, refused, 8.0)
    life.move(ConnectionState.CONNECTED, None, 9.0, attempt=0)
    life.move(ConnectionState.RECONNECTING, refused, 50.0, next_attempt_at=51.0)
    assert (life.hopes, life.hoped_at, life.away_since) == (0, 50.0, 50.0), "another outage"


def slots(*uses: int) -> list[Slot[None]]:
    return [Slot(n, active_uses=used, places=5, idle_since=float(-n)) for n, used in enumerate(uses, 1)]


def test_round_robin_takes_turns_and_skips_full_ones() -> None:
    selector = Selector(SelectionStrategy.ROUND_ROBIN, lambda count: 0)
    three = slots(0, 5, 0)
    assert [slot.id for slot in (selector.select(three) for _ in range(4)) if slot] == [1, 3, 1, 3]


def test_least_connections_breaks_ties_by_the_longest_idle() -> None:
    selector = Selector(SelectionStrategy.LEAST_CONNECTIONS, lambda count: 0)
    chosen = selector.select(slots(2, 1, 1))
    assert chosen is not None and chosen.id == 3


def test_least_latency_weighs_what_calls_take_by_how_many_there_would_be() -> None:
    selector = Selector(SelectionStrategy.LEAST_LATENCY, lambda count: 0)
    three = slots(0, 3, 1)
    three[0].latency, three[1].latency, three[2].latency = 0.055, 0.005, 0.011
    assert selector.select(three) is three[1], "4 × 5 ms is less than 2 × 11 and 1 × 55"
    three[1].active_uses = 5
    assert selector.select(three) is three[2]
    three[0].latency = 0.0
    assert selector.select(three) is three[0], "one that nothing is known of is tried"


def test_smoothed_latency_follows_and_begins_anew_with_a_link() -> None:
    metrics = Metrics(0.0)
    metrics.opened(0.0)
    for took in (0.1, 0.1, 0.5):
        metrics.answered(1.0, 1.0 + took)
    assert metrics.smoothed == pytest.approx(0.2)
    metrics.opened(2.0)
    assert metrics.smoothed == 0.0
    metrics.measured(0.3)
    assert metrics.smoothed == 0.3


def test_random_asks_for_a_number_below_the_count_of_free_slots() -> None:
    asked: list[int] = []

    def choose(count: int) -> int:
        asked.append(count)
        return 1

    selector = Selector(SelectionStrategy.RANDOM, choose)
    chosen = selector.select(slots(0, 5, 0))
    assert asked == [2]
    assert chosen is not None and chosen.id == 3


@pytest.mark.parametrize("strategy", SelectionStrategy)
def test_no_strategy_hands_out_a_full_slot(strategy: SelectionStrategy) -> None:
    assert Selector(strategy, lambda count: 0).select(slots(5, 5)) is None


def test_latency_percentiles_are_of_the_last_calls() -> None:
    metrics = Metrics(0.0)
    assert metrics.latency() is None
    for n in range(10_000):
        metrics.answered(0.0, n / 1000)
    latency = metrics.latency()
    assert latency is not None
    assert latency.samples == LATENCY_WINDOW
    assert latency.p50 == pytest.approx(9.872, abs=0.002)
    assert latency.p99 <= 9.999


def test_slow_subscriber_loses_the_oldest_and_is_told() -> None:
    async def main() -> None:
        hub = EventHub()
        with hub.subscribe(size=3) as slow, hub.subscribe() as quick:
            for n in range(5):
                hub.publish(HostRemoved(float(n), str(n)))
            batch = await slow.batch()
            assert batch[0] == EventsLost(2.0, 2)
            assert [event.at for event in batch[1:]] == [2.0, 3.0, 4.0]
            assert len(await quick.batch()) == 5
            hub.publish(HostRemoved(5.0, "5"))
            assert [event.at for event in await slow.batch()] == [5.0], "told once of each loss"
            for n in range(6, 10):
                hub.publish(HostRemoved(float(n), str(n)))
            assert (await slow.batch())[0] == EventsLost(7.0, 1)
            quick.take()
        assert await slow.batch() == []

    asyncio.run(main())


def test_a_queue_that_could_hold_nothing_is_refused() -> None:
    hub = EventHub()
    with pytest.raises(ValueError, match="0 events"):
        hub.subscribe(size=0)
    hub.publish(HostRemoved(0.0, "a"))


def test_reader_is_woken_by_news_and_by_the_end() -> None:
    async def main() -> list[str]:
        hub = EventHub()
        subscription = hub.subscribe()

        async def read() -> list[str]:
            return [event.host_id async for event in subscription if isinstance(event, HostRemoved)]

        reader = asyncio.create_task(read())
        await asyncio.sleep(0)
        hub.publish(HostRemoved(0.0, "a"))
        await asyncio.sleep(0.001)
        hub.publish(HostRemoved(0.0, "b"))
        subscription.close()
        return await reader

    assert asyncio.run(main()) == ["a", "b"]


def test_gate_lends_the_place_of_who_hears_nothing() -> None:
    async def main() -> list[float]:
        gate = Gate(2, VirtualClock())
        begun = []

        async def opening(length: float) -> None:
            async with gate.place():
                begun.append(asyncio.get_running_loop().time())
                await asyncio.sleep(length)

        await asyncio.gather(*(opening(10) for _ in range(4)), opening(0.1), opening(0.1))
        assert gate.under_way == 0
        return begun

    assert run_virtual(main()) == pytest.approx([0, 0, 0.5, 0.5, 1.0, 1.0])


def test_gate_gives_back_a_place_once_however_long_it_was_held() -> None:
    async def main() -> list[float]:
        gate = Gate(1, VirtualClock())
        begun = []

        async def opening(length: float) -> None:
            async with gate.place():
                begun.append(asyncio.get_running_loop().time())
                await asyncio.sleep(length)

        await asyncio.gather(*(opening(1) for _ in range(4)))
        begun.clear()
        start = asyncio.get_running_loop().time()
        await asyncio.gather(*(opening(0.1) for _ in range(3)))
        return [moment - start for moment in begun]

    assert run_virtual(main()) == pytest.approx([0, 0.1, 0.2])


def test_gate_has_a_place_kept_longer_by_who_holds_it_alone() -> None:
    async def main() -> list[float]:
        gate = Gate(1, VirtualClock())
        begun = []

        async def opening(after: float) -> None:
            async with gate.place() as place:
                begun.append(asyncio.get_running_loop().time())
                await asyncio.sleep(after)
                place.keep(3)
                await asyncio.sleep(10)

        await asyncio.gather(opening(0.25), opening(1), opening(0.25), opening(0))
        return begun

    assert run_virtual(main()) == pytest.approx([0, 3.25, 3.75, 7])


def test_gate_survives_cancelled_openings() -> None:
    async def main() -> None:
        gate = Gate(1, VirtualClock())

        async def opening() -> None:
            async with gate.place():
                await asyncio.sleep(100)

        tasks = [asyncio.create_task(opening()) for _ in range(20)]
        await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(1), gate.place():
            pass

    run_virtual(main())


def test_every_state_has_its_row_and_only_draining_ends() -> None:
    assert set(TRANSITIONS) == set(ConnectionState)
    for state, following in TRANSITIONS.items():
        if state not in (ConnectionState.DISCONNECTED, ConnectionState.DRAINING, ConnectionState.DISABLED):
            assert ConnectionState.DRAINING in following, f"{state} cannot be closed"
    states = set().union(TRANSITIONS[ConnectionState.DISABLED], *TRANSITIONS.values())
    assert ConnectionState.DISABLED not in states and not TRANSITIONS[ConnectionState.DISABLED]
