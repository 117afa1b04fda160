"""Rows and snapshots for tests of the screen, with quiet values where a test says nothing."""

from __future__ import annotations

from dataclasses import fields, replace

from textual.app import App

from atp_tui.model.connection import ConnectionSnapshot, ConnectionState, Latency, PoolStatistics, Standing
from atp_tui.model.message import text
from atp_tui.model.node import DomainReading, DomainState, NodeReading, SystemReading
from atp_tui.monitor.fleet import DomainRow, HostDetail, HostRow
from atp_tui.monitor.freshness import Freshness, freshness
from atp_tui.monitor.rows import DomainCounts
from atp_tui.ui.theme import load_themes, register_themes, themes_folder, variable_defaults
from atp_tui.ui.widgets.lines import Spans

NOW = 1000.0

_ROW = HostRow(
    id="kvm01",
    address="192.0.2.11",
    tags=(),
    metadata=(),
    state=ConnectionState.CONNECTED,
    cause=None,
    since=NOW - 60,
    attempt=0,
    next_attempt_at=None,
    retries=True,
    trouble=None,
    answers_ssh=False,
    takes_commands=True,
    has_virt=True,
    sampled_at=NOW,
    freshness=Freshness.FRESH,
    silent_since=None,
    sample_error=None,
    cpu=0.12,
    memory=0.61,
    rtt=0.0012,
    requests_per_second=2.0,
    errors_per_second=0.0,
    vms=DomainCounts(up=3, off=1),
    history=(0.1, 0.5, 0.9),
)

_CONNECTION = ConnectionSnapshot(
    standing=Standing(ConnectionState.CONNECTED, None, NOW - 60, 0, None, True),
    id=1,
    channel="virt",
    active_uses=3,
    high_water=5,
    total_requests=1204,
    error_count=0,
    errors={},
    last_error=None,
    last_error_at=None,
    created_at=NOW - 60,
    last_active=NOW,
    latency=Latency(0.0011, 0.003, 0.004, 100, 0.0012),
    bytes_in=None,
    bytes_out=None,
    reconnects=0,
)


def host_row(host_id: str, **changes: object) -> HostRow:
    """A connected host with fresh figures, but for `changes`; old where `sampled_at` says so, two seconds a period."""
    if "freshness" not in changes and "sampled_at" in changes:
        sampled_at = changes["sampled_at"]
        assert sampled_at is None or isinstance(sampled_at, float)
        changes["freshness"] = freshness(sampled_at, NOW, 2.0)
    if "running" in changes:
        up, total = changes.pop("running"), changes.pop("domains", 4)
        changes["vms"] = DomainCounts(up=up, off=total - up) if isinstance(up, int) and isinstance(total, int) else None
    _tell(changes, "cause", "sample_error")
    return replace(_ROW, id=host_id, **changes)  # type: ignore[arg-type]  # the fields are checked by the tests' runs


def _tell(changes: dict[str, object], *names: str) -> None:
    """Words that a test gives for what is told become messages."""
    for name in names:
        if isinstance(words := changes.get(name), str):
            changes[name] = text(words)


def connection(number: int = 1, **changes: object) -> ConnectionSnapshot:
    """A connected hypervisor connection, but for `changes`."""
    _tell(changes, "cause")
    stands = {field.name: changes.pop(field.name) for field in fields(Standing) if field.name in changes}
    if stands:
        changes["standing"] = replace(_CONNECTION.standing, **stands)  # type: ignore[arg-type]  # as above
    return replace(_CONNECTION, id=number, **changes)  # type: ignore[arg-type]


def pool(*connections: ConnectionSnapshot) -> PoolStatistics:
    active = sum(one.state is ConnectionState.CONNECTED for one in connections)
    return PoolStatistics(
        "virt", len(connections), active, 10, 5, "round_robin", 1204, 0, 3, 0, 1, {}, {}, tuple(connections)
    )


def domain(name: str, state: DomainState = DomainState.RUNNING) -> DomainRow:
    reading = DomainReading(name, f"uuid-{name}", state, 4, 8 * 1024 * 1024, 8 * 1024 * 1024, 1, 1, 1)
    return DomainRow(reading, 0.71, 1.2e6, 4e5, (0.5, 0.6, 0.7))


def detail(row: HostRow, *domains: DomainRow, system: SystemReading | None = None) -> HostDetail:
    node = NodeReading("kvm01", "QEMU", 9002000, 11003000, 64, 512 * 1024 * 1024, 1024, 1, 1)
    series = {"cpu": (0.1, 0.43), "memory": (0.6, 0.61), "rtt": (0.001, 0.0012), "req": (10.0, 14.0)}
    return HostDetail(row, node if row.has_virt else None, system, domains, series)


def text_of(spans: Spans) -> str:
    """A drawn line as plain text."""
    return "".join(text for text, _ in spans)


def screen_of(app: App[None]) -> list[str]:
    """The rows of the screen as they would reach the terminal, colours left out."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


class ThemedApp(App[None]):
    """An application with our themes and none of our screens."""

    def __init__(self) -> None:
        super().__init__()
        register_themes(self, load_themes([themes_folder()])[0])
        self.theme = "dark"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()
