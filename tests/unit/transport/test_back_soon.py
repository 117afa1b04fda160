"""After a short outage a host is back soon: delays grow with the outage, and good news brings the attempt forward."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

import pytest

from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import AuthFailed, ConnectFailed, TransportError
from atp_tui.model.events import HostChanged
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings, TransportConfig
from atp_tui.transport.driver import Link, OpenRequest
from atp_tui.transport.manager import TransportManager
from atp_tui.transport.neighbours import place_of
from tests.fakes.driver import FakeDriver
from tests.fakes.virtual_time import VirtualClock, run_virtual
from tests.unit.transport.settled import now, until

S = ConnectionState
FLEET = 100
REFUSED = ConnectFailed("connection refused")


def far(name: str, number: int) -> HostInfo:
    """A host that nothing is known to be near of."""
    return HostInfo(name, f"10.{number}.0.1", uri=f"test+tcp://10.{number}.0.1/default")


def near(name: str, number: int) -> HostInfo:
    """A host in a subnet with all others."""
    return HostInfo(name, f"192.0.2.{number}", uri=f"test+tcp://192.0.2.{number}/default")


def behind(name: str, number: int) -> HostInfo:
    """A host with SSH alone, which stands behind the same jump host as all others."""
    return HostInfo(name, f"10.{number}.0.1", uri=None, ssh=SshSettings(proxy_jump="jump.example.org"))


@dataclass
class Attempts(FakeDriver):
    """Attempts by host; `down` hosts refuse, as a port without its daemon does. The attempt takes a network's time."""

    down: dict[str, TransportError] = field(default_factory=dict)
    begun: list[tuple[str, float]] = field(default_factory=list)
    up: dict[str, float] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        FakeDriver.__init__(self, open_time=0.05)
        self.script = lambda request: self.down.get(request.host.id)

    async def open(self, request: OpenRequest) -> Link:
        self.begun.append((request.host.id, now()))
        if request.host.id in self.addresses:
            request.on_found(self.addresses[request.host.id])
        link = await super().open(request)
        self.up[request.host.id] = now()
        return link

    def of(self, host_id: str, since: float = 0.0) -> list[float]:
        return [at for who, at in self.begun if who == host_id and at >= since]

    def fall(self, *host_ids: str, error: TransportError = REFUSED) -> None:
        self.down |= dict.fromkeys(host_ids, error)
        for link in [link for link in self.links if link.request.host.id in host_ids and link.alive]:
            link.lose()

    def rise(self, *host_ids: str) -> None:
        for host_id in host_ids:
            del self.down[host_id]


@asynccontextmanager
async def fleet(driver: Attempts, *hosts: HostInfo, seed: int = 1) -> AsyncIterator[TransportManager]:
    """With the settings that everybody has."""
    async with TransportManager(
        TransportConfig(), lambda info, channel: driver, clock=VirtualClock(), rng=random.Random(seed)
    ) as manager:
        for host in hosts:
            await manager.add_host(host)
        await asyncio.sleep(30)
        yield manager


@dataclass
class Return:
    """How a fleet came back: seconds until each host was connected, and its attempts in each whole second."""

    waits: list[float]
    attempts: Counter[int]
    most_opening: int


def come_back(make: Callable[[str, int], HostInfo], outage: float, seed: int = 1) -> Return:
    async def main() -> Return:
        driver = Attempts()
        names = [f"h{number:03}" for number in range(FLEET)]
        async with fleet(driver, *(make(name, number) for number, name in enumerate(names)), seed=seed) as manager:
            assert manager.active_connection_count == FLEET
            driver.fall(*names)
            await asyncio.sleep(outage)
            back, driver.most_opening = now(), 0
            driver.rise(*names)
            await until(lambda: manager.active_connection_count == FLEET)
            attempts = Counter(int(at - back) for _, at in driver.begun if at >= back)
            return Return([driver.up[name] - back for name in names], attempts, driver.most_opening)

    return run_virtual(main())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("make", [far, near, behind])
def test_after_a_minutes_outage_a_hundred_hosts_are_back_soon(make: Callable[[str, int], HostInfo], seed: int) -> None:
    fleet = come_back(make, 60, seed)
    assert median(fleet.waits) <= 10
    assert max(fleet.waits) <= 30
    assert fleet.most_opening <= (8 if make is behind else 16)
    assert max(fleet.attempts.values()) <= FLEET / 2, "not all at once"


def test_a_host_that_is_away_for_long_is_asked_more_and_more_seldom() -> None:
    async def main() -> list[float]:
        driver = Attempts()
        async with fleet(driver, far("a", 1)):
            driver.fall("a")
            lost = now()
            await asyncio.sleep(7200)
            return [at - lost for at in driver.of("a", lost)]

    moments = run_virtual(main())
    waits = [later - sooner for sooner, later in pairwise(moments[6:])]
    for began, wait in zip(moments[6:], waits, strict=False):
        period = min(300, max(1, began / 4))
        assert 0.79 * period <= wait <= 1.21 * period + 0.1
    assert len(moments) < 60


# -- good news ---------------------------------------------------------------------------------------------------------


def waiting(manager: TransportManager, host_id: str) -> float:
    """Seconds until the attempt that the host waits for."""
    moment = manager.host_state(host_id).next_attempt_at
    assert moment is not None
    return moment - now()


@asynccontextmanager
async def long_away(
    driver: Attempts, *hosts: HostInfo, error: TransportError = REFUSED
) -> AsyncIterator[TransportManager]:
    """The first host has been away for an hour and waits for minutes still; the others are connected."""
    async with fleet(driver, *hosts) as manager:
        driver.fall(hosts[0].id, error=error)
        await asyncio.sleep(3600)
        if not error.permanent:
            await until(
                lambda: (
                    manager.host_state(hosts[0].id).next_attempt_at is not None and waiting(manager, hosts[0].id) > 200
                )
            )
            await until(lambda: waiting(manager, hosts[0].id) < 200)
        yield manager


def mixed(name: str, number: int) -> HostInfo:
    """A host whose hypervisor is reached directly, and which takes commands over SSH."""
    return HostInfo(name, f"10.{number}.0.1", uri=f"test+tcp://10.{number}.0.1/default", ssh=SshSettings())


def test_the_hosts_other_pool_is_good_news() -> None:
    async def main() -> None:
        driver = Attempts()
        async with long_away(driver, mixed("a", 1)) as manager:
            driver.rise("a")
            await asyncio.sleep(10)
            assert manager.host_state("a").state is S.FAILED
            await manager.execute_on_host("a", lambda connection: connection.ping(), channel="ssh")
            await asyncio.sleep(1)
            assert manager.host_state("a").state is S.CONNECTED

    run_virtual(main())


@pytest.mark.parametrize("make", [near, behind])
def test_a_neighbour_that_comes_back_is_good_news_and_the_screen_is_told(make: Callable[[str, int], HostInfo]) -> None:
    async def main() -> None:
        driver = Attempts()
        async with long_away(driver, make("a", 1), make("b", 2)) as manager:
            driver.rise("a")
            with manager.hub.subscribe() as news:
                driver.fall("b")
                await asyncio.sleep(1.5)
                news.take()
                driver.rise("b")
                await until(lambda: manager.host_state("b").state is S.CONNECTED, step=0.01)
                told = [one.status for one in news.take() if isinstance(one, HostChanged) and one.status.host_id == "a"]
                assert [status.state for status in told] == [S.FAILED]
                assert told[0].next_attempt_at == manager.host_state("a").next_attempt_at
                assert waiting(manager, "a") < 1
            await asyncio.sleep(2)
            assert manager.host_state("a").state is S.CONNECTED

    run_virtual(main())


def test_the_address_that_a_name_has_tells_the_neighbours() -> None:
    async def main() -> None:
        driver = Attempts()
        names = {name: HostInfo(name, name, uri=f"test+tcp://{name}.example.org/default") for name in "abc"}
        driver.addresses = {"a": "2001:db8::1", "b": "2001:db8::ffff:2", "c": "2001:db8:0:1::1"}
        async with long_away(driver, *names.values()) as manager:
            driver.rise("a")
            for neighbour, comes_back in (("c", False), ("b", True)):
                driver.fall(neighbour)
                await asyncio.sleep(10)
                driver.rise(neighbour)
                await until(lambda name=neighbour: manager.host_state(name).state is S.CONNECTED)  # type: ignore[misc]
                await asyncio.sleep(2)
                assert (manager.host_state("a").state is S.CONNECTED) == comes_back

    run_virtual(main())


def test_a_host_that_is_new_or_has_one_more_connection_is_no_news() -> None:
    async def main() -> None:
        driver = Attempts()
        async with long_away(driver, near("a", 1), near("b", 2)) as manager:
            moment = manager.host_state("a").next_attempt_at
            await manager.add_host(near("c", 3))

            async def long(connection: object) -> None:
                await asyncio.sleep(5)

            await asyncio.gather(*(manager.execute_on_host("b", long) for _ in range(8)))
            assert manager.stats()["b"].active_connections > 1
            assert manager.host_state("c").state is S.CONNECTED
            assert manager.host_state("a").next_attempt_at == moment

    run_virtual(main())


def test_a_neighbour_that_comes_and_goes_makes_no_storm() -> None:
    async def main() -> None:
        driver = Attempts()
        async with long_away(driver, near("dead", 1), near("b", 2)) as manager:
            begun = now()
            for _ in range(600):
                driver.fall("b")
                await asyncio.sleep(2)
                driver.rise("b")
                await until(lambda: manager.host_state("b").state is S.CONNECTED)
            hour = (now() - begun) / 3600
            assert hour > 0.4
            attempts = driver.of("dead", begun)
            assert len(attempts) <= 10 + 75 * hour
            last = attempts[-20:]
            assert min(later - sooner for sooner, later in pairwise(last)) >= 48

    run_virtual(main())


def test_news_that_comes_too_early_is_remembered() -> None:
    """The first host of a rack is back, and the others still boot: no further news may come for the last of them."""

    async def main() -> float:
        driver = Attempts()
        async with long_away(driver, near("a", 1), near("b", 2)) as manager:
            driver.fall("b")
            await asyncio.sleep(10)
            driver.rise("b")
            await asyncio.sleep(20)
            driver.rise("a")
            return await until(lambda: manager.host_state("a").state is S.CONNECTED)

    assert run_virtual(main()) < 10


def test_news_while_an_attempt_hangs_is_remembered() -> None:
    async def main() -> float:
        driver = Attempts()
        async with long_away(driver, near("a", 1), near("b", 2)) as manager:
            driver.script = lambda request: "silent" if request.host.id in driver.down else None
            await until(lambda: manager.host_state("a").next_attempt_at is None)
            driver.rise("a")  # an attempt that hangs goes on to hang
            driver.fall("b")
            driver.rise("b")
            await until(lambda: manager.host_state("b").state is S.CONNECTED)
            assert manager.host_state("a").state is S.CONNECTING
            return await until(lambda: manager.host_state("a").state is S.CONNECTED)

    assert run_virtual(main()) < 45


def test_a_carrier_that_an_attempt_has_opened_itself_is_no_news() -> None:
    """sshd answers and libvirtd does not: the attempts of the one would hasten those of the other for ever."""

    async def main() -> None:
        driver = Attempts()
        host = HostInfo("a", "10.0.0.1", uri="test+ssh://10.0.0.1/default")
        async with fleet(driver, host) as manager:
            refused = 0

            def refuse(request: OpenRequest) -> TransportError | None:
                nonlocal refused
                if request.carrier is None:
                    return None
                refused += 1
                for link in list(driver.live):
                    asyncio.get_running_loop().call_later(1, link.lose)  # so the next attempt opens it anew
                return REFUSED

            driver.script = refuse
            for link in list(driver.live):
                link.lose()
            await asyncio.sleep(2 * 3600)
            assert manager.host_state("a").state is S.FAILED
            assert refused < 55

    run_virtual(main())


def test_a_person_who_looks_brings_the_attempt_forward_and_many_looks_no_more_than_a_few() -> None:
    async def main() -> None:
        driver = Attempts()
        async with long_away(driver, far("a", 1)) as manager:
            begun = now()
            manager.looked_at("a")
            assert waiting(manager, "a") == 0
            for _ in range(600):
                await asyncio.sleep(0.1)
                manager.looked_at("a")
            assert 4 <= len(driver.of("a", begun)) <= 7, "after 0, 2, 4, 8, … s"
            driver.rise("a")
            manager.looked_at("a")
            await asyncio.sleep(65)
            assert manager.host_state("a").state is S.CONNECTED
            manager.looked_at("a")

    run_virtual(main())


def test_a_refused_login_is_not_tried_again_for_any_news() -> None:
    """Each refusal may count against an account."""

    async def main() -> None:
        driver = Attempts()
        async with long_away(driver, near("a", 1), near("b", 2), error=AuthFailed("permission denied")) as manager:
            attempts = len(driver.of("a"))
            manager.looked_at("a")
            driver.fall("b")
            await asyncio.sleep(10)
            driver.rise("b")
            await asyncio.sleep(60)
            assert manager.host_state("b").state is S.CONNECTED
            assert len(driver.of("a")) == attempts

    run_virtual(main())


def test_news_of_a_host_that_has_left_reaches_nobody() -> None:
    async def main() -> None:
        driver = Attempts()
        async with long_away(driver, near("a", 1), near("b", 2)) as manager:
            await manager.remove_host("a")
            attempts = len(driver.of("a"))
            driver.fall("b")
            await asyncio.sleep(10)
            driver.rise("b")
            await asyncio.sleep(60)
            assert len(driver.of("a")) == attempts

    run_virtual(main())


@pytest.mark.parametrize(
    ("host", "address", "place"),
    [
        (HostInfo("a", "192.0.2.7"), None, "192.0.2.0/24"),
        (HostInfo("a", "192.0.2.7"), "198.51.100.9", "198.51.100.0/24"),
        (HostInfo("a", "a.example.org"), None, None),
        (HostInfo("a", "a.example.org"), "2001:db8::1:2:3:4", "2001:db8::/64"),
        (HostInfo("a", "a.example.org"), "fe80::1%eth0", "fe80::/64%eth0"),
        (HostInfo("a", "a.example.org", uri="qemu+tcp://192.0.2.8/system"), None, "192.0.2.0/24"),
        (HostInfo("a", "192.0.2.7", uri="qemu:///system"), None, None),
        (HostInfo("a", "192.0.2.7", ssh=SshSettings(proxy_jump="Jump:2222")), None, "behind jump:2222"),
        (
            HostInfo("a", "192.0.2.7", uri="qemu+tls://a/system", ssh=SshSettings(proxy_jump="jump")),
            "192.0.2.7",
            "192.0.2.0/24",
        ),
    ],
)
def test_the_place_of_a_host(host: HostInfo, address: str | None, place: str | None) -> None:
    assert place_of(host, address) == place


@pytest.mark.parametrize(("found", "named", "jump"), [("gate:22", None, "gate:22"), ("gate:22", "other", None)])
def test_a_jump_host_that_an_attempt_finds_is_the_hosts_place(found: str, named: str | None, jump: str | None) -> None:
    """That of ssh_config, of which hosts.toml says nothing; it is known of an attempt that fails, too."""

    async def main() -> None:
        driver = Attempts()

        def script(request: OpenRequest) -> TransportError:
            request.on_way(found)
            request.on_found("192.0.2.1")
            return ConnectFailed("no")

        driver.script = script
        async with fleet(driver, HostInfo("a", "10.0.0.1", uri=None, ssh=SshSettings(proxy_jump=named))) as manager:
            await asyncio.sleep(1)
            entry = manager.entry("a")
            assert entry is not None
            assert (manager.host_state("a").jump, entry.place) == (jump, f"behind {jump or 'other:22'}")
            driver.script = lambda request: request.on_way(None)
            await asyncio.sleep(60)
            assert (manager.host_state("a").jump, manager.host_state("a").state) == (None, ConnectionState.CONNECTED)

    run_virtual(main())
