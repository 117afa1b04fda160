"""The cells of the heat map, as the port gives them: made anew for hosts that have changed, by whatever."""

from __future__ import annotations

from atp_tui.model.connection import ConnectionState
from atp_tui.model.events import HostSampled
from atp_tui.monitor.cells import Cell
from atp_tui.monitor.follower import Changed
from tests.ui.fleet_services import FleetServices, rack


def samples(fakes: FleetServices, rtt: float) -> None:
    fakes.transport.hub.publish(HostSampled(fakes.transport.clock.monotonic(), "kvm01", None, (), rtt, 0, 0))
    follows(fakes)


def follows(fakes: FleetServices) -> None:
    """The view takes what was published."""
    fakes.follower._apply(fakes.follower._subscription.take())


def cell(fakes: FleetServices, metric: str = "rtt") -> Cell:
    (found,) = fakes.fleet.cells(("kvm01",), metric)
    return found


def test_a_cell_is_that_of_now_after_a_sample_a_state_an_age_and_an_end() -> None:
    fakes = FleetServices(rack(2), interval=2.0)
    assert cell(fakes).figure is None
    fakes.transport.change("kvm01", ConnectionState.CONNECTED)
    samples(fakes, 0.007)
    assert cell(fakes) == Cell("kvm01", ConnectionState.CONNECTED, 0.007, True)
    samples(fakes, 0.008)
    assert cell(fakes).figure == 0.008
    assert cell(fakes, "cpu").figure is None
    assert cell(fakes).figure == 0.008, "each metric has its own"

    fakes.transport.clock.ahead += 600
    fakes.follower._tell(Changed(fakes.view.grow_old(fakes.transport.clock.monotonic()), urgent=True))
    assert not cell(fakes).fresh

    fakes.transport.change("kvm01", ConnectionState.FAILED)
    follows(fakes)
    assert cell(fakes).state is ConnectionState.FAILED
    fakes.transport.remove("kvm01")
    follows(fakes)
    assert fakes.fleet.cells(("kvm01", "kvm02"), "rtt") == (Cell("kvm02", ConnectionState.CONNECTING, None, False),)
