"""With a umask of 000, as some services start programs, nothing of ours is open to others."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from atp_tui.cli import crash
from atp_tui.cli.log import open_log
from atp_tui.drivers.private import private_directory
from atp_tui.drivers.ssh.key_files import append_key
from atp_tui.ui.history import History


@pytest.fixture(autouse=True)
def nothing_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "a" / "state"))
    handlers = logging.getLogger().handlers[:]
    before = os.umask(0)
    try:
        yield tmp_path
    finally:
        os.umask(before)
        for handler in logging.getLogger().handlers[:]:
            if handler not in handlers:
                logging.getLogger().removeHandler(handler)
                handler.close()


def open_to_others(root: Path) -> list[str]:
    """What somebody else could enter, read or change, below a directory that is ours."""
    found = []
    for path in sorted(root.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        above = [each for each in path.parents if each != root and root in each.parents]
        inside = any(stat.S_IMODE(each.stat().st_mode) & 0o077 == 0 for each in above)
        if mode & 0o077 and not inside:
            found.append(f"{path.relative_to(root)} {mode:o}")
    return found


def test_what_is_written_is_for_its_user_alone(nothing_masked: Path) -> None:
    root = nothing_masked
    assert open_log(verbose=False) is None
    logging.getLogger("atp_tui").warning("a warning")
    crash.survived(ValueError("x"))
    history = History(root / "b" / "c" / "history")
    history.add("uptime")
    append_key(root / "ssh" / "known_hosts", "host", "ssh-ed25519 AAAA")
    with private_directory(root):
        assert open_to_others(root) == []
        names = {path.name for path in root.rglob("*")}
    assert {"history", "known_hosts", "atp_tui.log"} <= names
