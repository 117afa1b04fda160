"""A file replaced in one step: what is there before and after, whoever holds it and whatever fails."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from atp_tui.config.replace import PRIVATE, replace_file


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file beside which nothing else is."""
    path = tmp_path / "below" / "file"
    path.parent.mkdir()
    path.write_bytes(b"before")
    path.chmod(0o640)
    return path


@pytest.mark.parametrize("durable", [True, False])
def test_what_was_is_replaced_and_its_mode_stays(file: Path, durable: bool) -> None:
    with file.open("rb") as reader:
        replace_file(file, b"after", durable=durable)
        assert reader.read() == b"before", "a reader has one of the two"
    assert (file.read_bytes(), mode_of(file)) == (b"after", 0o640)
    assert os.listdir(file.parent) == ["file"]


def test_another_mode_where_it_is_asked_for(file: Path) -> None:
    replace_file(file, b"after", mode=PRIVATE)
    assert mode_of(file) == PRIVATE


def test_a_new_file_and_its_directories_are_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    replace_file(path, b"after")
    assert (path.read_bytes(), mode_of(path), mode_of(path.parent), mode_of(path.parents[1])) == (
        b"after", PRIVATE, 0o700, 0o700,
    )  # fmt: skip


def test_a_link_stays_one(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to("file")
    replace_file(link, b"after")
    assert link.is_symlink()
    assert (file.read_bytes(), mode_of(file)) == (b"after", 0o640)


def test_a_new_file_takes_nobodys_place(file: Path) -> None:
    dangling = file.with_name("link")
    dangling.symlink_to("nothing")
    for path in (file, dangling):
        with pytest.raises(FileExistsError):
            replace_file(path, b"after", new=True)
    assert file.read_bytes() == b"before"
    assert sorted(os.listdir(file.parent)) == ["file", "link"]
    replace_file(file.with_name("other"), b"after", new=True)
    assert file.with_name("other").read_bytes() == b"after"


@pytest.mark.parametrize("step", ["fchmod", "fsync", "rename"])
def test_what_fails_leaves_the_file_and_nothing_beside_it(
    file: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, step, fails)
        with pytest.raises(OSError, match="No space"):
            replace_file(file, b"after")
    assert file.read_bytes() == b"before"
    assert os.listdir(file.parent) == ["file"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file away")
def test_the_owner_stays(file: Path) -> None:
    os.chown(file, 65534, 65534)
    replace_file(file, b"after")
    found = file.stat()
    assert (found.st_uid, found.st_gid, mode_of(file)) == (65534, 65534, 0o640)
