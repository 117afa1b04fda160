"""asyncssh finds its optional libraries without a compiler's help."""

from __future__ import annotations

import ctypes.util
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.library import find_library


def test_a_library_of_the_system_is_found_as_ctypes_finds_it() -> None:
    found, expected = find_library("c"), ctypes.util.find_library("c")
    assert expected is not None and found is not None
    assert Path(found).name == expected


def test_the_highest_version_is_taken_and_what_is_not_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    for name in ("libatpx.so.9", "libatpx.so.10", "libatpxy.so.11", "libatpx.a"):
        tmp_path.joinpath(name).touch()
    assert find_library("atpx") == str(tmp_path / "libatpx.so.10")
    assert find_library("atpz") is None
