"""Every setting governs what it says: from the file, for the program, a tag and a host, to what the transport does.

Each probe watches one host and gives a figure that its setting decides. The same fleet holds a host without the
setting, which must show another figure: so a setting that is lost on the way fails here, and one that leaks to others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import pytest

from atp_tui.config.load import parse
from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import AtpError, AuthFailed, ConfigError, ConnectFailed, TransportError
from atp_tui.model.settings import TransportConfig
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.driver import OpenRequest
from atp_tui.transport.manager import TransportManager
from tests.fakes.driver import FakeDriver, FakeLink
from tests.fakes.said import said
from tests.fakes.virtual_time import run_virtual
from tests.unit.transport.settled import FILE, answer, configured, now, until

Probe = Callable[[TransportManager, FakeDriver, str], Awaitable[Any]]
NEVER = 100_000.0


class Peers(FakeDriver):
    """A FakeDriver that keeps apart what happens on each host."""

    def __init__(self) -> None:
        super().__init__(latency=0.0, open_time=0.0)
        self.attempts_of: dict[str, list[float]] = {}
        self.verdicts: dict[str, TransportError | str | None] = {}
        self.script = self._decide

    def _decide(self, request: OpenRequest) -> TransportError | str | None:
        self.attempts_of.setdefault(request.host.id, []).append(now())
        return self.verdicts.get(request.host.id)

    def links_of(self, host_id: str) -> list[FakeLink]:
        return [link for link in self.links if link.request.host.id == host_id]


async def fall_down(manager: TransportManager, driver: FakeDriver, host_id: str, verdict: TransportError | str) -> None:
    """Let the host lose its connections, and every attempt from now on end with `verdict`."""
    assert isinstance(driver, Peers)
    await manager.execute_on_host(host_id, answer)
    driver.verdicts[host_id] = verdict
    driver.attempts_of[host_id].clear()
    for link in driver.links_of(host_id):
        link.lose()


async def attempts_after_a_loss(
    driver: FakeDriver, manager: TransportManager, host_id: str, span: float
) -> list[float]:
    """When attempts were made in the `span` seconds after the loss, from the loss on."""
    assert isinstance(driver, Peers)
    begun = now()
    await fall_down(manager, driver, host_id, ConnectFailed("refused"))
    await asyncio.sleep(span)
    return [round(at - begun, 2) for at in driver.attempts_of[host_id]]


async def seconds_of_an_attempt(manager: TransportManager, driver: FakeDriver, host_id: str) -> float:
    await fall_down(manager, driver, host_id, "silent")
    await asyncio.sleep(0.5)
    manager.retry(host_id)
    return await until(lambda: "no answer" in str(manager.host_state(host_id).cause))


async def silence_before_a_question(manager: TransportManager, driver: FakeDriver, host_id: str) -> float:
    assert isinstance(driver, Peers)
    await manager.execute_on_host(host_id, answer)
    (link,) = driver.links_of(host_id)
    return await until(lambda: link.pings == 2)


async def patience_with_a_question(manager: TransportManager, driver: FakeDriver, host_id: str) -> str | None:
    assert isinstance(driver, Peers)
    await manager.execute_on_host(host_id, answer)
    driver.links_of(host_id)[0].silent = True
    driver.verdicts[host_id] = "silent"
    await until(lambda: manager.host_state(host_id).cause is not None)
    return said(manager.host_state(host_id).cause)


async def seconds_of_a_call(manager: TransportManager, driver: FakeDriver, host_id: str) -> float:
    assert isinstance(driver, Peers)
    await manager.execute_on_host(host_id, answer)
    driver.links_of(host_id)[0].silent = True
    begun = now()
    with pytest.raises(AtpError):
        await manager.execute_on_host(host_id, answer)
    return now() - begun


async def attempts_in_ten_minutes(manager: TransportManager, driver: FakeDriver, host_id: str) -> int:
    return len(await attempts_after_a_loss(driver, manager, host_id, 600))


async def moments_of_attempts(manager: TransportManager, driver: FakeDriver, host_id: str) -> list[float]:
    return await attempts_after_a_loss(driver, manager, host_id, 1000)


async def what_the_driver_is_told(manager: TransportManager, driver: FakeDriver, host_id: str) -> tuple[int, int]:
    assert isinstance(driver, Peers)
    await manager.execute_on_host(host_id, answer)
    config = driver.links_of(host_id)[0].request.config
    return config.keepalive_interval, config.keepalive_count


async def hold(manager: TransportManager, host_id: str, callers: int, seconds: float) -> list[int | AtpError]:
    """Use the host `callers` at a time; the ids of the connections that each got, or the error."""

    async def use(connection: HostConnection) -> int:
        await asyncio.sleep(seconds)
        return connection.id

    async def one() -> int | AtpError:
        try:
            return await manager.execute_on_host(host_id, use)
        except AtpError as error:
            return error

    return list(await asyncio.gather(*(one() for _ in range(callers))))


async def connections_under_demand(manager: TransportManager, driver: FakeDriver, host_id: str) -> int:
    await hold(manager, host_id, 60, 4)
    return manager.stats()[host_id].total_connections


async def connections_at_rest(manager: TransportManager, driver: FakeDriver, host_id: str) -> int:
    await asyncio.sleep(300)
    return manager.stats()[host_id].total_connections


async def uses_of_one_connection(manager: TransportManager, driver: FakeDriver, host_id: str) -> int:
    await hold(manager, host_id, 60, 4)
    return max(one.high_water for one in manager.stats()[host_id].connections)


async def seconds_until_it_shrinks(manager: TransportManager, driver: FakeDriver, host_id: str) -> float:
    await hold(manager, host_id, 12, 1)
    many = manager.stats()[host_id].total_connections
    assert many > 1
    return await until(lambda: manager.stats()[host_id].total_connections < many)


async def seconds_until_it_grows(manager: TransportManager, driver: FakeDriver, host_id: str) -> float:
    """With as many uses as one connection takes, and nobody waiting: only the housekeeper sees the load."""
    await manager.execute_on_host(host_id, answer)
    busy = asyncio.create_task(hold(manager, host_id, 5, 500))
    grown = await until(lambda: manager.stats()[host_id].total_connections == 2)
    busy.cancel()
    await asyncio.wait([busy])
    return grown


async def connections_with_three_uses_each(manager: TransportManager, driver: FakeDriver, host_id: str) -> int:
    """Three uses of a connection's five: busy only where the threshold says so."""
    await manager.execute_on_host(host_id, answer)
    busy = asyncio.create_task(hold(manager, host_id, 3, 100))
    await asyncio.sleep(90)
    grown = manager.stats()[host_id].total_connections
    await busy
    return grown


async def connections_with_one_of_two_busy(manager: TransportManager, driver: FakeDriver, host_id: str) -> int:
    await asyncio.sleep(100)
    busy = asyncio.create_task(hold(manager, host_id, 1, 100))
    await asyncio.sleep(90)
    grown = manager.stats()[host_id].total_connections
    await busy
    return grown


async def order_of_use(manager: TransportManager, driver: FakeDriver, host_id: str) -> list[int]:
    """Which of three connections serve callers that come one after the other, the first of them being in use."""
    await asyncio.sleep(100)
    used = []

    async def note(connection: HostConnection) -> int:
        used.append(connection.id)
        return connection.id

    holder = asyncio.create_task(hold(manager, host_id, 1, 50))
    await asyncio.sleep(1)
    for _ in range(6):
        await asyncio.sleep(1)
        await manager.execute_on_host(host_id, note)
    (first,) = await holder
    assert isinstance(first, int)
    return [(number - first) % 3 for number in used]


async def seconds_of_a_checkout(manager: TransportManager, driver: FakeDriver, host_id: str) -> float:
    await fall_down(manager, driver, host_id, ConnectFailed("refused"))
    begun = now()
    with pytest.raises(AtpError):
        await manager.execute_on_host(host_id, answer)
    return now() - begun


async def callers_turned_away(manager: TransportManager, driver: FakeDriver, host_id: str) -> int:
    await manager.execute_on_host(host_id, answer)
    results = await hold(manager, host_id, 12, 1)
    return sum(isinstance(result, AtpError) for result in results)


async def age_of_the_oldest(manager: TransportManager, driver: FakeDriver, host_id: str) -> float:
    """The age at which a connection is replaced, in hundreds of seconds (jitter and ticks are below that)."""
    await manager.execute_on_host(host_id, answer)
    return round(await until(lambda: bool(manager.stats()[host_id].closed), step=10) / 100)


async def spread_of_delays(manager: TransportManager, driver: FakeDriver, host_id: str) -> bool:
    moments = await attempts_after_a_loss(driver, manager, host_id, 200)
    return all(moment == round(moment) for moment in moments)


async def fleet_wide(manager: TransportManager, driver: FakeDriver, host_id: str) -> int:
    raise AssertionError("this setting is the fleet's; see test_openings_of_the_whole_fleet_are_limited")


@dataclass(frozen=True)
class Row:
    """A setting's value in the file, what the probe then sees, and the settings that both hosts need to show it."""

    value: str
    probe: Probe
    seen: object
    around: str = ""


EXACT = "reconnect.jitter = 'none'\nreconnect.slow_lane = 0\n"
FULL = "pool.requests_per_connection = 1\nreconnect.jitter = 'none'\n"
WITH_COMPANY = pytest.approx(7.5, abs=0.25)  # up to 1/64 late, so that several hosts are asked in one wake-up
ROWS = {
    "connect_timeout": Row("3", seconds_of_an_attempt, 3.0, EXACT),
    "heartbeat_interval": Row("7.5", silence_before_a_question, WITH_COMPANY),
    "heartbeat_timeout": Row("2.5", patience_with_a_question, "silent for 2.5 s"),
    "call_timeout": Row("4.5", seconds_of_a_call, 4.5),
    "auto_reconnect": Row("false", attempts_in_ten_minutes, 0),
    "keepalive_interval": Row("9", what_the_driver_is_told, (9, 3)),
    "keepalive_count": Row("7", what_the_driver_is_told, (5, 7)),
    "max_concurrent_connects": Row("4", fleet_wide, 4),
    "pool.max_connections_per_host": Row("2", connections_under_demand, 2, FULL),
    "pool.min_connections_per_host": Row("3", connections_at_rest, 3),
    "pool.idle_timeout": Row("50", seconds_until_it_shrinks, 58.0, FULL),
    "pool.selection_strategy": Row(
        "'least_connections'", order_of_use, [1, 2, 1, 2, 1, 2], "pool.min_connections_per_host = 3\n"
    ),
    "pool.management_interval": Row("8", seconds_until_it_grows, 8.0),
    "pool.high_load_threshold": Row("2", connections_with_three_uses_each, 2),
    "pool.high_load_ratio": Row(
        "0.5",
        connections_with_one_of_two_busy,
        3,
        "pool.requests_per_connection = 1\npool.min_connections_per_host = 2\n",
    ),
    "pool.requests_per_connection": Row("3", uses_of_one_connection, 3),
    "pool.checkout_timeout": Row("6", seconds_of_a_checkout, 6.0),
    "pool.max_waiters": Row("5", callers_turned_away, 2),
    "pool.max_lifetime": Row("1000", age_of_the_oldest, 10),
    "reconnect.max_attempts": Row("2", moments_of_attempts, [1.0, 2.0, 4.0], EXACT),
    "reconnect.initial_delay": Row("3", moments_of_attempts, [3.0, 6.0, 12.0, 24.0, 48.0, 96.0], EXACT),
    "reconnect.max_delay": Row("5", moments_of_attempts, [1.0, 2.0, 4.0, 8.0, 13.0, 18.0], EXACT),
    "reconnect.backoff_multiplier": Row("1", moments_of_attempts, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], EXACT),
    "reconnect.jitter": Row("'none'", spread_of_delays, True, "reconnect.slow_lane = 0\n"),
    "reconnect.slow_lane": Row(
        "0", attempts_in_ten_minutes, 6, "reconnect.initial_delay = 0.1\nreconnect.max_delay = 1\n"
    ),
}
OF_THE_FLEET = "max_concurrent_connects"


def keys_of(settings: object, prefix: str = "") -> list[str]:
    """All keys of the transport's settings, those of inner tables with their table."""
    found = []
    for field in fields(settings):  # type: ignore[arg-type]
        value = getattr(settings, field.name)
        found += keys_of(value, f"{field.name}.") if is_dataclass(value) else [prefix + field.name]
    return found


def test_every_setting_has_a_probe() -> None:
    assert set(ROWS) == set(keys_of(TransportConfig()))


def file_of(key: str, level: str) -> str:
    """A file with a host "own", whom the setting concerns, and below program level one "plain", whom it does not."""
    row = ROWS[key]
    setting = f"{key} = {row.value}\n"
    own = '[[hosts]]\nid = "own"\nhost = "192.0.2.1"\nuri = "test+tcp://192.0.2.1/default"\n'
    plain = own.replace('"own"', '"plain"')
    if level == "program":
        return f"[transport]\n{row.around}{setting}{own}"
    if level == "tag":
        return f"[transport]\n{row.around}[tags.x.transport]\n{setting}{plain}{own}tags = ['x']\n"
    return f"[transport]\n{row.around}{plain}{own}[hosts.transport]\n{setting}"


async def see(key: str, text: str, host_id: str) -> object:
    driver = Peers()
    async with configured(driver, text) as manager:
        return await ROWS[key].probe(manager, driver, host_id)


EACH = sorted(set(ROWS) - {OF_THE_FLEET})


@pytest.mark.parametrize("level", ["program", "tag", "host"])
@pytest.mark.parametrize("key", EACH)
def test_a_setting_governs_what_it_says(key: str, level: str) -> None:
    seen = run_virtual(see(key, file_of(key, level), "own"))
    assert seen == ROWS[key].seen
    if level != "program":
        assert run_virtual(see(key, file_of(key, level), "plain")) != seen, "another host is not concerned"


@pytest.mark.parametrize("of", ["the host", "the fleet"])
@pytest.mark.parametrize("key", EACH)
def test_a_setting_that_changes_governs_a_host_that_is_there_already(key: str, of: str) -> None:
    """`update_host` and `configure` take new settings, and no connection ends by that.

    What only an opening can take (keepalive) holds from the next opening on.
    """

    async def main() -> object:
        driver = Peers()
        before = file_of(key, "host").rpartition("[hosts.transport]")[0]
        async with configured(driver, before) as manager:
            await manager.execute_on_host("own", answer)
            links = driver.links_of("own")
            if key.startswith("keepalive"):
                links[0].lose()
                driver.links.clear()
            if of == "the host":
                await manager.update_host(parse(file_of(key, "host"), FILE).hosts[1])
            else:
                manager.configure(parse(file_of(key, "program"), FILE).transport)
            assert all(link.alive for link in links) or key.startswith("keepalive")
            return await ROWS[key].probe(manager, driver, "own")

    assert run_virtual(main()) == ROWS[key].seen


def test_a_hosts_own_settings_stay_when_those_of_the_fleet_change() -> None:
    async def main() -> list[float]:
        driver = Peers()
        async with configured(driver, file_of("call_timeout", "host")) as manager:
            manager.configure(TransportConfig(call_timeout=9))
            return [await seconds_of_a_call(manager, driver, host_id) for host_id in ("own", "plain")]

    assert run_virtual(main()) == [4.5, 9]


def test_what_cannot_change_while_it_runs_is_refused_and_nothing_else_changes_either() -> None:
    async def main() -> float:
        driver = Peers()
        async with configured(driver, file_of("call_timeout", "program")) as manager:
            with pytest.raises(ConfigError, match="cannot change from 16 to 4 now") as refused:
                manager.configure(replace(manager.config, call_timeout=9, max_concurrent_connects=4))
            assert refused.value.key == "transport.max_concurrent_connects"
            return await seconds_of_a_call(manager, driver, "own")

    assert run_virtual(main()) == 4.5


def test_a_lower_maximum_closes_what_is_too_much_after_its_last_use() -> None:
    async def main() -> None:
        driver = Peers()
        async with configured(driver, "[transport]\n" + FULL + file_of("call_timeout", "program")[12:]) as manager:
            busy = asyncio.create_task(hold(manager, "own", 4, 30))
            await until(lambda: manager.stats()["own"].total_connections == 4)
            pool = replace(manager.config.pool, max_connections_per_host=1)
            manager.configure(replace(manager.config, pool=pool))
            await asyncio.sleep(1)
            assert sum(link.alive for link in driver.links_of("own")) == 4, "each is in use"
            assert not [one for one in await busy if isinstance(one, AtpError)]
            await asyncio.sleep(1)
            assert sum(link.alive for link in driver.links_of("own")) == 1

    run_virtual(main())


@pytest.mark.parametrize(
    ("verdict", "given_up_by", "again"),
    [
        (ConnectFailed("refused"), "auto_reconnect = false", True),
        (ConnectFailed("refused"), "reconnect.max_attempts = 1\nreconnect.slow_lane = 0", True),
        (AuthFailed("refused"), "auto_reconnect = false", False),
    ],
)
def test_a_host_that_was_given_up_is_tried_again_where_the_new_settings_would_not_have_done_so(
    verdict: TransportError, given_up_by: str, again: bool
) -> None:
    async def main() -> None:
        driver = Peers()
        text = f"[transport]\n{given_up_by}\n" + file_of("call_timeout", "program")[12:]
        async with configured(driver, text) as manager:
            await fall_down(manager, driver, "own", verdict)
            if "auto_reconnect" in given_up_by:
                manager.retry("own")
            await asyncio.sleep(1000)
            made = len(driver.attempts_of["own"])
            manager.configure(manager.config)
            await asyncio.sleep(1000)
            assert len(driver.attempts_of["own"]) == made, "the same settings change nothing"
            driver.verdicts.clear()
            manager.configure(TransportConfig())
            await asyncio.sleep(1000)
            assert (manager.host_state("own").state is ConnectionState.CONNECTED) is again

    run_virtual(main())


@pytest.mark.parametrize("limit", [1, 4])
def test_openings_of_the_whole_fleet_are_limited(limit: int) -> None:
    async def main() -> int:
        driver = Peers()
        driver.open_time = 0.3
        hosts = "".join(
            f'[[hosts]]\nid = "h{n}"\nhost = "192.0.2.1"\nuri = "test+tcp://192.0.2.1/default"\n' for n in range(40)
        )
        async with configured(driver, f"transport.max_concurrent_connects = {limit}\n{hosts}") as manager:
            await asyncio.sleep(30)
            assert manager.active_connection_count == 40
        return driver.most_opening

    assert run_virtual(main()) == limit


def test_a_hosts_settings_stay_below_no_other_hosts() -> None:
    """Two hosts with settings of their own keep them apart, and take what they leave out from the program."""
    text = file_of("call_timeout", "host").replace("[transport]\n", "[transport]\nheartbeat_timeout = 9\n")
    plain, own = parse(text, FILE).hosts
    program = TransportConfig(heartbeat_timeout=9)
    assert plain.transport is None
    assert own.transport == replace(program, call_timeout=4.5)
