"""SFTP servers that say what no server should: nothing is written outside of the folder, memory has a bound, and each
of it is told."""

from __future__ import annotations

import contextlib
import os
import struct
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from atp_tui.drivers.ssh.moving import pull as pull_module
from atp_tui.drivers.ssh.moving.link import MovingLink
from atp_tui.drivers.ssh.sftp.wire import Attrs, Kind, string
from atp_tui.model.host import HostInfo
from atp_tui.model.moving import MoveRules, Pull, Push
from atp_tui.model.say import Say
from atp_tui.model.settings import SshSettings

from .moving import failure, names, near, pull
from .ssh_links import linked

FOLDER, FILE, LINK = 0o040755, 0o100644, 0o120777
STRANGE = (b"../escape", b"/absolute", b"..", b".", b"", b"a/b", b"nul\0l", b"x" * 300)
ODD = (b"new\nline", b"\x1b[31mred", b"\xff\xfe", b"-rf", b" ", b"ok")


def status(code: int, words: bytes = b"") -> tuple[int, bytes]:
    return Kind.STATUS, struct.pack(">I", code) + string(words) + string(b"")


def listing(*found: tuple[bytes, int]) -> tuple[int, bytes]:
    entries = (string(name) + string(b"") + Attrs(size=3, mode=mode, times=(1, 1)).encode() for name, mode in found)
    return Kind.NAME, struct.pack(">I", len(found)) + b"".join(entries)


class Server:
    """Serves what a test wants of one listing of a folder; files have three bytes."""

    def __init__(self, *entries: tuple[bytes, int], endless: bool = False, leads: bytes = b"/etc/passwd") -> None:
        self.entries = entries
        self.endless = endless
        self.leads = leads
        self.listed: set[bytes] = set()

    def answer(self, kind: int, body: bytes) -> tuple[int, bytes]:
        path = body[4 : 4 + int.from_bytes(body[:4], "big")]
        match kind:
            case Kind.OPENDIR:
                return Kind.HANDLE, string(path)
            case Kind.READDIR:
                if path in self.listed and not self.endless:
                    return status(1)
                self.listed.add(path)
                return listing(*(self.entries if path == b"/top" or self.endless else ()))
            case Kind.STAT | Kind.LSTAT | Kind.FSTAT:
                mode = FOLDER if path == b"/top" else FILE
                return Kind.ATTRS, Attrs(size=3, mode=mode, times=(1, 1)).encode()
            case Kind.OPEN:
                return Kind.HANDLE, string(path)
            case Kind.READ:
                return Kind.DATA, string(b"bad")
            case Kind.READLINK:
                return Kind.NAME, struct.pack(">I", 1) + string(self.leads) + string(b"") + Attrs().encode()
            case _:
                return status(0)


class Serving(asyncssh.SSHServerSession[bytes]):
    """A session that answers SFTP's requests as it is told to."""

    def __init__(self, answer: Callable[[int, bytes], tuple[int, bytes]], greeting: bytes) -> None:
        self.answer = answer
        self.greeting = greeting
        self.held = b""

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self.channel = chan

    def subsystem_requested(self, subsystem: str) -> bool:
        return subsystem == "sftp"

    def session_started(self) -> None:
        self.channel.write(self.greeting)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self.held += data
        while len(self.held) >= 4 and len(self.held) >= 4 + (size := int.from_bytes(self.held[:4], "big")):
            packet, self.held = self.held[4 : 4 + size], self.held[4 + size :]
            if packet[0] != Kind.INIT and not self.channel.is_closing():
                kind, body = self.answer(packet[0], packet[5:])
                self.channel.write(struct.pack(">IB", len(body) + 5, kind) + packet[1:5] + body)


@asynccontextmanager
async def serving(
    answer: Callable[[int, bytes], tuple[int, bytes]], greeting: bytes = struct.pack(">IBI", 5, Kind.VERSION, 3)
) -> AsyncIterator[MovingLink]:
    class Lets(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return False

        def session_requested(self) -> asyncssh.SSHServerSession[bytes]:
            return Serving(answer, greeting)

    key = asyncssh.generate_private_key("ssh-ed25519")
    async with asyncssh.listen("127.0.0.1", 0, server_factory=Lets, server_host_keys=[key], encoding=None) as server:
        line = f"[127.0.0.1]:{server.get_port()} ".encode() + key.export_public_key()
        with _known(line) as (known, config):
            settings = SshSettings(user="me", port=server.get_port(), known_hosts=(known,), config_file=config)
            async with linked(HostInfo("peer", "127.0.0.1", uri=None, ssh=settings)) as link:
                yield link


@contextlib.contextmanager
def _known(line: bytes) -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        known, config = Path(folder, "known_hosts"), Path(folder, "ssh_config")
        known.write_bytes(line)
        config.touch()
        yield str(known), str(config)


async def test_names_that_lead_out_are_told_and_write_nothing(tmp_path: Path) -> None:
    here = tmp_path / "deep" / "here"
    async with serving(Server(*((name, FILE) for name in (*STRANGE, *ODD))).answer) as link:
        said, words, told = await failure(link, Pull("/top", str(here)))
    assert said is Say.FILES_PARTLY and "a name that leads out of its folder" in words
    assert told.count("a name that leads out of its folder") == len(STRANGE) - 2, "but for . and .."
    assert names(tmp_path) == ["deep"] and names(tmp_path / "deep") == ["here"] and names(here) == ["top"]
    assert sorted(os.listdir(os.fsencode(here / "top"))) == sorted(ODD)
    assert all(line.isprintable() for line in told.splitlines())


@pytest.mark.parametrize("leads", [b"/etc/passwd", b"../../../x", b"", b"a\0b"])
async def test_a_link_that_leads_out_is_not_made(tmp_path: Path, leads: bytes) -> None:
    async with serving(Server((b"link", LINK), (b"file", FILE), leads=leads).answer) as link:
        told = await pull(link, "/top", tmp_path)
    assert names(tmp_path / "top") == ["file"] and "leads out of the folder" in told.err


async def test_a_listing_without_end_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_module, "MOST_NAMES", 500)
    for entries in (tuple((b"%d" % number, 0o140755) for number in range(50)), ()):
        async with serving(Server(*entries, endless=True).answer) as link:
            assert (await failure(link, Pull("/top", str(tmp_path))))[0] is Say.FILE_TOO_MANY


async def test_folders_within_folders_without_end_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_module, "MOST_DEEP", 5)
    server = Server((b"d", FOLDER))

    def answer(kind: int, body: bytes) -> tuple[int, bytes]:
        path = body[4 : 4 + int.from_bytes(body[:4], "big")]
        if kind == Kind.READDIR and path not in server.listed:
            server.listed.add(path)
            return listing((b"d", FOLDER))
        return server.answer(kind, body)

    async with serving(answer) as link:
        said, words, _ = await failure(link, Pull("/top", str(tmp_path)))
    assert said is Say.FILE_REFUSED and words.endswith("d: more than 5 folders within folders")
    assert (tmp_path / "top" / "d" / "d" / "d" / "d" / "d").is_dir()


MORE = (Kind.DATA, string(b"x" * 1000))
BROKEN: dict[str, Callable[[int, bytes], tuple[int, bytes]]] = {
    "of another kind": lambda kind, body: (Kind.VERSION, b""),
    "with a length that lies": lambda kind, body: (Kind.NAME, struct.pack(">I", 2**32 - 1)),
    "empty": lambda kind, body: (Kind.STATUS, b""),
    "too long": lambda kind, body: (Kind.DATA, bytes(300 * 1024)),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_an_answer_that_is_none_is_told(tmp_path: Path, how: str) -> None:
    async with serving(BROKEN[how]) as link:
        said, words, _ = await failure(link, Pull("/top", str(tmp_path)))
        assert said is Say.SFTP_BROKEN and words.startswith("what peer sends is no SFTP")
        assert link.is_alive(), "the connection is well"


async def test_more_than_was_asked_for_is_not_taken(tmp_path: Path) -> None:
    server = Server()

    def answer(kind: int, body: bytes) -> tuple[int, bytes]:
        return MORE if kind == Kind.READ else server.answer(kind, body)

    async with serving(answer) as link:
        said, words, _ = await failure(link, Pull("/file", str(tmp_path)))
    assert said is Say.FILE_REFUSED and "more came than was asked for" in words and names(tmp_path) == []


@pytest.mark.parametrize("greeting", [b"Welcome to this host!\r\n", struct.pack(">IBI", 5, Kind.VERSION, 2)])
async def test_a_greeting_that_is_none_is_told(tmp_path: Path, greeting: bytes) -> None:
    file = tmp_path / "file"
    file.touch()
    async with serving(Server().answer, greeting) as link:
        said, words, _ = await failure(link, Push((near(file),), "/x"))
    assert said in (Say.SFTP_NOT_SPOKEN, Say.SFTP_NO_START)
    assert said is Say.SFTP_NO_START or "Welcome to this host!" in words


async def test_words_of_a_refusal_are_one_safe_line(tmp_path: Path) -> None:
    async with serving(lambda kind, body: status(4, b"no\n\x1b[31m\xff" * 200)) as link:
        said, words, _ = await failure(link, Pull("/top", str(tmp_path)))
    assert said is Say.FILE_REFUSED and "\n" not in words and len(words) < 1000


async def test_what_says_that_it_is_empty_and_has_no_end_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull_module, "MOST_UNMEASURED", 30)
    server = Server()

    def answer(kind: int, body: bytes) -> tuple[int, bytes]:
        stats = kind in (Kind.STAT, Kind.LSTAT, Kind.FSTAT)
        return (Kind.ATTRS, Attrs(size=0, mode=FILE).encode()) if stats else server.answer(kind, body)

    async with serving(answer) as link:
        said, words, _ = await failure(link, Pull("/file", str(tmp_path)))
    assert said is Say.FILE_REFUSED and "has more than 30 bytes" in words and names(tmp_path) == []


async def test_folders_that_keep_their_modes_are_not_all_open_to_the_end(tmp_path: Path) -> None:
    folders = tuple((b"%d" % number, FOLDER) for number in range(200))
    most = 0
    server = Server(*folders)

    def answer(kind: int, body: bytes) -> tuple[int, bytes]:
        nonlocal most
        most = max(most, len(os.listdir("/proc/self/fd")))
        return server.answer(kind, body)

    async with serving(answer) as link:
        before = len(os.listdir("/proc/self/fd"))
        await pull(link, "/top", tmp_path, MoveRules(preserve=True))
    assert len(names(tmp_path / "top")) == 200 and most < before + 50
    assert (tmp_path / "top" / "7").stat().st_mtime == 1, "it has the time of the far one all the same"
