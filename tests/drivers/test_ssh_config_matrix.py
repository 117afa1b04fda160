"""What ssh_config means: OpenSSH's client is the oracle, for what is kept of its answers and for our own reading."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.config.client import Refusal, SshClient
from atp_tui.drivers.ssh.config.own import read_own
from atp_tui.drivers.ssh.config.programs import Programs
from atp_tui.drivers.ssh.config.reader import ConfigReader
from atp_tui.drivers.ssh.config.said import ConfigBroken, Question, Said
from atp_tui.drivers.ssh.config.tokens import Tokens, account_home
from atp_tui.drivers.ssh.endpoint import Endpoint, endpoint_of
from atp_tui.model.settings import SshSettings

from .ssh_config_chance import files
from .ssh_config_files import CASES as FILES
from .ssh_config_files import Case
from .ssh_config_more import MORE

NO_FILE = Path("/nowhere/ssh_config")
CASES = FILES | MORE

BY_MEANING = frozenset(
    {"host", "hostname", "port", "user", "userknownhostsfile", "identityagent", "revokedhostkeys"}
    | {"ciphers", "macs", "kexalgorithms", "controlpath"}
)
"""Keywords of which ssh prints the value with its tokens and defaults worked in. What they mean is compared."""

OF_NO_SHELL = frozenset({"requesttty", "updatehostkeys", "localforward", "controlpersist"})
"""Keywords of no use here, which ssh prints as it is asked, or in another form."""


@pytest.fixture(autouse=True)
def _as_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSH takes `~` from the account, whatever HOME says; nothing is written there."""
    monkeypatch.setenv("HOME", account_home() or "")
    monkeypatch.setenv("TEST_VARIABLE", "/of/the/environment%n")


PROGRAMS = Programs()


@pytest.fixture(scope="module")
def client() -> SshClient:
    return SshClient()


def written(case: Case, directory: Path) -> Path:
    for name, text in (*case.more, ("config", case.text)):
        (directory / name).write_text(text.replace("@DIR@", str(directory)), encoding="utf-8", errors="surrogateescape")
    return directory / "config"


def questions(case: Case, directory: Path) -> list[Question]:
    file = written(case, directory)
    return [Question(name, case.user, case.port, file) for name in case.names]


def judged(client: SshClient, question: Question) -> Said:
    """OpenSSH's own answer for one host, from nothing that is kept."""
    binary = shutil.which("ssh")
    assert binary is not None
    return client.answer(binary, question)


def means(question: Question, said: Said) -> Endpoint:
    """All that an answer comes to."""
    return endpoint_of(question, said, SshSettings())


def printed(said: Said, defaults: Said) -> dict[str, object]:
    """Every keyword whose value is compared as it is printed, for those that are said and those that are not."""
    words = {"true": "yes", "false": "no", "none": "no"}
    values = {**defaults.values, **said.values}
    if said.yes("batchmode", False):
        values.pop("serveraliveinterval")  # Debian's ssh has one of its own then
    return {
        keyword: [words.get(value.lower(), value) for value in found]
        for keyword, found in values.items()
        if keyword not in BY_MEANING | OF_NO_SHELL and [value.lower() for value in found] != ["none"]
    }


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.own])
def test_our_own_reading_is_that_of_openssh(client: SshClient, name: str, tmp_path: Path) -> None:
    for question in questions(CASES[name], tmp_path):
        own, theirs = read_own(question, NO_FILE, client.programs), judged(client, question)
        assert means(question, own) == means(question, theirs), question.host
        defaults = Said(client._habits_of(shutil.which("ssh") or "").defaults)
        assert printed(own, defaults) == printed(theirs, defaults), question.host
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", list(FILES))
async def test_what_is_kept_for_several_hosts_is_the_answer_for_each(
    client: SshClient, name: str, tmp_path: Path
) -> None:
    reader = ConfigReader(NO_FILE)
    case = CASES[name]
    more = tuple(f"host{number}" for number in range(4))
    asked = questions(replace(case, names=case.names + more), tmp_path)
    verdicts = {question: judged(client, question) for question in asked}
    for _ in range(2):
        random.Random(name).shuffle(asked)
        for question in asked:
            assert means(question, await reader.ask(question)) == means(question, verdicts[question])
    together = await asyncio.gather(*map(reader.ask, asked))
    assert [said.first("user") for said in together] == [verdicts[question].first("user") for question in asked]


def test_tokens_are_expanded_where_openssh_expands_them(
    client: SshClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against what we know of the place, since both sides of the matrix go through our tokens."""
    case = CASES["identity files with tokens"]
    (question,) = questions(case, tmp_path)
    endpoint = means(question, judged(client, question))
    machine, home = os.uname().nodename, account_home()
    path = f"{home}/{home}/h.lan/{os.getuid()}/box/{machine.split('.')[0]}/{machine}/box/5/ann/"
    assert str((endpoint.identity_files or ())[0]).startswith(path.replace("//", "/"))
    assert str((endpoint.identity_files or ())[1]) == "/of/the/environment%n/x", "what comes in is not expanded again"
    assert endpoint.certificate_files == (Path(f"{home}/box-cert.pub"),)


def test_the_hash_of_a_connection_is_that_of_openssh(client: SshClient, tmp_path: Path) -> None:
    case = Case(
        "Host box\n  HostName h.lan\n  Port 5\n  User ann\n  IdentityFile /%C\n  ControlPath /%C\n  ProxyJump j\n"
    )
    (question,) = questions(case, tmp_path)
    said = judged(client, question)
    assert means(question, said).identity_files == (Path(said.first("controlpath") or ""),)


HOPS = (
    "j:%p", "j:0", "j:65536", "j:", ":22", "@j", "[::1]:22", "::1", "[j", "j,k:x", "a@b@c", "u%r@%h", "ssh://u@j:5/",
    "ssh://j", "u:v@j", "u:v@j:5",
    "j:ssh", "j:022", "a:022,u@[::1]:7", "[::1]:", "[a]", "[a]:7,[b]", "%d", "a,,b", "none,j", "j/",
)  # fmt: skip


@pytest.mark.parametrize("hop", HOPS)
def test_a_jump_host_that_openssh_refuses_is_refused_by_our_own_reading(
    client: SshClient, hop: str, tmp_path: Path
) -> None:
    (question,) = questions(Case(f"Host box\n  ProxyJump {hop}\n"), tmp_path)
    try:
        taken = judged(client, question).first("proxyjump")
    except Refusal:
        taken = None
    if taken is None:
        with pytest.raises(ConfigBroken, match="config line 2"):
            read_own(question, NO_FILE, PROGRAMS)
    else:
        assert read_own(question, NO_FILE, PROGRAMS).first("proxyjump") == taken


@pytest.mark.parametrize(
    "line",
    [
        "Compression maybe", "Compression true", "HashKnownHosts 1", "CheckHostIP maybe", "IdentitiesOnly 1",
        "NoHostAuthenticationForLocalhost 2", "RequiredRSASize x", "SetEnv A", "SetEnv A=b C", "SetEnv =b",
        "Compression YES", "HashKnownHosts true", "SetEnv A= B=c", "BatchMode maybe", "NumberOfPasswordPrompts x",
        "StrictHostKeyChecking never", "StrictHostKeyChecking OFF", "RekeyLimit x", "RekeyLimit 1M soon",
        "RekeyLimit 1T",
        "RekeyLimit 1M 1h 1h", "RekeyLimit 1.5m", "RekeyLimit 15", "RekeyLimit 16", "RekeyLimit 0", "RekeyLimit none",
        "RekeyLimit 1.25G none", "ConnectTimeout 1x", "ConnectTimeout 5 5", "ServerAliveCountMax many", '"Port"=4',
    ],
)  # fmt: skip
def test_a_value_that_openssh_refuses_is_refused_by_our_own_reading(
    client: SshClient, line: str, tmp_path: Path
) -> None:
    (question,) = questions(Case(f"Host box\n  {line}\n"), tmp_path)
    try:
        taken = means(question, judged(client, question))
    except Refusal:
        with pytest.raises(ConfigBroken, match="config line 2"):
            read_own(question, NO_FILE, PROGRAMS)
    else:
        assert means(question, read_own(question, NO_FILE, PROGRAMS)) == taken


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("by_ssh", [False, True])
async def test_a_host_that_the_file_refuses_is_not_connected(lenient: bool, by_ssh: bool, tmp_path: Path) -> None:
    text = "Host box\n  RefuseConnection 'moved to new.lan'\nHost *\n  User ann\n"  # OpenSSH 10; an earlier one stops
    refused, other = (
        replace(question, lenient=lenient) for question in questions(Case(text, ("box", "other")), tmp_path)
    )
    with pytest.raises(ConfigBroken, match=r"config line 2: .*[Rr]efuse[Cc]onnection"):
        if by_ssh:
            await ConfigReader(NO_FILE).ask(refused)
        else:
            read_own(refused, NO_FILE, PROGRAMS)
    assert read_own(other, NO_FILE, PROGRAMS).first("user") == "ann"


def test_the_token_of_the_jump_host_is_the_last_ones_name() -> None:
    for jump, host in (("a", "a"), ("u@a:5,v@b:7", "b"), ("u@[::1]:7", "::1"), ("[::1]", "::1"), ("", "")):
        assert Tokens("box", "box", 22, "ann", jump=jump).path("IdentityFile", "/%j") == f"/{host}"


def test_files_by_chance_are_read_as_openssh_reads_them(client: SshClient, tmp_path: Path) -> None:
    by = random.Random(14)
    defaults = Said(client._habits_of(shutil.which("ssh") or "").defaults)
    for seed in range(60):
        text, more = files(seed)
        names = (by.choice(["box", "Box", "a.lan", "10.1", "kvm7"]),)
        (question,) = questions(Case(text, names, more, by.choice([None, "bob"]), by.choice([None, 7])), tmp_path)
        own, theirs = read_own(question, NO_FILE, client.programs), judged(client, question)
        assert means(question, own) == means(question, theirs), (seed, text, more)
        assert printed(own, defaults) == printed(theirs, defaults), (seed, text, more)


@pytest.mark.parametrize(
    ("networks", "counts"),
    [("127.0.0.0/8", True), ("203.0.113.0/24,127.0.0.1/32", True), ("203.0.113.0/24", False), ("2001:db8::/32", False)],
)
def test_a_local_network(networks: str, counts: bool, tmp_path: Path) -> None:
    """OpenSSH has it from 9.4 on."""
    text = f"Match localnetwork {networks}\n User ann\nMatch !localnetwork {networks}\n User bob\n"
    (question,) = questions(Case(text), tmp_path)
    assert read_own(question, NO_FILE, PROGRAMS).first("user") == ("ann" if counts else "bob")
