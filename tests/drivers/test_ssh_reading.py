"""How ssh_config is asked: off the event loop, a few at a time, kept until a file changes; what a bad file stops."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.config.client import SshClient
from atp_tui.drivers.ssh.config.reader import ConfigReader
from atp_tui.drivers.ssh.config.said import ConfigBroken, Question, Said
from atp_tui.drivers.ssh.endpoint import Endpoint
from atp_tui.drivers.ssh.reading import PathReader
from atp_tui.model.errors import ConnectFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings

from .ssh_links import Sleeper

NO_FILE = Path("/nowhere/ssh_config")
HANG = 30.0
PYTHON = os.path.realpath(sys.executable)


class Counting(SshClient):
    """The real client, and which hosts it was asked about."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def answer(self, binary: str, question: Question) -> Said:
        self.asked.append(question.host)
        return super().answer(binary, question)


class Held(Counting):
    """One whose answer for a host is told only when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.answered: dict[str, threading.Event] = defaultdict(threading.Event)
        self.told: dict[str, threading.Event] = defaultdict(threading.Event)

    def answer(self, binary: str, question: Question) -> Said:
        said = super().answer(binary, question)
        self.answered[question.host].set()
        assert self.told[question.host].wait(HANG)
        return said


class NotInstalled(SshClient):
    """A machine without OpenSSH's client."""

    def can_answer(self, question: Question) -> None:
        return None


@pytest.fixture
def client() -> Counting:
    return Counting()


def reader(client: SshClient) -> ConfigReader:
    return ConfigReader(NO_FILE, client)


def aged(file: Path) -> None:
    """Have the file written a while ago: what was written just now is not kept."""
    aged.number += 1  # type: ignore[attr-defined]
    os.utime(file, (0, aged.number))  # type: ignore[attr-defined]


aged.number = 1_700_000_000  # type: ignore[attr-defined]


def host(name: str, config: Path, **more: object) -> HostInfo:
    settings = SshSettings(config_file=str(config), **more)  # type: ignore[arg-type] # keys and types are its own
    return HostInfo("peer", name, uri=None, ssh=settings)


async def endpoint(paths: PathReader, host: HostInfo) -> Endpoint:
    async with asyncio.timeout(HANG):
        return (await paths.path_to(host))[-1]


async def test_an_answer_is_kept_until_the_file_changes(client: Counting, tmp_path: Path) -> None:
    config, paths = tmp_path / "config", PathReader(reader(client))
    for user in ("ann", "bob", "cyril"):
        config.write_text(f"Host box\n  HostName 192.0.2.7\n  User {user}\n")
        aged(config)
        for _ in range(3):
            found = await endpoint(paths, host("box", config))
            assert (found.name, found.user) == ("192.0.2.7", user)
            await asyncio.sleep(0.02)
    assert client.asked == ["box"] * 3


async def test_an_answer_of_the_former_file_is_not_kept_for_the_new_one(tmp_path: Path) -> None:
    """It was asked for before the file changed, and is told while another host's is under way that is of the new."""
    config, client = tmp_path / "config", Held()
    asks = reader(client)
    former, newer = Question("box1", config_file=config), Question("box2", config_file=config)
    asked = []
    for question, user in ((former, "ann"), (newer, "bob")):
        config.write_text(f"Host box1\n  User {user}\nHost box2\n  User {user}\n")
        aged(config)
        asked.append(asyncio.ensure_future(asks.ask(question)))
        assert await asyncio.to_thread(client.answered[question.host].wait, HANG)
    for question, asking in zip((former, newer), asked, strict=True):
        client.told[question.host].set()
        await asking
    assert (await asks.ask(newer)).first("user") == "bob"
    assert (await asks.ask(former)).first("user") == "bob"


@pytest.mark.parametrize("place", ["included", "new", "below"])
async def test_included_files_are_watched_too(client: Counting, tmp_path: Path, place: str) -> None:
    config, paths = tmp_path / "config", PathReader(reader(client))
    (tmp_path / "parts/a").mkdir(parents=True)
    (tmp_path / "parts/a/included").write_text("User ann\n")
    config.write_text(f"Include {tmp_path}/parts/*/*\nUser bob\n")
    assert (await endpoint(paths, host("box", config))).user == "ann"
    changed = {"included": "parts/a/included", "new": "parts/a/a_new", "below": "parts/0/new"}[place]
    (tmp_path / changed).parent.mkdir(exist_ok=True)
    (tmp_path / changed).write_text("User cyril\n")
    await asyncio.sleep(0.05)
    assert (await endpoint(paths, host("box", config))).user == "cyril"


async def test_a_thousand_hosts_that_no_line_tells_apart_are_one_question(client: Counting, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host odd*\n  User eve\nHost *\n  HostName %h.lan\n  User ann\n  IdentityFile ~/%n\n")
    aged(config)
    asks = reader(client)
    names = [f"kvm{number}" for number in range(1000)]
    said = await asyncio.gather(*(asks.ask(Question(name, config_file=config)) for name in names))
    assert [one.first("hostname") for one in said] == [f"{name}.lan" for name in names]
    assert len(client.asked) <= 20, "a handful are under way before the first answer is there"
    assert (await asks.ask(Question("odd1", config_file=config))).first("user") == "eve"
    assert (await asks.ask(Question("kvm1", "bob", config_file=config))).first("user") == "bob"


SPELLINGS = {
    "b": "b",
    "10.1": "10.0.0.1",
    "10.0.0.12": "10.0.0.12",
    "2001:DB8:0::1": "2001:db8::1",
    "::ffff:10.0.0.1": "::ffff:10.0.0.1",
    "0x7f.1": "127.0.0.1",
    "WEB": "web",
    "c": "c",
}
"""Hosts, and the name by which ssh connects and files their keys."""


@pytest.mark.parametrize(
    "config", ["Host *\n User u\n", "HostName %h\n", "Host x\n HostName 10.0.0.1\nHost *\n User u\n", ""]
)
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("installed", [True, False])
async def test_an_address_in_another_spelling_is_no_other_hosts_answer(
    tmp_path: Path, config: str, turned: bool, installed: bool
) -> None:
    file = tmp_path / "config"
    file.write_text(config)
    aged(file)
    asked = PathReader(reader(Counting() if installed else NotInstalled()))
    names = {}
    for host in reversed(SPELLINGS) if turned else SPELLINGS:
        settings = SshSettings(user="u", config_file=str(file))
        (endpoint,) = await asked.path_to(HostInfo("a", host, uri=None, ssh=settings))
        names[host] = endpoint.name
        assert endpoint.key_name == endpoint.name
    asked.close()
    assert names == SPELLINGS


@pytest.mark.parametrize("installed", [True, False])
async def test_a_letter_of_two_bytes_is_two_signs_of_a_pattern(tmp_path: Path, installed: bool) -> None:
    file = tmp_path / "config"
    file.write_text("Host ?\n User one\nHost ??\n User two\n")
    aged(file)
    asked = reader(Counting() if installed else NotInstalled())
    users = [(await asked.ask(Question(host, config_file=file))).first("user") for host in ("b", "É", "bb", "éé")]
    asked.close()
    assert users[:3] == ["one", "two", "two"]
    assert users[3] not in ("one", "two")


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("one two", ["one", "two"]),
        ('"/one /two"', ["/one /two"]),
        ('/one "two three" ./four', ["/one", "two three", "four"]),
        ('"/a  b" "/c " d', ["/a  b", "/c ", "d"]),
        ('"/%h/t w" x%h ${KEYS}/%n', ["/box/t w", "xbox", "/keys/box"]),
        ("none", ["/dev/null"]),
    ],
)
@pytest.mark.parametrize("installed", [True, False])
async def test_files_are_parted_as_the_line_parts_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, files: list[str], installed: bool
) -> None:
    monkeypatch.setenv("KEYS", "/keys")
    (tmp_path / "more").write_text(f"UserKnownHostsFile {line}\n")
    config = tmp_path / "config"
    config.write_text(f"Host other\n UserKnownHostsFile /other\nHost *\n Include {tmp_path}/more\n")
    asked = PathReader(reader(Counting() if installed else NotInstalled()))
    settings = SshSettings(user="u", config_file=str(config))
    (endpoint,) = await asked.path_to(HostInfo("a", "box", uri=None, ssh=settings))
    asked.close()
    assert [str(file) for file in endpoint.known_hosts[: len(files)]] == files
    assert str(endpoint.known_hosts[len(files)]) == "/etc/ssh/ssh_known_hosts"


async def test_a_token_that_has_no_blank_makes_no_two_files_one(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host box\n UserKnownHostsFile /k l\nHost other\n UserKnownHostsFile /k%n\n")
    asked = PathReader(reader(Counting()))
    files = (await endpoint(asked, host("box", config))).known_hosts
    asked.close()
    assert files[:2] == (Path("/k"), Path("l"))


async def test_a_path_that_ssh_prints_with_its_tokens_replaced_is_no_other_hosts(tmp_path: Path) -> None:
    class Newer(Counting):
        """As a version of ssh that replaces the tokens of RevokedHostKeys before it prints."""

        def answer(self, binary: str, question: Question) -> Said:
            said = super().answer(binary, question)
            values = {**said.values, "revokedhostkeys": (f"/revoked/{question.host}",)}
            return Said(values, said.expanded | {"revokedhostkeys"})

    config = tmp_path / "config"
    config.write_text("Host *\n RevokedHostKeys /revoked/%h\n")
    aged(config)
    asked = reader(Newer())
    found = [(await asked.ask(Question(host, config_file=config))).first("revokedhostkeys") for host in ("a", "b")]
    asked.close()
    assert found == ["/revoked/a", "/revoked/b"]


@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize("lenient", [True, False])
@pytest.mark.parametrize("included", [True, False])
async def test_a_file_that_others_may_write_decides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool, lenient: bool, included: bool
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # ssh is asked only about a file that is named
    (tmp_path / ".ssh").mkdir()
    text = "Host other\n Nonsense x\nHost *\n ProxyCommand touch /planted\n"
    config = tmp_path / ".ssh" / "config"
    config.write_text(f"Include {tmp_path}/more\n" if included else text)
    open_to_others = tmp_path / "more" if included else config
    open_to_others.write_text(text)
    open_to_others.chmod(0o664)
    asked = reader(Counting() if installed else NotInstalled())
    question = Question("box", config_file=config if included else None, lenient=lenient)
    try:
        with pytest.raises(ConfigBroken, match="Bad owner or permissions"):
            await asked.ask(question)
        open_to_others.chmod(0o644)
        assert asked.read(question).first("proxycommand") == "touch /planted"
    finally:
        asked.close()


@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize(
    "line",
    [
        "HostKeyAlias a b", "HostKeyAlgorithms", "RevokedHostKeys /r /s", "RequiredRSASize large",
        "CASignatureAlgorithms", "KnownHostsCommand", "HostName", "CanonicalDomains", "Include @DIR@/again",
    ],
)  # fmt: skip
async def test_what_could_make_a_key_good_is_passed_over_for_no_host(
    tmp_path: Path, installed: bool, line: str
) -> None:
    config, again = tmp_path / "config", tmp_path / "again"
    config.write_text(f"Host bad\n {line}\n Nonsense x\n".replace("@DIR@", str(tmp_path)))
    again.write_text(f"Include {again}\nRevokedHostKeys /r\n")
    asked = reader(Counting() if installed else NotInstalled())
    try:
        assert (await asked.ask(Question("good", config_file=config, lenient=True))).values == {"hostname": ("good",)}
        with pytest.raises(ConfigBroken, match="too deep" if "Include" in line else "line 2"):
            await asked.ask(Question("bad", config_file=config, lenient=True))
    finally:
        asked.close()


@pytest.mark.parametrize("installed", [True, False])
async def test_a_host_for_which_no_known_hosts_are_named_needs_those_of_ssh_config(
    tmp_path: Path, installed: bool
) -> None:
    config = tmp_path / "config"
    config.write_text("UserKnownHostsFile\n")
    asked = PathReader(reader(Counting() if installed else NotInstalled()))
    try:
        named = host("box", config, user="u", port=22, identity_files=("/k",), known_hosts=("/h",))
        assert (await endpoint(asked, named)).known_hosts == (Path("/h"),)
        with pytest.raises(ConfigBroken, match="line 1"):
            await endpoint(asked, host("box", config, user="u", port=22, identity_files=("/k",), known_hosts=()))
    finally:
        asked.close()


@pytest.mark.parametrize("installed", [True, False])
async def test_a_file_of_no_use_leaves_no_host_without_its_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/config").symlink_to(tmp_path / "pipe")
    system = tmp_path / "system"
    system.write_text("RevokedHostKeys /revoked\n")
    asked = ConfigReader(system, Counting() if installed else NotInstalled())
    try:
        for file in (None, tmp_path / "pipe"):
            with pytest.raises(ConfigBroken, match="it is no file"):
                await asked.ask(Question("box", config_file=file, lenient=True))
    finally:
        asked.close()


@pytest.mark.parametrize("lenient", [True, False])
@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("CanonicalizeHostname yes\nCanonicalDomains lan.test\n", True),
        ("CanonicalizeHostname always\nCanonicalDomains lan.test\nProxyJump gate\n", True),
        ("CanonicalizeHostname yes\nCanonicalizeFallbackLocal no\n", True),
        ("CanonicalizeHostname yes\nCanonicalizePermittedCNAMEs *:*\n", True),
        ("CanonicalizeHostname yes\nHostName box.\n", True),
        ("CanonicalizeHostname no\nCanonicalDomains lan.test\n", False),
        ("CanonicalizeHostname yes\nCanonicalDomains lan.test\nProxyJump gate\n", False),
        ("CanonicalizeHostname yes\nCanonicalDomains lan.test\nHostName a.b.c\n", False),
        ("CanonicalizeHostname yes\nCanonicalDomains lan.test\nHostName 127.1\n", False),
        ("CanonicalizeHostname yes\n", False),
    ],
)
async def test_our_own_reading_takes_no_name_that_ssh_would_look_up(
    tmp_path: Path, text: str, counts: bool, lenient: bool
) -> None:
    config = tmp_path / "config"
    config.write_text(text + "Match canonical\n RevokedHostKeys /revoked\n")
    asked = reader(NotInstalled())
    question = Question("box", config_file=config, lenient=lenient)
    try:
        if counts:
            with pytest.raises(ConfigBroken, match="CanonicalizeHostname"):
                await asked.ask(question)
        else:
            revoked = (await asked.ask(question)).first("revokedhostkeys")
            assert revoked == SshClient().answer(shutil.which("ssh") or "", question).first("revokedhostkeys")
    finally:
        asked.close()


async def test_a_name_that_ssh_does_not_find_is_nobodys(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("CanonicalizeHostname yes\nCanonicalDomains none.invalid\nCanonicalizeFallbackLocal no\n")
    asked = reader(Counting())
    try:
        with pytest.raises(ConfigBroken, match="Could not resolve host"):
            await asked.ask(Question("localhost", config_file=config, lenient=True))
    finally:
        asked.close()


async def test_what_depends_on_more_than_the_files_is_asked_each_time(client: Counting, tmp_path: Path) -> None:
    config, paths = tmp_path / "config", PathReader(reader(client))
    config.write_text(f'Match exec "test -e {tmp_path}/on"\n  User ann\n')
    assert (await endpoint(paths, host("box", config))).user != "ann"
    (tmp_path / "on").touch()
    assert (await endpoint(paths, host("box", config))).user == "ann"


async def test_a_file_of_this_very_moment_is_not_kept(client: Counting, tmp_path: Path) -> None:
    """Two changes in one tick of the kernel's clock look like one."""
    config, paths = tmp_path / "config", PathReader(reader(client))
    for user in ("ann", "bob", "eve"):
        config.write_text(f"User {user}\n")
        times = config.stat()
        assert (await endpoint(paths, host("box", config))).user == user
        config.write_text("User eva\n")
        os.utime(config, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert (await endpoint(paths, host("box", config))).user == "eva"


@pytest.mark.parametrize("program", ["#!/bin/sh\necho 'ssh: invalid option -- G' >&2; exit 255\n", "no program"])
async def test_an_ssh_that_is_not_openssh_is_not_asked(
    client: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    (tmp_path / "ssh").write_text(program)
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "config").write_text("Host box\n  User ann\n")
    assert (await endpoint(PathReader(reader(client)), host("box", tmp_path / "config"))).user == "ann"
    assert not client.asked


async def test_a_match_exec_that_hangs_holds_up_no_other_host(client: Counting, tmp_path: Path) -> None:
    config, paths = tmp_path / "config", PathReader(reader(client))
    sleeper = Sleeper()
    config.write_text(f'Match host slow* exec "{sleeper.line}"\nHost *\n  User ann\n')
    slow = [asyncio.ensure_future(paths.path_to(host(f"slow{number}", config))) for number in range(12)]
    await asyncio.sleep(0)
    assert (await endpoint(paths, host("box", config))).user == "ann"
    assert not any(task.done() for task in slow)
    paths.close()
    await asyncio.gather(*slow, return_exceptions=True)
    await sleeper.is_forgotten()


async def test_a_program_that_our_own_reading_runs_ends_with_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atp_tui.drivers.ssh.config.programs.LIMIT", 3600.0)
    config, paths = tmp_path / "config", PathReader(reader(NotInstalled()))
    sleeper = Sleeper()
    config.write_text(f'Match exec "{sleeper.line}"\n  User ann\n')
    asking = asyncio.ensure_future(paths.path_to(host("box", config)))
    try:
        await sleeper.runs()
        paths.close()
        await asyncio.gather(asking, return_exceptions=True)
        await sleeper.is_forgotten()
    finally:
        sleeper.kill()


async def test_one_that_takes_too_long_is_told(
    client: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atp_tui.drivers.ssh.config.programs.LIMIT", 0.3)
    config = tmp_path / "config"
    sleeper = Sleeper()
    config.write_text(f'Match exec "{sleeper.line}"\n  User ann\n')
    with pytest.raises(ConnectFailed, match="does a Match exec in ssh_config hang") as caught:
        await endpoint(PathReader(reader(client)), host("box", config))
    assert not caught.value.permanent
    await sleeper.is_forgotten()


async def test_the_loop_is_not_held_while_ssh_is_asked(client: Counting, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text('Match exec "sleep 0.3"\n  User ann\n')
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    turning = asyncio.ensure_future(turn())
    assert (await endpoint(PathReader(reader(client)), host("box", config))).user == "ann"
    turning.cancel()
    assert turns > 100


BAD = "Host good\n  User ann\nHost bad\n  Frobnicate yes\n  User bob\nHost last\n  User cyril\n"


@pytest.mark.parametrize("make", [Counting, NotInstalled])
async def test_a_bad_line_stops_its_own_block_and_is_told(
    make: Callable[[], SshClient], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config, paths = tmp_path / "config", PathReader(reader(make()))
    config.write_text(BAD)
    assert (await endpoint(paths, host("good", config))).user == "ann"
    assert (await endpoint(paths, host("last", config))).user == "cyril"
    words = "line 4: Bad configuration option: frobnicate"
    assert f"{config} {words}" in caplog.text or f"{config}: {words}" in caplog.text
    with pytest.raises(ConfigBroken, match="line 4: Bad configuration option: frobnicate") as caught:
        await endpoint(paths, host("bad", config))
    assert caught.value.permanent
    assert str(config) in caught.value.message
    whole = {"user": "dora", "port": 4, "identity_files": ("/k",), "known_hosts": ("/h",)}
    assert (await endpoint(paths, host("bad", config, **whole))).user == "dora"


async def test_a_host_described_wholly_does_not_have_a_bad_line_passed_over_for_others(
    client: Counting, tmp_path: Path
) -> None:
    config, asks = tmp_path / "config", reader(client)
    config.write_text("Host bad*\n  Frobnicate yes\n  Compression yes\n")
    aged(config)
    for _ in range(2):
        said = await asks.ask(Question("bad1", config_file=config, lenient=True))
        assert said.yes("compression", False)
        with pytest.raises(ConfigBroken, match="line 2"):
            await asks.ask(Question("bad2", config_file=config))


async def test_what_only_openssh_finds_wrong_stops_its_own_block_too(client: Counting, tmp_path: Path) -> None:
    config, paths = tmp_path / "config", PathReader(reader(client))
    config.write_text("Host good\n  User ann\nHost bad\n  LogLevel LOUD\n  Ciphers none-such\n")
    assert (await endpoint(paths, host("good", config))).user == "ann"
    with pytest.raises(ConfigBroken, match=f"{config} line 4: unsupported log level 'LOUD'"):
        await endpoint(paths, host("bad", config))


@pytest.mark.parametrize("make", [Counting, NotInstalled])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('Match ""\n  User ann\n', "line 1: "),
        ("Host box\n  Port many\n", "line 2: Bad port 'many'"),
        ("Host box\n  User\n", 'line 2: no argument after keyword "user"'),
        ('Host box\n  User "ann\n', "line 2: invalid quotes"),
        ("Host box\n  User ann bob\n", "line 2: keyword user extra arguments at end of line"),
        ("Host box\n  ConnectTimeout soon\n", "line 2: invalid time value"),
        ("Host box\n  AddressFamily inet5\n", "line 2: unsupported option"),
        ("Include @DIR@/config\nHost box\n", "line 1: @DIR@/config is included too deep"),
        ("Include @DIR@/parts/*\nHost box\n", "parts/a line 1: @DIR@/parts/a is included too deep"),
    ],
)
async def test_what_is_wrong_is_told_by_file_and_line(
    make: Callable[[], SshClient], text: str, words: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = tmp_path / "config"
    (tmp_path / "parts").mkdir()
    for part in "abc":
        (tmp_path / "parts" / part).write_text(f"Include {tmp_path}/parts/*\nHost {part}\n")
    config.write_text(text.replace("@DIR@", str(tmp_path)))
    wanted = words.replace("@DIR@", str(tmp_path))
    try:
        await endpoint(PathReader(reader(make())), host("box", config))
    except ConfigBroken as error:
        told = error.message
    else:
        told = caplog.text  # nobody can say for whom a Match line counts that is not understood
        assert text.startswith("Match")
    assert wanted in told
    assert str(tmp_path) in told


async def test_without_a_file_nothing_is_asked(
    client: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for settings in (SshSettings(), SshSettings(config_file="/dev/null")):
        found = await endpoint(PathReader(reader(client)), HostInfo("peer", "peer.example", uri=None, ssh=settings))
        assert found.name == "peer.example"
    assert not client.asked


async def test_the_systems_file_counts_after_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/part").write_text("Host box\n  Port 7\n")
    system = tmp_path / "etc/ssh_config"
    system.write_text("Include part\nHost box\n  HostName 192.0.2.7\n  User sam\n")
    box = HostInfo("peer", "box", uri=None, ssh=SshSettings())
    found = await endpoint(PathReader(ConfigReader(system)), box)
    assert (found.name, found.user, found.port) == ("192.0.2.7", "sam", 7)
    (tmp_path / ".ssh/config").write_text("Host box\n  User ann\n")
    found = await endpoint(PathReader(ConfigReader(system)), box)
    assert (found.name, found.user) == ("192.0.2.7", "ann")
    own = host("box", tmp_path / ".ssh/config")
    assert (await endpoint(PathReader(ConfigReader(system)), own)).name == "box", "a file that is named is read alone"


async def test_what_cannot_be_read_is_told(client: Counting, tmp_path: Path) -> None:
    with pytest.raises(ConnectFailed, match="there is no ssh_config file"):
        await endpoint(PathReader(reader(client)), host("box", tmp_path / "none"))
    os.mkfifo(tmp_path / "pipe")
    for name in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ConnectFailed, match=f"the ssh_config {name} cannot be used"):
            await endpoint(PathReader(reader(client)), host("box", name))


@pytest.mark.skipif(shutil.which("setpriv") is None or os.geteuid() != 0, reason="another user is needed")
async def test_a_directory_that_is_closed_is_told_as_the_configs(tmp_path: Path) -> None:
    script = (
        "import asyncio, pathlib, sys\n"
        "from atp_tui.drivers.ssh.config.reader import ConfigReader\n"
        "from atp_tui.drivers.ssh.reading import PathReader\n"
        "from atp_tui.model.host import HostInfo\n"
        "from atp_tui.model.settings import SshSettings\n"
        "whole = dict(port=1, identity_files=('/k',), known_hosts=('/h',)) if sys.argv[2:] else {}\n"
        "host = HostInfo('peer', 'peer', uri=None, ssh=SshSettings(user='ann', **whole))\n"
        "found = asyncio.run(PathReader(ConfigReader(pathlib.Path(sys.argv[1]))).path_to(host))[0]\n"
        "print(found.user, *found.revoked_keys)\n"
    )
    home = Path("/tmp") / f"closed-{os.getpid()}"
    home.mkdir()
    (home / ".ssh").mkdir(mode=0o000)
    (home / "system").write_text("RevokedHostKeys /r\n")
    closed = ".ssh/config cannot be read: Permission denied"
    try:
        for directory, words, whole in ((home, closed, []), (home, "ann /r", ["whole"]), (Path("/nowhere"), "ann", [])):
            said = await asyncio.create_subprocess_exec(
                "setpriv", "--reuid=54321", "--clear-groups", PYTHON, "-c", script, home / "system", *whole,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
                env={"HOME": str(directory), "PATH": os.environ["PATH"], "PYTHONPATH": ":".join(_paths())},
            )  # fmt: skip
            assert words in (await said.communicate())[0].decode()
    finally:
        shutil.rmtree(home)


@pytest.mark.skipif(shutil.which("setpriv") is None or os.geteuid() != 0, reason="another user is needed")
@pytest.mark.parametrize("text", ["Include @FILE@\n", "Host other\n Nonsense x\n Include @FILE@\n"])
async def test_an_included_file_that_is_closed_decides_nothing(text: str) -> None:
    script = (
        "import pathlib, sys\n"
        "from atp_tui.drivers.ssh.config.client import SshClient\n"
        "from atp_tui.drivers.ssh.config.reader import ConfigReader\n"
        "from atp_tui.drivers.ssh.config.said import ConfigBroken, Question\n"
        "class NotInstalled(SshClient):\n"
        "    can_answer = lambda self, question: None\n"
        "for client in SshClient, NotInstalled:\n"
        "    reader = ConfigReader(pathlib.Path('/nowhere'), client())\n"
        "    for lenient in True, False:\n"
        "        try:\n"
        "            print(reader.read(Question('box', config_file=pathlib.Path(sys.argv[1]), lenient=lenient)))\n"
        "        except ConfigBroken as error:\n"
        "            print(error)\n"
        "    reader.close()\n"
    )
    directory = Path("/tmp") / f"included-{os.getpid()}"
    directory.mkdir()
    closed, config = directory / "closed", directory / "config"
    closed.write_text("RevokedHostKeys /r\n")
    closed.chmod(0o600)
    config.write_text(text.replace("@FILE@", str(closed)))
    nobody = str(pwd.getpwnam("nobody").pw_uid)  # without an account ssh answers nobody
    as_nobody = ["setpriv", f"--reuid={nobody}", "--clear-groups"]
    try:
        asked = await asyncio.create_subprocess_exec(
            *as_nobody, "ssh", "-G", "-F", config, "box",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert f"Can't open user config file {closed}: Permission denied" in (await asked.communicate())[0].decode()
        said = await asyncio.create_subprocess_exec(
            *as_nobody, PYTHON, "-c", script, config,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={"HOME": "/nowhere", "PATH": os.environ["PATH"], "PYTHONPATH": ":".join(_paths())},
        )  # fmt: skip
        told = (await said.communicate())[0].decode().splitlines()
        assert [f"{closed} cannot be read: Permission denied" in line for line in told] == [True] * 4
    finally:
        shutil.rmtree(directory)


def _paths() -> list[str]:
    return [path for path in (str(Path(__file__).parents[2]), *sys.path) if path]
