"""Freezes beside the event loop, where the disk does not answer."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from atp_tui.drivers import freezes
from atp_tui.drivers.freezes import FreezesAside
from atp_tui.model.errors import ConfigError


async def test_a_change_that_the_disk_does_not_take_is_told_and_everything_counts_as_frozen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()
    monkeypatch.setattr(freezes, "CHANGE_LIMIT", 0.1)
    monkeypatch.setattr(freezes, "change_frozen", lambda *_: goes_on.wait())
    aside = FreezesAside(tmp_path / "hosts.toml")
    try:
        with pytest.raises(ConfigError, match="the disk does not answer"):
            await aside.change(lambda _: ())
        assert "the disk does not answer" in aside.now.unreadable
    finally:
        goes_on.set()
    assert (await aside.look()).unreadable == ""
