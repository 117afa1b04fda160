"""Look-ups off the event loop, what they keep, and a check that is asked again while a connection is open."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import asyncssh
import pytest

from atp_tui.drivers.aside import off_loop
from atp_tui.drivers.ssh.endpoint import resolve
from atp_tui.drivers.ssh.files import ParsedFiles
from atp_tui.drivers.ssh.host_key_check import HostKeyCheck
from atp_tui.drivers.ssh.key_lookup import AT_ONCE, FiledKey, FiledKeys, KeyFiles
from atp_tui.drivers.ssh.known_hosts import Marker
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import HostKeyPolicy, SshSettings

from .test_known_hosts import KEYS, hashed


def _hashed_file(path: Path, lines: int) -> None:
    text = "".join(f"{hashed(f'kvm{number}', os.urandom(20))} {KEYS[0]}\n" for number in range(lines))
    path.write_text(text)


def test_a_key_that_is_revoked_while_the_program_runs_is_revoked(tmp_path: Path) -> None:
    file, files = tmp_path / "revoked", KeyFiles()
    blob = asyncssh.import_public_key(KEYS[1]).public_data
    file.write_text(f"{KEYS[0]}\n")
    assert not files.revoked(file).revokes(blob, None)
    with file.open("a") as opened:
        opened.write(f"{KEYS[1]}\n")
    assert files.revoked(file).revokes(blob, None)
    file.with_name("new").write_text("#" * (file.stat().st_size - 1) + "\n")
    file.with_name("new").replace(file)
    assert not files.revoked(file).revokes(blob, None)
    file.unlink()
    with pytest.raises(FileNotFoundError):
        files.revoked(file)


async def test_a_change_whose_time_was_set_back_is_seen(tmp_path: Path) -> None:
    file, files = tmp_path / "keys", KeyFiles()
    blobs = [asyncssh.import_public_key(key).public_data for key in KEYS[:2]]
    parsed: ParsedFiles[bytes] = ParsedFiles(Path.read_bytes)

    async def found() -> tuple[bytes, bool, bytes | None]:
        (filed,) = (await files.look_up([file], "a", None)).exact
        return filed.blob, files.revoked(file.with_name("revoked")).revokes(blobs[1], None), parsed.get(file)

    def write(key: str) -> None:
        for name, text in ((file, f"a {key}\n"), (file.with_name("revoked"), f"{key}\n")):
            with name.open("w") as opened:  # in place, with the same size
                opened.write(text)
            os.utime(name, (1e9, 1e9))

    write(KEYS[0])
    assert await found() == (blobs[0], False, f"a {KEYS[0]}\n".encode())
    await asyncio.sleep(0.05)  # longer than a tick of the kernel's clock
    write(KEYS[1])
    assert await found() == (blobs[1], True, f"a {KEYS[1]}\n".encode())


async def test_many_hashes_are_made_on_a_thread_and_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, files = tmp_path / "known", KeyFiles()
    _hashed_file(file, AT_ONCE + 1)
    started: list[str] = []
    start = threading.Thread.start

    def counted(thread: threading.Thread) -> None:
        started.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", counted)
    for threads in (1, 1, 1):
        assert [key.place for key in (await files.look_up([file], "kvm7", None)).exact] == [f"{file}:8"]
        assert len(started) == threads
    with file.open("a") as opened:
        opened.write(f"kvm7 {KEYS[1]}\n")
    assert len((await files.look_up([file], "kvm7", None)).exact) == 2
    assert len(started) == 2, "a file that has changed is read on a thread"


async def test_all_who_ask_at_once_get_their_own_answer(tmp_path: Path) -> None:
    file, files = tmp_path / "known", KeyFiles()
    _hashed_file(file, 300)
    answers = await asyncio.gather(*(files.look_up([file], f"kvm{number}", None) for number in range(100)))
    assert [[key.place for key in answer.exact] for answer in answers] == [[f"{file}:{n + 1}"] for n in range(100)]


async def test_a_file_that_went_away_says_nothing(tmp_path: Path) -> None:
    file, files = tmp_path / "known", KeyFiles()
    file.write_text(f"a {KEYS[0]}\n")
    assert (await files.look_up([file], "a", None)).exact
    file.unlink()
    assert await files.look_up([file], "a", None) == FiledKeys()


async def test_what_fails_on_the_thread_is_raised_where_it_was_asked_for() -> None:
    def fail() -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        await off_loop("fails", fail)


async def test_one_that_hangs_holds_up_nobody() -> None:
    ended = threading.Event()
    hanging = asyncio.create_task(off_loop("hangs", ended.wait))
    assert await off_loop("answers", lambda: 1) == 1
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    ended.set()
    await off_loop("after", lambda: None)  # the late answer finds nobody, and harms nobody


def test_another_key_than_the_new_one_that_was_taken_is_refused_in_a_later_exchange() -> None:
    new, other = asyncssh.import_public_key(KEYS[0]), asyncssh.generate_private_key("ssh-ed25519")
    settings = SshSettings(user="u", config_file="/dev/null", host_key_policy=HostKeyPolicy.ACCEPT_NEW)
    check = HostKeyCheck(resolve(HostInfo("a", "a", uri=None, ssh=settings)), FiledKeys())
    assert check.validate(new.public_data) == new == check.accepted_new
    assert check.validate(new.public_data) == new == check.accepted_new
    shown = check.validate(other.public_data)
    with pytest.raises(asyncssh.HostKeyNotVerifiable, match="changed"):
        shown.verify(b"exchange", other.sign(b"exchange", b"ssh-ed25519"))
    assert check.accepted_new is None


def test_another_key_in_a_later_exchange_is_refused() -> None:
    good, other = asyncssh.import_public_key(KEYS[0]), asyncssh.generate_private_key("ssh-ed25519")
    endpoint = resolve(HostInfo("a", "a", uri=None, ssh=SshSettings(user="u", config_file="/dev/null")))
    check = HostKeyCheck(endpoint, FiledKeys((FiledKey(Marker.NONE, good.public_data, "f:1"),)))
    assert check.validate(good.public_data) == good
    assert check.validate(good.public_data) == good
    shown, signed = check.validate(other.public_data), other.sign(b"exchange", b"ssh-ed25519")
    assert not shown.verify(b"another exchange", signed), "not proved: it may be the right key with a spoilt bit"
    with pytest.raises(asyncssh.HostKeyNotVerifiable, match="changed"):
        shown.verify(b"exchange", signed)
    assert check.accepted_new is None
