"""Output in files: names, modes, what is there already, work that is done anew."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.drivers.output_files import SUFFIXES, OutputFiles, folder_for
from atp_tui.model.file_names import host_file_name

ODD = ["..", ".", "a/b", "../../etc/passwd", "-", "\0", "\udcff", "%2E"]
IDS = st.text(min_size=1, max_size=400) | st.sampled_from(ODD)


def trouble(host: str, error: OSError) -> None:
    raise AssertionError(host) from error


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    descriptor = folder_for(tmp_path / "logs", overwrite=False)
    yield descriptor
    os.close(descriptor)


@given(st.lists(IDS, unique=True, min_size=1, max_size=5))
def test_every_id_has_a_name_of_its_own_that_is_no_path(ids: list[str]) -> None:
    names = [host_file_name(each, suffix) for each in ids for suffix in SUFFIXES.values()]
    assert len(set(names)) == len(names)
    for name in names:
        assert "/" not in name and "\0" not in name
        assert not name.startswith(".")
        assert len(os.fsencode(name)) <= 255


def test_usual_ids_are_names_as_they_are() -> None:
    assert host_file_name("kvm-01.example_org", ".out") == "kvm-01.example_org.out"
    assert host_file_name("k" * 251, ".err") == "k" * 251 + ".err"


async def test_files_are_for_their_owner_and_begin_anew_with_the_work(folder: int, tmp_path: Path) -> None:
    async with OutputFiles(folder, trouble) as files:
        files.begin("a")
        files.add("a", "stdout", b"lost")
        files.begin("a")
        files.add("a", "stdout", b"ke\xff")
        files.add("a", "stdout", b"pt\n")
        files.end("a")
        files.end("never")
        await files.room()
    logs = tmp_path / "logs"
    assert {path.name: path.read_bytes() for path in logs.iterdir()} == {"a.out": b"ke\xffpt\n", "a.err": b""}
    assert stat.S_IMODE(logs.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in logs.iterdir()} == {0o600}


async def test_a_file_that_is_there_is_never_written_to(folder: int, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (tmp_path / "logs" / "a.out").symlink_to(outside)
    told: list[tuple[str, str | None]] = []
    async with OutputFiles(folder, lambda host, error: told.append((host, error.strerror))) as files:
        for host in ("a", "b"):
            files.begin(host)
            files.add(host, "stdout", b"x")
    assert told == [("a", "File exists")]
    assert (outside.read_text(), (tmp_path / "logs" / "b.out").read_text()) == ("mine", "x")


async def test_overwriting_puts_away_what_was_there_also_of_hosts_that_never_begin(folder: int, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    (tmp_path / "outside").write_text("mine")
    (logs / "a.out").symlink_to(tmp_path / "outside")
    for name in ("b.out", "c.out"):
        (logs / name).write_text("of yesterday")
    with pytest.raises(FileExistsError):
        folder_for(logs, overwrite=False)
    async with OutputFiles(folder, trouble, overwrite=True) as files:
        files.begin("a")
        files.add("a", "stdout", b"x")
        files.end("a")
        files.end("b")
    found = {path.name: path.read_text() for path in logs.iterdir()}
    assert found == {"a.out": "x", "a.err": "", "c.out": "of yesterday"}
    assert (tmp_path / "outside").read_text() == "mine"
