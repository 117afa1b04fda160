"""What the host panel shows, gathered from the fleet's view and the transport."""

from __future__ import annotations

from ...model.errors import HostUnknown
from ...model.host import HostInfo
from ..services import Services
from ..widgets.host_panel import PanelSnapshot


def panel_snapshot(services: Services, host_id: str | None, now: float) -> PanelSnapshot:
    """The panel of a host at moment `now`; an empty one for none, and for a host that has just gone."""
    empty = PanelSnapshot(now=now, period=services.period)
    detail = services.fleet.detail(host_id) if host_id is not None else None
    if detail is None:
        return empty
    try:
        host, pools = services.transport.host(detail.row.id), services.transport.pools(detail.row.id)
    except HostUnknown:  # the view is a moment behind the transport
        return empty
    return PanelSnapshot(detail, pools, now, services.period, kind_of(host))


def kind_of(host: HostInfo) -> str | None:
    """How the host is reached, as a person knows it: "qemu+ssh"; None for SSH alone."""
    uri = host.connection_uri
    return None if uri is None else f"{uri.driver}+{uri.transport}" if uri.transport else uri.driver
