"""A real daemon that is killed: what the last hour of each connection says, against the transport's news."""

from __future__ import annotations

from pathlib import Path

import pytest

from atp_tui.config.load import parse
from atp_tui.drivers.sources import FileSource
from atp_tui.model.connection import ConnectionState
from atp_tui.model.events import ConnectionChanged
from atp_tui.monitor.lives import Life
from tests.daemons.libvirtd import PrivateLibvirtd

from .test_real_engine import Seen, opened

S = ConnectionState
pytestmark = pytest.mark.daemons

CONFIG = """
[monitor]
interval = 0.5
[transport.pool]
min_connections_per_host = 2
[transport.reconnect]
max_delay = 1
max_attempts = 100
[[hosts]]
id = "dies"
host = "127.0.0.1"
uri = "{uri}"
"""


def lives_of(seen: Seen) -> dict[int, Life]:
    detail = seen.engine.fleet.detail("dies")
    return {} if detail is None else {life.id: life for life in detail.lives}


def states(life: Life) -> list[ConnectionState | None]:
    return [span.state for span in life.spans]


async def test_a_killed_daemon_is_seen_in_the_hour_of_each_connection(own_libvirtd: PrivateLibvirtd) -> None:
    source = FileSource(parse(CONFIG.format(uri=own_libvirtd.uri("tcp")), Path("/x.toml")))
    async with opened(source) as seen:
        with seen.engine.manager.hub.subscribe(1000) as news:
            await seen.until(lambda: [states(life)[-1] for life in lives_of(seen).values()] == [S.CONNECTED] * 2)
            seen.hosts.show_host("dies")
            await seen.pilot.press("o")
            own_libvirtd.kill()
            await seen.until(lambda: "○ closed" in seen.text and "◐ reconnecting" in seen.text)
            await seen.until(lambda: S.DISCONNECTED in (states(life)[-1] for life in lives_of(seen).values()))
            causes = [life.cause for number, life in lives_of(seen).items() if number < 3]
            assert len(causes) == 2 and None not in causes, "each tells why"
            own_libvirtd.start()
            await seen.until(lambda: [life.closed is None for life in lives_of(seen).values()].count(True) == 2)
            await seen.until(lambda: "virt 2 of" in seen.text)
            changes = [event for event in news.take() if isinstance(event, ConnectionChanged)]
            now, lives = seen.engine.fleet.now(), lives_of(seen)
            assert set(lives) == {change.connection_id for change in changes} and len(lives) >= 3
            for change in changes:
                if change.before is S.CONNECTED or (change.after is S.CONNECTED and change.attempt == 0):
                    begins = [span.begun for span in lives[change.connection_id].spans]
                    assert any(abs(begun - (now - change.at)) < 1.0 for begun in begins), change
            assert "waited p50" in seen.text and "last hour" in seen.text
