"""The screen on the engine itself, and a real libvirtd that asks for a password."""

from __future__ import annotations

import math
from functools import partial

import pytest

from atp_tui.config.fleet import FleetConfig
from atp_tui.drivers.sources import FileSource
from atp_tui.model.connection import ConnectionState
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import PoolConfig, TransportConfig
from atp_tui.ui.screens.password import PasswordScreen

from ..drivers.guarded import PASSWORD, guarded_libvirtd
from .test_real_engine import Seen, opened

S = ConnectionState


def asks(seen: Seen, words: str) -> bool:
    return bool(seen.ids(S.FAILED)) and f"P kvm01: {words}" in seen.text


@pytest.mark.daemons
async def test_a_password_that_is_typed_connects_the_host() -> None:
    """A wrong one first, which is asked for again; the right one serves all connections."""
    with guarded_libvirtd() as guarded:
        host = HostInfo("kvm01", "127.0.0.1", guarded.uri("tls"), ssh=None)
        config = FleetConfig(hosts=(host,), transport=TransportConfig(pool=PoolConfig(min_connections_per_host=2)))
        async with opened(FileSource(config)) as seen:
            for password, words in (("not this", "wants a password"), (PASSWORD, "password refused")):
                await seen.until(partial(asks, seen, words))
                await seen.pilot.press("P")
                await seen.until(lambda: isinstance(seen.pilot.app.screen, PasswordScreen))
                await seen.read()
                asked = seen.pilot.app.screen
                assert isinstance(asked, PasswordScreen)
                await seen.until(lambda: asked.is_shown)  # noqa: B023 # called at once
                asked.appeared(-math.inf)  # as if for so long that it listens
                if password == PASSWORD:
                    assert "did not take" in seen.text
                else:
                    await seen.type(guarded.name)
                    await seen.pilot.press("enter")
                await seen.type(password)
                await seen.pilot.press("enter")
                await seen.until(lambda: not isinstance(seen.pilot.app.screen, PasswordScreen))
            await seen.until(lambda: seen.engine.manager.stats()["kvm01"].active_connections == 2)
            await seen.until(lambda: "press P" not in seen.text and seen.ids(S.CONNECTED))
            assert PASSWORD not in seen.text
