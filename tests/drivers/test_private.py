"""Directories of killed programs are removed by the next one, whatever their age; those in use never are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from atp_tui.drivers import private
from atp_tui.drivers.private import private_directory, sweep

PREPARED = "import tempfile, random, atp_tui.drivers.private; tempfile.gettempdir(); random.seed()\n"

HOLDS = """
import sys, time
from pathlib import Path
from atp_tui.drivers.private import private_directory
with private_directory(Path(sys.argv[1]), "atp-tui-demo-") as path:
    (path / "id_ed25519").write_text("a key")
    print(path, flush=True)
    time.sleep(60)
"""


def test_a_directory_goes_with_its_block_and_is_private(tmp_path: Path) -> None:
    with private_directory(tmp_path) as path:
        assert path.parent == tmp_path and path.stat().st_mode & 0o777 == 0o700
        sweep([tmp_path])
        assert path.exists(), "it is in use, by this very program"
    assert not any(tmp_path.iterdir())


def test_what_a_killed_program_has_left_is_swept_and_what_another_one_uses_is_not(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        left = Path(other.stdout.readline().strip())
        os.utime(left, (0, 0))
        sweep([tmp_path])
        assert (left / "id_ed25519").exists(), "as old as it is, a program uses it"
        other.send_signal(signal.SIGKILL)
    assert left.exists()
    sweep([tmp_path])
    assert not left.exists()


def test_a_directory_that_can_have_no_lock_is_not_left(tmp_path: Path) -> None:
    script = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))\n" + HOLDS  # none is free
    done = subprocess.run([sys.executable, "-c", PREPARED + script, str(tmp_path)], capture_output=True, text=True)
    assert "Too many open files" in done.stderr
    assert not any(tmp_path.iterdir())


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    for name in ("atp-tui-without-lock", "atp-tui-open", "other-lock", "target"):
        (tmp_path / name).mkdir(mode=0o700)
    for name in ("atp-tui-open", "other-lock", "target"):
        (tmp_path / name / "lock").touch()
    (tmp_path / "atp-tui-open").chmod(0o755)
    (tmp_path / "atp-tui-link").symlink_to(tmp_path / "target")
    (tmp_path / "atp-tui-locks-0").touch()
    before = sorted(tmp_path.rglob("*"))
    sweep([tmp_path, tmp_path / "nowhere"])
    assert sorted(tmp_path.rglob("*")) == before


def test_a_directory_that_was_swept_before_it_was_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, swept = private._lock, list[int]()

    def late(descriptor: int) -> None:
        if not swept:
            swept.append(descriptor)
            monkeypatch.setattr(private, "_lock", lock)
            sweep([tmp_path])
            assert not any(tmp_path.iterdir())
        lock(descriptor)

    monkeypatch.setattr(private, "_lock", late)
    with private_directory(tmp_path) as path:
        assert path.exists() and (path / "lock").exists()
