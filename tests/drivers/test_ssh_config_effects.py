"""What single settings of ssh_config do to a connection, and names that must not reach a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.config.client import SshClient
from atp_tui.drivers.ssh.config.reader import ConfigReader
from atp_tui.drivers.ssh.reading import PathReader
from atp_tui.model.errors import TransportError
from atp_tui.model.host import HostInfo

from ..daemons.names import LOCAL_NAME
from ..daemons.sshd import running_sshd
from .ssh_config_place import FILES, NotInstalled, Place, both, box, by_ssh, driver
from .ssh_links import HANG, answers, fails, linked, new_key, run

pytestmark = pytest.mark.daemons

LOGIN = "Host box\n HostName @HOST@\n Port @PORT@\n User @USER@\n UserKnownHostsFile @KNOWN@\n IdentityFile @KEY@\n"


@both
@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("BindAddress 127.0.0.3", "127.0.0.3"),
        (f"BindAddress {LOCAL_NAME}", "127.0.0.1"),
        ("BindInterface lo", "127.0.0.1"),
        ("BindAddress 127.0.0.4\n BindInterface lo", "127.0.0.4"),
    ],
)
async def test_where_a_connection_starts_from(place: Place, line: str, source: str, client: str) -> None:
    async with linked(box(place.written(f"{LOGIN} {line}\n")), driver(client)) as link:
        assert (await run(link, "echo $SSH_CONNECTION"))[1].split()[0].decode() == source


async def test_an_interface_that_is_not_there(place: Place) -> None:
    error = await fails(box(place.written(f"{LOGIN} BindInterface no-such0\n")))
    assert error.message == "ssh_config's BindInterface no-such0 has no address"


@both
async def test_a_proxy_command_runs_in_the_users_shell(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: str
) -> None:
    shell = tmp_path / "shell"
    shell.write_text(f'#!/bin/sh\nprintf "%s|" "$@" >{tmp_path}/ran\nexec /bin/sh "$@"\n')
    shell.chmod(0o755)
    monkeypatch.setenv("SHELL", str(shell))
    assert await answers(box(place.written(f"{LOGIN} ProxyCommand @RELAY@ %h %p\n")), driver(client))
    assert (tmp_path / "ran").read_text() == f"-c|exec {place.relay} 127.0.0.1 {place.daemon.port}|"


@both
async def test_the_environment_that_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: str) -> None:
    monkeypatch.setenv("TEST_SENT", "by name")
    with running_sshd(tmp_path / "sshd", options=["AcceptEnv TEST_*"]) as daemon:
        config = tmp_path / "config"
        config.write_text('Host *\n SendEnv TEST_S*\n SetEnv TEST_SET="as written" TEST_MORE=b\n')
        host = HostInfo("peer", "127.0.0.1", uri=None, ssh=daemon.ssh_settings(config_file=str(config)))
        async with linked(host, driver(client)) as link:
            said = (await run(link, 'echo "$TEST_SENT,$TEST_SET,$TEST_MORE"'))[1]
    assert said == b"by name,as written,b\n"


@both
async def test_a_jump_host_has_its_own_answer(place: Place, tmp_path: Path, client: str) -> None:
    """What ssh_config says for the target is not said for the jump host, and the other way round."""
    shutil.copy(place.daemon.client_key, tmp_path / "jump_key")
    text = (
        "Host jump\n HostName @HOST2@\n IdentityFile {key}\n HostKeyAlias 127.0.0.2\n UserKnownHostsFile {known}\n"
        "Host box\n HostName @HOST@\n ProxyJump @USER@@jump:@PORT@\n IdentityFile @KEY@\n UserKnownHostsFile @KNOWN@\n"
        "Match originalhost box\n User @USER@\n Port @PORT@\n"
    )
    known = tmp_path / "known"
    known.write_text(f"127.0.0.2 {place.daemon.host_public_key}\n")
    file = place.written(text.format(key=tmp_path / "jump_key", known=known))
    judge = SshClient() if client == "ssh" else NotInstalled()
    path = await PathReader(ConfigReader(Path("/nowhere"), judge)).path_to(box(file))
    assert [(hop.name, hop.port, hop.key_name, hop.key_alias) for hop in path] == [
        ("127.0.0.2", place.daemon.port, "127.0.0.2", True),
        ("127.0.0.1", place.daemon.port, "127.0.0.1", False),
    ]
    assert [hop.identity_files for hop in path] == [(tmp_path / "jump_key",), (place.daemon.client_key,)]


@both
@pytest.mark.parametrize("jump", ["%n-a", "%r@%h-a", "%n-a,%n-b", "%k-a", "%n%%-a", "%d-a", "%C-a"])
async def test_a_jump_hosts_name_may_have_tokens(place: Place, jump: str, client: str) -> None:
    file = place.written(
        f"Host box\n ProxyJump {jump}\n HostName @HOST@\nHost box-a box-b 127.0.0.1-a box%-a\n HostName @HOST2@\n"
        "Host *\n Port @PORT@\n User @USER@\n IdentityFile @KEY@\n UserKnownHostsFile @KNOWN@\n"
    )
    reached = await by_ssh(file)
    try:
        assert await answers(box(file), driver(client)) == reached
    except TransportError as error:
        assert not reached, error.message


@both
@pytest.mark.parametrize("line", ["ForkAfterAuthentication yes", "SessionType subsystem", "SessionType none"])
async def test_what_is_said_of_a_shell_takes_no_host_away(place: Place, line: str, client: str) -> None:
    assert await answers(box(place.written(f"{LOGIN} {line}\n")), driver(client))


@both
@pytest.mark.parametrize("word", ["%C", "%H", "%L", "%h", "%i", "%k", "%l", "%n", "%p", "%r", "%u", "a%%b", "'%n %k'"])
async def test_what_a_known_hosts_command_is_told(place: Place, tmp_path: Path, word: str, client: str) -> None:
    log, program = tmp_path / "log", tmp_path / "program"
    line = f"[{place.daemon.addresses[0]}]:{place.daemon.port} {place.daemon.host_public_key}"
    program.write_text(f'#!/bin/sh\necho "$1" >>{log}\necho "{line}"\n')
    program.chmod(0o755)
    file = place.written(
        "Host box\n HostName @HOST@\n Port @PORT@\n User @USER@\n IdentityFile @KEY@\n"
        f" UserKnownHostsFile /dev/null\n KnownHostsCommand {program} {word}\n"
    )
    assert await by_ssh(file)
    told = log.read_text().splitlines()
    log.unlink()
    assert await answers(box(file), driver(client))
    assert log.read_text().splitlines() == [told[-1]]  # ssh asks before it has the key, too


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Path]:
    """An agent that SSH_AUTH_SOCK does not name."""
    path = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL) as process:
        try:
            limit = time.monotonic() + HANG
            while not path.exists():
                assert time.monotonic() < limit, "ssh-agent did not start"
                time.sleep(0.01)
            yield path
        finally:
            process.terminate()


def add(agent: Path, *keys: Path) -> None:
    subprocess.run(["ssh-add", "-q", *keys], check=True, env={**os.environ, "SSH_AUTH_SOCK": str(agent)})


@both
@pytest.mark.parametrize("name", ["x.pub", "x"])
async def test_a_public_key_names_the_one_in_the_agent(
    place: Place, agent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, client: str
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", str(agent))
    # more than sshd takes: the one that is named has to be the only one
    add(agent, *(new_key(tmp_path / f"k{number}") for number in range(7)), place.daemon.client_key)
    shutil.copy(f"{place.daemon.client_key}.pub", tmp_path / "x.pub")
    (source,) = FILES.glob("12_*.conf")
    file = place.written(source.read_text().replace("@KEY@.pub", str(tmp_path / name)))
    assert await by_ssh(file)
    assert await answers(box(file), driver(client))


@both
async def test_an_agent_that_a_variable_names(
    place: Place, agent: Path, monkeypatch: pytest.MonkeyPatch, client: str
) -> None:
    monkeypatch.setenv("MY_AGENT", str(agent))
    add(agent, place.daemon.client_key)
    assert await by_ssh(place.case("13"))
    assert await answers(box(place.case("13")), driver(client))


@both
@pytest.mark.parametrize("jump", ["ann`touch${IFS}@DIR@/made`@jump", "jump;touch${IFS}@DIR@/made", "-oX", "a|b@jump"])
async def test_no_jump_hosts_name_reaches_a_match_exec(place: Place, jump: str, client: str) -> None:
    text = f'Host box\n ProxyJump {jump}\n\nMatch !originalhost box exec "true %n %h %r"\n User eve\n'
    error = await fails(box(place.written(text)), driver(client))
    assert error.permanent
    assert not (place.directory / "made").exists()


@both
@pytest.mark.parametrize(
    "line",
    [
        "User root`touch @DIR@/made`",
        "User x;touch${IFS}@DIR@/made",
        "User a|b",
        'User "a(b"',
        "HostName a$(touch${IFS}@DIR@/made)",
        "HostName a;b",
        "HostName -oProxyCommand=x",
        "ProxyJump `touch${IFS}@DIR@/made`",
        "ProxyJump a;touch${IFS}@DIR@/made@b",
    ],
)
async def test_no_name_reaches_a_shell(place: Place, line: str, client: str) -> None:
    file = place.written(f'Host box\n {line}\n\nHost *\n ProxyCommand sh -c "exec false # %h %r %n"\n')
    error = await fails(box(file), driver(client))
    assert error.permanent
    assert not (place.directory / "made").exists()
