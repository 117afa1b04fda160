"""The demo's fleet: the same for the same seed, readable by the driver, and with enough going wrong."""

from __future__ import annotations

import pytest

from atp_tui.drivers.simulated import fleet
from atp_tui.drivers.simulated.driver import SimulatedDriver
from atp_tui.drivers.simulated.faults import FaultKind
from atp_tui.drivers.simulated.fleet import LIBVIRT_TEST, demo_fleet, demo_transport
from atp_tui.model.host import SIMULATED, HostInfo, tags_of
from atp_tui.model.settings import SshSettings

from .clock import FakeClock


def simulated(hosts: tuple[HostInfo, ...]) -> tuple[HostInfo, ...]:
    return tuple(host for host in hosts if (host.uri or "").startswith(SIMULATED))


def test_the_same_arguments_give_the_same_fleet() -> None:
    assert demo_fleet(12, True, 3, None) == demo_fleet(12, True, 3, None)
    assert demo_fleet(12, True, 3, None) != demo_fleet(12, True, 4, None)


def test_ids_and_tags() -> None:
    hosts = demo_fleet(12, False, 1, None)
    assert [host.id for host in simulated(hosts)] == [f"kvm{number:02}" for number in range(1, 13)]
    tags = tags_of(simulated(hosts))
    assert set(tags) == {"rack1", "rack2", "prod", "stage"}
    assert sorted(tags["prod"] + tags["stage"]) == sorted(host.id for host in simulated(hosts))
    assert demo_fleet(1000, False, 1, None)[0].id == "kvm0001"


@pytest.mark.parametrize("installed", [True, False])
def test_a_real_node_is_there_when_the_binding_is(installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "find_spec", lambda name: object() if installed and name == "libvirt" else None)
    found = {host.id: host.uri for host in demo_fleet(2, False, 1, None)}
    assert found.get(LIBVIRT_TEST) == ("test:///default" if installed else None)


def test_ssh_settings_are_those_of_the_caller() -> None:
    hosts = demo_fleet(3, False, 1, lambda host: SshSettings(user=host, port=2222))
    assert [host.ssh and host.ssh.user for host in hosts] == [host.id for host in hosts]
    assert all(host.ssh is None for host in demo_fleet(3, False, 1, None))


@pytest.mark.parametrize("count", [1, 3, 12, 200])
def test_the_driver_understands_each_host(count: int) -> None:
    hosts = simulated(demo_fleet(count, True, 9, None))
    driver = SimulatedDriver(FakeClock())
    scripts = {host.id: driver.host(host).script for host in hosts}
    assert all(driver.host(host).node.name == host.id for host in hosts)
    troubled = [script for script in scripts.values() if script.faults]
    assert len(troubled) == min(count, max(6, count // 10))
    assert all(script.repeat == fleet.FAULT_PERIOD for script in troubled)
    if count >= 6:
        kinds = {fault.kind for script in troubled for fault in script.faults if fault.at < 50}
        assert kinds == set(FaultKind) - {FaultKind.HOST_KEY}


def test_without_faults_nothing_goes_wrong() -> None:
    driver = SimulatedDriver(FakeClock())
    assert not any(driver.host(host).script.faults for host in simulated(demo_fleet(50, False, 1, None)))


def test_a_silent_host_is_noticed_and_retried_while_a_person_watches() -> None:
    settings = demo_transport()
    assert settings.connect_timeout + settings.heartbeat_interval + settings.heartbeat_timeout < 10
    assert settings.reconnect.max_delay <= 15
    assert settings.reconnect.slow_lane <= 20
