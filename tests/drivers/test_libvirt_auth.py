"""SASL passwords against a real libvirtd: from auth.conf, as typed, wrong, missing; and where they must not appear."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from atp_tui.drivers.libvirt.answers import Answers
from atp_tui.drivers.libvirt.binding import load
from atp_tui.drivers.libvirt.driver import LibvirtDriver
from atp_tui.model.credential import Credential, Secret
from atp_tui.model.errors import AuthFailed, ConnectFailed, CredentialWanted
from atp_tui.model.host import parse_uri

from ..daemons.names import LOCAL_NAME
from ..daemons.sshd import running_sshd
from .guarded import HANG, PASSWORD, Guarded, auth_conf, guarded_libvirtd, opened
from .leftovers import nothing_left_since, settled
from .ssh_links import linked

pytestmark = [pytest.mark.daemons, pytest.mark.timeout(90)]

TRANSPORTS = ["tcp", "unix", "tls"]


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    with guarded_libvirtd() as guarded:
        yield guarded


async def serves(uri: str, driver: LibvirtDriver | None = None) -> None:
    link = await opened(uri, driver or LibvirtDriver())
    assert await link.call(lambda virt: virt.getType(), HANG) == "TEST"
    await link.close()


async def refused(uri: str, driver: LibvirtDriver | None = None) -> CredentialWanted:
    with pytest.raises(CredentialWanted) as caught:
        await opened(uri, driver or LibvirtDriver())
    assert caught.value.permanent
    assert caught.value.host == "kvm01"
    return caught.value


def typed(guarded: Guarded, password: str = PASSWORD) -> Credential:
    return Credential(guarded.name, Secret(password))


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_the_right_password_from_auth_conf(guarded: Guarded, transport: str) -> None:
    host = "localhost" if transport == "unix" else "127.0.0.1"
    auth_conf((host, guarded.name, PASSWORD), ("default", guarded.name, "not this"))
    await serves(guarded.uri(transport))
    auth_conf(("default", guarded.name, PASSWORD), ("other.example", guarded.name, "not this"))
    await serves(guarded.uri(transport))


async def test_the_host_is_the_one_in_the_uri_and_not_what_libvirt_is_given(guarded: Guarded, tmp_path: Path) -> None:
    """libvirt itself would look for 127.0.0.1 here, and for localhost with a bridge under it."""
    auth_conf((LOCAL_NAME, guarded.name, PASSWORD), ("127.0.0.1", guarded.name, "not this"))
    await serves(guarded.uri("tcp", LOCAL_NAME))
    auth_conf((LOCAL_NAME, guarded.name, "not this"), ("127.0.0.1", guarded.name, PASSWORD))
    await serves(guarded.uri("tls"))
    auth_conf(("localhost", guarded.name, "not this"), ("kvm01.example", guarded.name, PASSWORD))
    with running_sshd(tmp_path / "sshd") as sshd:
        async with linked(sshd) as carrier:
            link = await opened(guarded.uri("ssh", "kvm01.example"), LibvirtDriver(), carrier)
            await link.ping(HANG)
            await link.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_authfile_in_the_uri_comes_before_the_persons_own(
    guarded: Guarded, transport: str, tmp_path: Path
) -> None:
    auth_conf(("default", guarded.name, "not this"))
    named = auth_conf(("default", guarded.name, PASSWORD), path=tmp_path / "named.conf")
    await serves(guarded.uri(transport, authfile=str(named)))


@pytest.mark.parametrize(
    ("password", "line"),
    [
        ("with = and # and ;", "with = and # and ;"),
        ("ends with a space ", "ends with a space "),
        (" begins with one", "\\sbegins with one"),
        ("back\\slash", "back\\\\slash"),
        ("größer", "größer"),
        ('"quoted"', '"quoted"'),
    ],
)
async def test_the_file_is_read_as_virsh_reads_it(guarded: Guarded, password: str, line: str) -> None:
    name = guarded.users.set_password("odd", password)
    path = auth_conf(("localhost", name, line))
    uri = guarded.uri("unix")
    virsh = ended(["virsh", "-q", "-c", uri, "list", "--name"], LIBVIRT_AUTH_FILE=str(path))
    assert (virsh.returncode, virsh.stdout.split()) == (0, ["test"]), virsh.stderr
    await serves(uri)


@pytest.mark.parametrize(("password", "line"), [("no \\escape", "no \\escape"), ("the end", "the end\\")])
async def test_a_backslash_that_begins_no_escape_means_the_same_on_every_machine(
    guarded: Guarded, password: str, line: str
) -> None:
    """virsh is not asked: with the GLib of Debian 12 (2.74) it reads the line so, with that of Debian 13 not at all."""
    name = guarded.users.set_password("odd", password)
    auth_conf(("localhost", name, line))
    await serves(guarded.uri("unix"))


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_was_typed_serves_all_connections_and_comes_before_any_file(
    guarded: Guarded, transport: str
) -> None:
    auth_conf(("default", guarded.name, "not this"))
    uri = guarded.uri(transport)
    driver = LibvirtDriver()
    driver.credentials.remember("kvm01", uri, typed(guarded))
    for _ in range(3):
        await serves(uri, driver)
    assert (await refused(guarded.uri(transport, readonly="1"), driver)).refused, "it was typed for another URI"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_wrong_password_is_refused_forgotten_and_leaves_nothing(guarded: Guarded, transport: str) -> None:
    uri = guarded.uri(transport)
    await refused(uri)
    before = await settled()
    driver = LibvirtDriver()
    driver.credentials.remember("kvm01", uri, typed(guarded, "not this"))
    error = await refused(uri, driver)
    assert (error.refused, error.user) == (True, guarded.name)
    assert "that was typed" in error.message
    again = await refused(uri, driver)
    assert (again.refused, again.user) == (False, ""), "the next attempt does not send it again"
    await nothing_left_since(before)

    path = auth_conf(("default", guarded.name, "not this"))
    error = await refused(uri)
    assert error.refused
    assert f"the password of {path}" in error.message


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_missing_password_says_what_to_do(guarded: Guarded, transport: str) -> None:
    error = await refused(guarded.uri(transport))
    own = Path(os.environ["HOME"], ".config", "libvirt", "auth.conf")
    assert not error.refused
    assert error.name in error.message
    assert f"there is no auth.conf; write it to {own} (mode 0600), or press P" in error.message
    auth_conf(("other.example", guarded.name, PASSWORD))
    assert f"{own} has none for " in (await refused(guarded.uri(transport))).message


async def test_what_is_known_already_need_not_be_typed(guarded: Guarded) -> None:
    path = auth_conf()
    path.write_text(f"[credentials-a]\nauthname={guarded.name}\n[auth-libvirt-default]\ncredentials=a\n")
    error = await refused(guarded.uri("unix"))
    assert error.user == guarded.name
    assert f"wants a password of {guarded.name}" in error.message
    path.write_text(f"[credentials-a]\npassword={PASSWORD}\n[auth-libvirt-default]\ncredentials=a\n")
    named = guarded.uri("tcp").replace("127.0.0.1", guarded.name.replace("@", "%40") + "@127.0.0.1")
    await serves(named)
    path.unlink()
    assert (await refused(named)).user == guarded.name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"[credentials-a]\n{PASSWORD}\n", ":2: this is neither key=value"),
        (f"password={PASSWORD}\n", ":1: this is neither key=value"),
        (f"[{PASSWORD}\n", ":1: this is no [group]"),
        ("[auth-libvirt-default]\n", "[auth-libvirt-default] has no line credentials="),
        ("[auth-libvirt-default]\ncredentials=b\n", "there is no [credentials-b]"),
    ],
)
async def test_a_file_that_cannot_be_used_is_named_and_not_quoted(guarded: Guarded, text: str, words: str) -> None:
    path = auth_conf()
    path.write_text(text)
    message = (await refused(guarded.uri("unix"))).message
    assert f"{path}" in message
    assert words in message
    assert PASSWORD not in message


async def test_a_named_file_that_is_not_there(guarded: Guarded, tmp_path: Path) -> None:
    message = (await refused(guarded.uri("unix", authfile=str(tmp_path / "none")))).message
    assert f"{tmp_path}/none cannot be read: No such file" in message
    assert f"write it to {tmp_path}/none" in message


async def test_a_named_pipe_holds_nobody_up(guarded: Guarded, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    message = (await refused(guarded.uri("unix", authfile=str(tmp_path / "pipe")))).message
    assert f"{tmp_path}/pipe: this is no regular file" in message


async def test_libvirts_own_test_hypervisor_may_ask_too(tmp_path: Path) -> None:
    node = tmp_path / "node.xml"
    node.write_text(f'<node><auth><user password="{PASSWORD}">root</user></auth></node>')
    auth_conf(("localhost", "root", PASSWORD))
    await serves(f"test://{node}")
    auth_conf(("localhost", "root", "not this"))
    assert (await refused(f"test://{node}")).user == "root"


class _Asks:
    """In libvirt's place: asks what no mechanism that Debian brings along asks for, a one-time password's challenge."""

    def openAuth(self, uri: str, auth: list[Any], flags: int) -> None:
        kinds, answer, context = auth
        assert 6 in kinds
        asked = [6, "otp-md5 98\n ke1234 ext", "Challenge", None, None]
        assert answer([[2, "name", "", None, None], asked], context) == -1
        raise _Refused


class _Refused(Exception):
    get_error_code = staticmethod(lambda: 45)
    get_error_domain = staticmethod(lambda: 13)
    get_int1 = staticmethod(lambda: -1)


def test_a_question_that_is_neither_name_nor_password() -> None:
    uri = "test+tls://kvm01/default"
    answers = Answers(parse_uri(uri), None, Credential("admin", Secret(PASSWORD)))
    with pytest.raises(_Refused) as caught:
        answers.open(replace(load(), libvirt=_Asks()), uri, read_only=False)
    failure = answers.failure(caught.value, "kvm01", "kvm01")
    assert isinstance(failure, AuthFailed)
    assert not isinstance(failure, CredentialWanted)
    assert failure.message == "kvm01 asks 'otp-md5 98 ke1234 ext', to which there is no answer from here"


async def test_no_mechanism_that_encrypts_for_plain_tcp() -> None:
    with guarded_libvirtd("plain") as guarded:
        with pytest.raises(AuthFailed, match=r"it asked for nothing: .* use \+tls") as caught:
            await opened(guarded.uri("tcp"), LibvirtDriver())
        assert not isinstance(caught.value, CredentialWanted), "a password would not help"
        auth_conf(("default", guarded.name, PASSWORD))
        await serves(guarded.uri("tls"))


def test_mechanisms_that_are_missing_here_are_named(guarded: Guarded, tmp_path: Path) -> None:
    """In a process of its own: SASL loads its plugins once."""
    done = headless(guarded.uri("unix"), tmp_path, SASL_PATH=str(tmp_path))
    assert "libsasl2-modules" in done.stderr
    assert done.returncode == 3


def test_the_file_that_the_environment_names(guarded: Guarded, tmp_path: Path) -> None:
    """As LIBVIRT_AUTH_FILE does for virsh, before all other files; and a headless verb without a password says so."""
    auth_conf(("default", guarded.name, "not this"))
    named = auth_conf(("127.0.0.1", guarded.name, PASSWORD), path=tmp_path / "named.conf")
    done = headless(guarded.uri("tls"), tmp_path, LIBVIRT_AUTH_FILE=str(named))
    assert (done.returncode, done.stderr) == (0, "")
    named.unlink()
    done = headless(guarded.uri("tls"), tmp_path, LIBVIRT_AUTH_FILE=str(named))
    assert done.returncode == 3
    assert f"write it to {named} (mode 0600)" in done.stderr


def headless(uri: str, directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    config = directory / "hosts.toml"
    config.write_text(f'[[hosts]]\nid = "kvm01"\nhost = "127.0.0.1"\nssh = false\nuri = "{uri}"\n')
    return ended([sys.executable, "-m", "atp_tui", "--config", str(config), "domains"], **environment)


def ended(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end, with these variables beside ours. It has no terminal, where virsh asks for what it lacks."""
    return subprocess.run(
        command,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
        start_new_session=True,
    )


async def test_a_daemon_that_is_gone_is_no_matter_of_passwords() -> None:
    with pytest.raises(ConnectFailed, match="refused"):
        await opened("test+tcp://127.0.0.1:1/default", LibvirtDriver())


def test_a_secret_shows_itself_to_nobody() -> None:
    credential = Credential("admin", Secret(PASSWORD))
    shown = f"{credential} {credential!r} {credential.password} {credential.password!r} {[credential]}"
    assert PASSWORD not in shown
    assert credential.password.reveal() == PASSWORD
