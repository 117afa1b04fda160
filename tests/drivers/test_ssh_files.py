"""Files to and from a real sshd: what arrives is what was sent, and each refusal is told as what it is."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.drivers.near import tree
from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.drivers.ssh.moving.link import MovingLink
from atp_tui.drivers.ssh.moving.pull import _Fetcher
from atp_tui.drivers.ssh.moving.push import Sender
from atp_tui.drivers.ssh.sftp.client import Sftp
from atp_tui.drivers.ssh.sftp.session import Reply
from atp_tui.drivers.ssh.sftp.wire import Attrs, Kind, Status
from atp_tui.model.ending import end_is_confirmed
from atp_tui.model.errors import ConnectionLost
from atp_tui.model.far_paths import part_name
from atp_tui.model.moving import MoveRules, Pull, Push
from atp_tui.model.say import Say

from ..daemons.mounts import own_mounts
from ..daemons.sshd import PrivateSshd, free_port, running_sshd
from .moving import HANG, Sink, failure, names, near, pull, push
from .ssh_links import host_of, linked, open_link, run, until

# ruff: noqa: ASYNC240 - files of the tests are on a disk that comes at once

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(120)]

LARGE = 3 * 1024 * 1024 + 17
"""Bytes: more than a piece, and no whole number of blocks."""


@pytest.fixture
async def link(sshd: PrivateSshd) -> AsyncIterator[MovingLink]:
    async with linked(sshd) as opened:
        yield opened


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(os.urandom(LARGE))
    return path


async def test_a_file_arrives_whole_and_comes_back(link: MovingLink, large: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    told = await push(link, large, to=there, rules=MoveRules(verify=True))
    assert there.read_bytes() == large.read_bytes()
    assert told.out == f"sent 1 file, {LARGE:,} bytes; 1 checksum right (sha256sum there)\n" and told.err == ""
    assert (told.moves[-1].done, told.moves[-1].total, told.moves[-1].files) == (LARGE, LARGE, 1)
    back = await pull(link, there, tmp_path / "near", MoveRules(verify=True, sync=True))
    assert (tmp_path / "near" / "there").read_bytes() == large.read_bytes()
    assert back.out == f"fetched 1 file, {LARGE:,} bytes; 1 checksum right (sha256sum there)\n"
    assert names(tmp_path / "near") == ["there"] and not [each for each in names(tmp_path) if "atp-part" in each]


async def test_a_file_of_no_bytes_and_holes_stay_what_they_are(link: MovingLink, tmp_path: Path) -> None:
    empty, sparse = tmp_path / "empty", tmp_path / "sparse"
    empty.touch()
    with sparse.open("wb") as file:
        file.seek(8 << 20)
        file.write(b"x")
        file.truncate(20 << 20)
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    await push(link, empty, sparse, to=f"{there}/")
    await pull(link, f"{there}/*", here)
    for folder in (there, here):
        assert (folder / "empty").read_bytes() == b""
        assert (folder / "sparse").read_bytes() == sparse.read_bytes()
        assert (folder / "sparse").stat().st_blocks * 512 < 4 << 20, "its holes were filled"


async def test_a_folder_goes_with_modes_times_and_links_and_without_what_is_no_file(
    link: MovingLink, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "run").write_text("#!/bin/sh\n")
    (folder / "inner" / "run").chmod(0o751)
    os.utime(folder / "inner" / "run", (1_000_000, 1_000_001))
    os.symlink("inner/run", folder / "link")
    os.symlink("folder", folder / "inner" / "nowhere")
    strange = os.fsencode(folder / "inner") + b"/n\xff\n"
    Path(os.fsdecode(strange)).write_text("strange")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        os.chmod(folder / "inner", 0o700)
        os.utime(folder / "inner", (1_000_000, 1_000_002))
        told = await push(link, folder, to=tmp_path / "there", rules=MoveRules(preserve=True))
    back = await pull(link, tmp_path / "there", tmp_path / "here", MoveRules(preserve=True))
    assert told.err.splitlines() == [f"skipped: {folder}/pipe: a pipe", f"skipped: {folder}/socket: a socket"]
    assert told.out == "sent 4 files, 17 bytes\n" and back.out == "fetched 4 files, 17 bytes\n"
    for copy in (tmp_path / "there", tmp_path / "here" / "there"):
        file = copy / "inner" / "run"
        assert stat.S_IMODE(file.stat().st_mode) == 0o751 and file.stat().st_mtime == 1_000_001
        assert stat.S_IMODE((copy / "inner").stat().st_mode) == 0o700 and (copy / "inner").stat().st_mtime == 1_000_002
        assert os.readlink(copy / "link") == "inner/run"
        assert b"n\xff\n" in os.listdir(os.fsencode(copy / "inner"))


async def test_without_being_asked_a_mode_is_that_of_what_is_replaced(link: MovingLink, tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_text("new")
    new.chmod(0o775)
    old.write_text("old")
    old.chmod(0o640)
    await push(link, new, to=old)
    await push(link, new, to=tmp_path / "other")
    assert (old.read_text(), stat.S_IMODE(old.stat().st_mode)) == ("new", 0o640)
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o755, "others write nothing that is new"
    new.chmod(0o4777)
    await pull(link, new, tmp_path / "here", MoveRules(preserve=True))
    assert stat.S_IMODE((tmp_path / "here" / "new").stat().st_mode) == 0o777, "no host sets who a file runs as"


async def test_what_symlinks_lead_to_is_sent_where_that_is_asked_for(link: MovingLink, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "outside").write_text("outside")
    os.symlink("../outside", folder / "link")
    os.symlink(".", folder / "round")
    os.symlink("gone", folder / "broken")
    told = await push(link, folder, to=tmp_path / "there", rules=MoveRules(follow=True))
    assert names(tmp_path / "there") == ["link"] and not (tmp_path / "there" / "link").is_symlink()
    assert told.err.splitlines() == [
        f"skipped: {folder}/broken: a symlink that leads nowhere",
        f"skipped: {folder}/round: a symlink that leads round",
    ]


async def test_a_far_symlink_leads_nothing_out_of_the_folder(link: MovingLink, tmp_path: Path) -> None:
    far, here, secret = tmp_path / "far", tmp_path / "here", tmp_path / "secret"
    far.mkdir()
    secret.mkdir()
    (secret / "file").write_text("mine")
    os.symlink(secret, far / "out")
    os.symlink("../../secret", far / "up")
    told = await pull(link, far, here)
    assert names(here / "far") == []
    assert sorted(told.err.splitlines()) == [
        f"skipped: {far}/out: a symlink that leads out of the folder: {secret}",
        f"skipped: {far}/up: a symlink that leads out of the folder: ../../secret",
    ]
    (far / "out").unlink()
    (far / "out").mkdir()
    (far / "out" / "file").write_text("theirs")
    os.symlink(secret, here / "far" / "out")  # somebody has put it here meanwhile
    said, words, _ = await failure(link, Pull(str(far), str(here)))
    assert said is Say.NEAR_FILE_FAILED and "out on this machine" in words
    assert (secret / "file").read_text() == "mine"


async def test_each_refusal_is_told_as_what_it_is(link: MovingLink, tmp_path: Path) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("x")
    folder.mkdir()
    (tmp_path / "kept").write_text("kept")
    sources = (near(file),)
    cases = {
        f"{tmp_path}/none/x": Say.FILE_NO_FOLDER,
        f"{tmp_path}/none/x/": Say.FILE_NO_FOLDER,
        f"{file}/x": Say.FILE_NOT_FOLDER,
        f"{file}/": Say.FILE_NOT_FOLDER,
        str(folder): Say.FILE_IS_FOLDER,
        "/dev/null": Say.FILE_SPECIAL,
    }
    found = {far: (await failure(link, Push(sources, far)))[0] for far in cases}
    assert found == cases
    kept = Push(sources, str(tmp_path / "kept"), MoveRules(replace=False))
    assert (await failure(link, kept))[0] is Say.FILE_EXISTS and (tmp_path / "kept").read_text() == "kept"
    assert (await failure(link, Push((*sources, near(tmp_path / "kept")), str(file))))[0] is Say.MOVE_NEEDS_FOLDER
    fetched = {
        f"{tmp_path}/none": Say.FILE_MISSING,
        f"{tmp_path}/none*": Say.FILE_NO_MATCH,
        "/dev/null": Say.FILE_SPECIAL,
        f"{tmp_path}/*/none": Say.FILE_NO_MATCH,
    }
    here = tmp_path / "here"
    assert {far: (await failure(link, Pull(far, str(here))))[0] for far in fetched} == fetched
    assert (await failure(link, Pull(str(file), str(file))))[0] is Say.NEAR_FILE_FAILED
    assert names(tmp_path) == ["file", "folder", "here", "kept"] and names(here) == names(folder) == []


async def test_of_several_files_those_that_can_go(link: MovingLink, tmp_path: Path) -> None:
    folder, there = tmp_path / "folder", tmp_path / "there"
    (folder / "in").mkdir(parents=True)
    (there / "b").mkdir(parents=True)
    (there / "in").write_text("a file")
    for name in ("a", "b", "c", "in/d"):
        (folder / name).write_text(name)
    said, words, told = await failure(link, Push((near(folder),), str(there)))
    assert said is Say.FILES_PARTLY and words.startswith("2 of 4 failed, the first: ")
    assert f"failed: a folder is there: {there}/b" in told and f"failed: not a folder: {there}/in" in told
    assert (there / "a").read_text() == "a" and (there / "c").read_text() == "c"


async def test_a_file_that_changes_while_it_is_read_is_not_put_in_place(
    link: MovingLink, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, sent = tmp_path / "there", Sender._blocks

    async def changed(self: Sender, handle: bytes, file: object, begin: int) -> None:
        await sent(self, handle, file, begin)  # type: ignore[arg-type]
        with large.open("ab") as more:
            more.write(b"more")

    monkeypatch.setattr(Sender, "_blocks", changed)
    asked = Push((near(large),), str(there))
    assert (await failure(link, asked))[0] is Say.FILE_CHANGED
    assert (await failure(link, asked))[0] is Say.NEAR_FILE_STALE, "it is not the file that was asked for any more"
    assert names(tmp_path) == ["large"]


async def test_a_far_file_that_grows_is_told_and_one_that_shrinks_is_not_kept(
    link: MovingLink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, fetched = tmp_path / "log", _Fetcher._blocks
    log.write_text("x" * 100_000)

    def after(change: Callable[[], object]) -> None:
        async def blocks(self: _Fetcher, *given: object) -> None:
            await fetched(self, *given)  # type: ignore[arg-type]
            change()

        monkeypatch.setattr(_Fetcher, "_blocks", blocks)

    after(lambda: log.write_text("x" * 100_000 + "more"))
    told = await pull(link, log, tmp_path / "here")
    assert told.err == f"note: it changed while it was read; what is here is its first 100,000 bytes: {log}\n"
    assert (tmp_path / "here" / "log").read_text() == "x" * 100_000
    after(lambda: log.write_text("short"))
    assert (await failure(link, Pull(str(log), str(tmp_path / "here"))))[0] is Say.FILE_SHRANK
    assert (tmp_path / "here" / "log").read_text() == "x" * 100_000, "what was there stays"


async def test_what_says_that_it_is_empty_is_read_to_its_end(link: MovingLink, tmp_path: Path) -> None:
    await pull(link, "/proc/self/status", tmp_path / "here")
    assert "Pid:" in (tmp_path / "here" / "status").read_text()


async def test_a_full_disk_is_told_and_left_as_it_was(tmp_path: Path, large: Path) -> None:
    small, daemon = tmp_path / "small", PrivateSshd(tmp_path / "sshd")
    small.mkdir()
    daemon.within = tuple(own_mounts(f"mount -t tmpfs -o size=1m tmpfs {small}"))
    daemon.port = free_port()
    daemon.start()
    try:
        async with linked(daemon) as link:
            said, words, _ = await failure(link, Push((near(large),), f"{small}/large"))
            assert (said, words) == (Say.FILE_FULL, f"disk full: {small}/large")
            assert (await run(link, f"ls -A {small}"))[1] == b"", "what was written is taken away again"
            await run(link, f"mount -o remount,ro {small}")
            assert (await failure(link, Push((near(large),), f"{small}/large")))[0] is Say.FILE_READ_ONLY
    finally:
        daemon.close()


async def on_its_way(folder: Path) -> None:
    """Wait until some of a file is there. The progress is told too late: a quick machine has moved all by then."""
    await until(lambda: any(part.stat().st_size >= 8 << 20 for part in folder.glob(".*")), "nothing was moved", 0.001)


@pytest.mark.parametrize("way", ["push", "pull"])
async def test_a_cut_is_told_and_gone_on_with(own_sshd: PrivateSshd, tmp_path: Path, way: str) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "folder"
    whole.write_bytes(os.urandom(64 << 20))
    folder.mkdir()
    part = folder / part_name(b"whole", (0,)).decode()
    rules = MoveRules(resume=True, verify=True)
    asked = Push((near(whole),), f"{folder}/", rules) if way == "push" else Pull(str(whole), str(folder), rules)
    link = await open_link(host_of(own_sshd))

    async def cut() -> None:
        await on_its_way(folder)
        own_sshd.kill()

    with pytest.raises(ConnectionLost, match="bytes had come over") as caught:
        async with asyncio.timeout(HANG):
            cutting = asyncio.create_task(cut())
            await link.move(asked, Sink())
    await cutting
    assert end_is_confirmed(caught.value)
    (part,) = folder.iterdir()
    assert part.name.startswith(".whole.") and 0 < part.stat().st_size <= whole.stat().st_size
    left = part.stat().st_size
    own_sshd.start()
    async with linked(own_sshd) as link:
        told = Sink()
        async with asyncio.timeout(HANG):
            await link.move(asked, told)
    assert (folder / "whole").read_bytes() == whole.read_bytes() and names(folder) == ["whole"]
    assert told.err == "", "what was left was right, and gone on with"
    assert "2 checksums right (sha256sum there)" in told.out
    assert told.moves[0].done in (0, left), "what was there already counts from the beginning"


async def test_what_is_no_beginning_of_the_file_is_thrown_away(link: MovingLink, large: Path, tmp_path: Path) -> None:
    status = large.stat()
    part = tmp_path / part_name(b"there", (status.st_size, status.st_mtime_ns)).decode()
    part.write_bytes(b"another file's" * 1000)
    told = await push(link, large, to=tmp_path / "there", rules=MoveRules(resume=True))
    assert "begun anew: what was left is another file's" in told.err
    assert "right" not in told.out, "a checksum that was wrong is not told as right"
    assert (tmp_path / "there").read_bytes() == large.read_bytes() and not part.exists()


async def test_nothing_is_written_through_a_symlink_that_waits_for_the_part(
    link: MovingLink, large: Path, tmp_path: Path
) -> None:
    status, victim = large.stat(), tmp_path / "victim"
    victim.write_text("victim")
    part = tmp_path / part_name(b"there", (status.st_size, status.st_mtime_ns)).decode()
    for rules in (MoveRules(), MoveRules(resume=True)):
        part.symlink_to(victim)
        await push(link, large, to=tmp_path / "there", rules=rules)
        assert victim.read_text() == "victim" and not part.is_symlink()
    os.symlink(victim, tmp_path / "link")
    await push(link, large, to=tmp_path / "link")
    assert victim.read_text() == "victim" and not (tmp_path / "link").is_symlink(), "the link itself is replaced"


@pytest.mark.parametrize("way", ["push", "pull"])
async def test_a_cancel_leaves_nothing_that_is_not_whole(link: MovingLink, tmp_path: Path, way: str) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "folder"
    with whole.open("wb") as file:
        for _ in range(64):
            file.write(os.urandom(1 << 20))
    folder.mkdir()
    asked = Push((near(whole),), f"{folder}/") if way == "push" else Pull(str(whole), str(folder))
    task = asyncio.create_task(link.move(asked, Sink()))
    await on_its_way(folder)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert end_is_confirmed(caught.value)
    await until(lambda: names(folder) == [], "a part is left")
    assert await push(link, whole, to=f"{folder}/"), "the connection goes on"


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("Subsystem other /bin/true", Say.NO_SFTP),
        ("Subsystem sftp /no/such/program", Say.SFTP_NO_START),
        ("ForceCommand echo hello there", Say.SFTP_NOT_SPOKEN),
    ],
)
async def test_a_host_without_sftp_says_so(tmp_path: Path, option: str, said: Say) -> None:
    file = tmp_path / "file"
    file.touch()
    with running_sshd(tmp_path / "sshd", options=[option]) as daemon:
        async with linked(daemon) as link:
            found, words, _ = await failure(link, Push((near(file),), f"{tmp_path}/x"))
            assert found is said and "\n" not in words
            assert said is not Say.SFTP_NOT_SPOKEN or "hello there" in words


@pytest.mark.parametrize("options", [["ForceCommand internal-sftp"], ["MaxSessions 1"]])
async def test_where_no_command_runs_checksums_are_read_back(tmp_path: Path, large: Path, options: list[str]) -> None:
    with running_sshd(tmp_path / "sshd", options=options) as daemon:
        async with linked(daemon) as link:
            told = await push(link, large, to=tmp_path / "there", rules=MoveRules(verify=True))
            back = await pull(link, tmp_path / "there", tmp_path / "here", MoveRules(verify=True))
    assert "1 checksum right (read back)" in told.out and "1 checksum right (read back)" in back.out
    assert (tmp_path / "here" / "there").read_bytes() == large.read_bytes()


async def test_many_hosts_read_a_near_file_once_and_one_that_is_slow_holds_up_nobody(
    sshd: PrivateSshd, tmp_path: Path
) -> None:
    file, driver = tmp_path / "file", SshDriver()
    file.write_bytes(os.urandom(40 << 20))
    links = [await open_link(host_of(sshd), driver) for _ in range(4)]
    for number, link in enumerate(links):
        link.moving.near._kept = 30 << 20
        (tmp_path / str(number)).mkdir()
    sinks = [Sink() for _ in links]
    tasks = [
        asyncio.create_task(link.move(Push((near(file),), f"{tmp_path}/{number}/"), sinks[number]))
        for number, link in enumerate(links)
    ]
    await until(lambda: bool(sinks[0].moves and sinks[0].moves[-1].done), "it did not begin")
    assert links[0]._connection._transport is not None
    links[0]._connection._transport.pause_reading()  # of its host nothing is heard any more
    async with asyncio.timeout(HANG):
        await asyncio.gather(*tasks[1:])
    near_files = links[0].moving.near
    assert not tasks[0].done() and near_files._held <= 31 << 20
    pieces = -(-file.stat().st_size // (1020 * 1024))
    assert near_files.reads <= 2 * pieces, "three hosts together read it once"
    links[0]._connection._transport.resume_reading()
    async with asyncio.timeout(HANG):
        await tasks[0]
    assert near_files._held == 0 and near_files._files == {}
    assert all((tmp_path / str(number) / "file").read_bytes() == file.read_bytes() for number in range(4))
    for link in links:
        link.abort()


async def test_small_files_by_the_thousand(link: MovingLink, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    for number in range(20):
        (folder / f"{number}").mkdir(parents=True)
        for each in range(100):
            (folder / f"{number}" / f"{each}").write_bytes(b"x" * each)
    assert (await push(link, folder, to=tmp_path / "there")).out == "sent 2,000 files, 99,000 bytes\n"
    assert (await pull(link, tmp_path / "there", tmp_path / "here")).out == "fetched 2,000 files, 99,000 bytes\n"
    for copy in (tmp_path / "there", tmp_path / "here" / "there"):
        assert [names(copy / each) for each in names(copy)] == [names(folder / each) for each in names(folder)]
        assert (copy / "7" / "42").read_bytes() == b"x" * 42


async def test_a_second_transfer_of_the_same_names_is_refused_in_a_pull_alone(link: MovingLink, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    said, words, _ = await failure(link, Pull(f"{tmp_path}/?/x", str(tmp_path / "here")))
    assert said is Say.FILES_PARTLY and "two of these would be one file" in words


async def test_two_files_that_would_be_one_there_are_an_error_for_the_second(link: MovingLink, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
        os.utime(tmp_path / name / "x", (5, 5))
    first, second = near(tmp_path / "a" / "x"), near(tmp_path / "b" / "x")
    said, words, _ = await failure(link, Push((first, first, second), f"{there}/"))
    assert said is Say.FILES_PARTLY and words == f"1 of 2 failed, the first: two of these would be one file: {there}/x"
    assert names(there) == ["x"] and (there / "x").read_text() == "a"


async def test_a_job_that_goes_on_gives_no_other_its_old_files(link: MovingLink, tmp_path: Path) -> None:
    folder, there, moving = tmp_path / "folder", tmp_path / "there", link.moving
    folder.mkdir()
    (folder / "x").write_text("old")
    file, within = near(folder / "x"), near(folder)
    with moving.near.thread.used():
        held = [
            await moving.near.open(os.fsencode(folder / "x"), file, follow=True),
            await moving.near.open(os.fsencode(folder / "x"), within, follow=False),
        ]
        async with moving.listings.listed(within, follow=False):  # as a job does whose host has stalled
            (folder / "new").write_text("new")
            os.replace(folder / "new", folder / "x")
            (folder / "y").write_text("more")
            await push(link, folder / "x", to=tmp_path / "single")
            await push(link, folder, to=there)
        for each in held:
            moving.near.close(each)
    assert (tmp_path / "single").read_text() == "new"
    assert names(there) == ["x", "y"] and (there / "x").read_text() == "new"


async def test_a_folder_that_cannot_be_read_or_is_too_deep_is_a_failure(
    link: MovingLink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "x").write_text("x")
    monkeypatch.setattr(tree, "MOST_DEEP", 1)
    said, words, _ = await failure(link, Push((near(folder),), str(tmp_path / "there")))
    assert said is Say.FILES_PARTLY and words.endswith(f"{folder}/a/b on this machine: too deep")
    scan, closed = os.scandir, os.fsencode(folder / "a" / "b")

    def denied(path: bytes) -> object:
        if path == closed:
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(tree, "MOST_DEEP", 9)
    monkeypatch.setattr(os, "scandir", denied)
    said, words, _ = await failure(link, Push((near(folder),), str(tmp_path / "other")))
    assert said is Say.FILES_PARTLY and words.endswith(f"{folder}/a/b on this machine: Permission denied")


async def test_what_ran_as_another_user_does_not_run_as_ours(
    link: MovingLink, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there"
    there.write_text("theirs")
    there.chmod(0o4755)
    await push(link, large, to=there)
    assert stat.S_IMODE(there.stat().st_mode) == 0o4755, "its owner is the same"
    looked = Sftp.there

    async def of_another(self: Sftp, path: bytes) -> Attrs | None:
        found = await looked(self, path)
        return found and replace(found, owner=(12345, 12345))

    def refused(self: Sftp, handle: bytes, attrs: Attrs) -> asyncio.Future[Reply]:
        if attrs.owner is None:
            return setting(self, handle, attrs)
        answer = asyncio.get_running_loop().create_future()
        answer.set_result((Kind.STATUS, struct.pack(">I", Status.PERMISSION_DENIED)))
        return answer

    setting = Sftp.setting
    monkeypatch.setattr(Sftp, "there", of_another)
    monkeypatch.setattr(Sftp, "setting", refused)
    told = await push(link, large, to=there)
    assert "which cannot be kept" in told.err and stat.S_IMODE(there.stat().st_mode) == 0o755


async def test_a_pipe_here_is_not_replaced(link: MovingLink, large: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    os.mkfifo(here / "large")
    assert (await failure(link, Pull(str(large), str(here))))[0] is Say.FILE_SPECIAL
    assert names(here) == ["large"] and (here / "large").is_fifo()
