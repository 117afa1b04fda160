"""Commands by a real sudo: what is asked, what the command gets, and how each refusal is told."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.drivers.ssh.link import SshLink
from atp_tui.executor.carrying import carried, digest_of
from atp_tui.model.delivery import Delivery
from atp_tui.model.ending import end_is_confirmed
from atp_tui.model.errors import SudoFailed, SudoRefused
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command
from atp_tui.model.questions import Wants
from atp_tui.model.say import Say
from atp_tui.transport.login_desk import LoginDesk

from ..daemons.pam_sshd import PASSWORD, SERVICE, USER
from ..daemons.sshd import PrivateSshd, running_sshd
from ..daemons.sudo_sshd import doas_sshd, set_sudoers, sudo_sshd
from .ssh_links import HANG, Output, Sleeper, host_of, linked, until
from .test_ssh_answers import Person

pytestmark = pytest.mark.daemons

ALL = f"{USER} ALL=(ALL:ALL) ALL"
FREE = f"{USER} ALL=(ALL:ALL) NOPASSWD: ALL"
INPUT = bytes(range(256)) * 300 + b"\nno end of line"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSshd]:
    with sudo_sshd(tmp_path_factory.mktemp("sudo")) as started:
        yield started


async def run_as(link: SshLink, line: str, stdin: bytes = b"", user: str = "root") -> tuple[int | None, bytes, bytes]:
    output = Output()
    status = await link.run(Command(line, stdin, sudo=user), output, HANG)
    return status.status, output.stdout, output.stderr


async def refused(daemon: PrivateSshd, line: str, person: Person | None = None, user: str = "root") -> SudoFailed:
    async with linked(host_of(daemon), (person or Person()).driver) as link:
        with pytest.raises(SudoFailed) as caught:
            await run_as(link, line, b"input", user)
    return caught.value


LINES = {
    FREE: 0,
    ALL: 1,
    f"Defaults timestamp_timeout=0\n{ALL}": 1,
    f"Defaults use_pty\n{ALL}": 1,
    f"Defaults lecture=always\n{ALL}": 1,
    f'Defaults badpass_message="No.", passprompt="PIN? ", insults\n{ALL}': 1,
    f"Defaults listpw=never, verifypw=never\n{ALL}": 1,
    f"Defaults listpw=always, verifypw=always\n{ALL}": 1,
    f"{USER} ALL=NOPASSWD: /usr/bin/true\n{ALL}\n{USER} ALL=NOPASSWD: /usr/bin/false": 1,
}


@pytest.mark.parametrize("rules", LINES)
@pytest.mark.parametrize("line", ["id -u >&2; cat", "tee /dev/stderr"])
async def test_a_command_gets_its_input_to_the_byte(daemon: PrivateSshd, rules: str, line: str) -> None:
    set_sudoers(daemon, rules)
    person = Person(PASSWORD)
    async with linked(host_of(daemon), person.driver) as link:
        found = await run_as(link, line, INPUT)
    assert found == (0, INPUT, INPUT if line.startswith("tee") else b"0\n")
    assert [(each.wants, each.user) for each in person.asked] == [(Wants.SUDO, USER)] * LINES[rules]


EXACT = "/usr/bin/tee /dev/stderr"
NARROW = {
    f"{USER} ALL=NOPASSWD: {EXACT}": 0,
    f"{USER} ALL={EXACT}": 1,
    f"Defaults timestamp_timeout=0\n{USER} ALL={EXACT}": 1,
    f"{USER} ALL={EXACT}\n{USER} ALL=NOPASSWD: /usr/bin/true": 1,
    f"{USER} ALL=/usr/bin/true\n{USER} ALL=NOPASSWD: {EXACT}": 0,
}


@pytest.mark.parametrize("rules", NARROW)
async def test_a_rule_for_one_exact_command_is_enough(daemon: PrivateSshd, rules: str) -> None:
    set_sudoers(daemon, rules)
    person = Person(PASSWORD)
    async with linked(host_of(daemon), person.driver) as link:
        assert await run_as(link, "tee '/dev/stderr'", INPUT) == (0, INPUT, INPUT)
    assert len(person.asked) == NARROW[rules]
    assert "not allowed" not in (daemon.directory / "sudo.log").read_text(), "nobody is told of what was not tried"


REFUSALS = {
    Say.SUDO_NO_SUDOER: "",
    Say.SUDO_NOT_ALLOWED: f"{USER} ALL=/usr/bin/false",
    Say.SUDO_WANTS_TTY: f"Defaults requiretty\n{ALL}",
    Say.SUDO_NO_SUCH_USER: ALL,
}


@pytest.mark.parametrize("say", REFUSALS)
async def test_each_refusal_is_told_as_what_it_is(daemon: PrivateSshd, say: Say) -> None:
    set_sudoers(daemon, REFUSALS[say])
    person = Person(PASSWORD)
    error = await refused(daemon, "true", person, "nosuch" if say is Say.SUDO_NO_SUCH_USER else "root")
    assert (error.reason.id, isinstance(error, SudoRefused)) == (say, True)


async def test_a_narrow_rule_without_a_password_does_not_allow_more(daemon: PrivateSshd) -> None:
    set_sudoers(daemon, f"{USER} ALL=NOPASSWD: /usr/bin/false")
    person = Person()
    error = await refused(daemon, "true", person)
    assert (error.reason.id, person.asked) == (Say.SUDO_NOT_ALLOWED, [])


async def test_an_account_that_has_expired_is_told(daemon: PrivateSshd) -> None:
    set_sudoers(daemon, FREE, "auth required pam_unix.so\naccount required pam_deny.so\nsession required pam_permit.so")
    error = await refused(daemon, "true")
    assert error.reason.id is Say.SUDO_EXPIRED


async def test_where_neither_sudo_nor_doas_is_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sh").symlink_to("/bin/sh")
    with running_sshd(tmp_path / "sshd", options=[f"SetEnv PATH={tmp_path / 'bin'} SHLVL=2"]) as bare:
        error = await refused(bare, "true", user="nobody")
        async with linked(host_of(bare)) as link:
            assert (await run_as(link, "echo here", user="root"))[1] == b"here\n", "who is root already needs none"
    assert (error.reason.id, isinstance(error, SudoRefused)) == (Say.SUDO_MISSING, False)


async def test_where_nobody_is_there_it_is_told_whose_password_is_wanted(daemon: PrivateSshd) -> None:
    set_sudoers(daemon, ALL)
    person = Person()
    person.desk.attends = False
    error = await refused(daemon, "true", person)
    assert (error.reason.id, error.reason.get("user")) == (Say.SUDO_WANTS_PASSWORD, USER)


async def test_a_wrong_password_is_asked_for_anew_and_three_are_the_last(daemon: PrivateSshd) -> None:
    set_sudoers(daemon, ALL)
    person = Person("wrong", PASSWORD)
    async with linked(host_of(daemon), person.driver) as link:
        assert (await run_as(link, "cat", b"input"))[:2] == (0, b"input")
        assert (await run_as(link, "id -u"))[1] == b"0\n"
    assert [each.refused for each in person.asked] == [0, 1], "and what was taken is asked for once"
    person = Person("a", "b", "c")
    assert (await refused(daemon, "true", person)).reason.id is Say.SUDO_PASSWORD_REFUSED
    assert len(person.asked) == 3


async def test_the_password_of_the_other_user_is_asked_for_where_sudo_wants_that(daemon: PrivateSshd) -> None:
    set_sudoers(daemon, f"Defaults targetpw\n{ALL}")
    person = Person(PASSWORD, None)
    await refused(daemon, "true", person)
    assert [each.user for each in person.asked] == [USER, "root"]


async def test_a_password_is_tried_on_one_host_and_a_refused_one_goes_to_no_other(daemon: PrivateSshd) -> None:
    set_sudoers(daemon, ALL)
    log = daemon.directory / "sudo.log"
    log.write_text("")
    person = Person("wrong", None)
    hosts = [
        HostInfo(f"kvm{n}", "127.0.0.1", uri=None, ssh=replace(daemon.ssh_settings(), realm="lab")) for n in range(4)
    ]

    async def one(host: HostInfo) -> Say:
        async with linked(host, person.driver) as link:
            with pytest.raises(SudoFailed) as caught:
                await run_as(link, "true")
            return caught.value.reason.id

    found = await asyncio.gather(*map(one, hosts))
    assert sorted(found) == [Say.SUDO_PASSWORD_REFUSED, *[Say.SUDO_WANTS_PASSWORD] * 3]
    assert log.read_text().count("incorrect password") == 1

    person = Person(PASSWORD)

    async def good(host: HostInfo) -> bytes:
        async with linked(host, person.driver) as link:
            return (await run_as(link, "id -u"))[1]

    assert await asyncio.gather(*map(good, hosts)) == [b"0\n"] * 4
    assert len(person.asked) == 1


async def test_a_directory_an_environment_and_a_script_go_along(daemon: PrivateSshd) -> None:
    set_sudoers(daemon, FREE)
    host, output = host_of(daemon), Output()
    async with linked(host) as link:
        line = carried("echo $A; pwd; id -un", Delivery("/usr", ("A",), values=("a b",), sudo="nobody"), host)
        await link.run(line, output, HANG)
        assert output.stdout == b"a b\n/usr\nnobody\n"
        text = "#!/bin/sh\nid -u; echo $1; cat"
        script = carried("", Delivery("", (), "s", digest_of(text), ("x",), text=text, sudo="root"), host)
        await link.run(replace(script, stdin=script.stdin + b"more"), output := Output(), HANG)
        assert output.stdout == b"0\nx\nmore"


@pytest.mark.parametrize("rules", [FREE, f"Defaults use_pty\n{FREE}"])
async def test_a_cancelled_command_of_root_is_ended_and_that_is_known(daemon: PrivateSshd, rules: str) -> None:
    set_sudoers(daemon, rules)
    sleeper = Sleeper()
    async with linked(host_of(daemon)) as link:
        task = asyncio.create_task(run_as(link, f"{sleeper.line} & {sleeper.line}"))
        await sleeper.runs(2)
        assert {os.stat(f"/proc/{pid}").st_uid for pid in sleeper.sleeping()} == {0}
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert end_is_confirmed(caught.value)
        assert sleeper.processes() == []


async def test_a_lost_connection_ends_a_command_of_root(daemon: PrivateSshd) -> None:
    set_sudoers(daemon, FREE)
    sleeper = Sleeper()
    async with linked(host_of(daemon)) as link:
        task = asyncio.create_task(run_as(link, sleeper.line))
        await sleeper.runs()
        link.abort()
        with pytest.raises(Exception):  # noqa: B017
            await task
    await sleeper.is_forgotten()


async def test_what_a_command_leaves_in_the_background_goes_on(daemon: PrivateSshd) -> None:
    set_sudoers(daemon, FREE)
    sleeper = Sleeper()
    async with linked(host_of(daemon)) as link:
        await run_as(link, f"{sleeper.line} >/dev/null 2>&1 </dev/null &")
        await sleeper.runs()
        await until(lambda: len(sleeper.processes()) == 1, "the watcher of the command stays")
    assert sleeper.sleeping()
    sleeper.kill()


DOAS = f"permit {USER} as root\npermit nopass {USER} as nobody\npermit nopass {USER} as root cmd tee args /dev/stderr"


async def test_where_no_sudo_is_doas_does_what_needs_no_password(tmp_path: Path) -> None:
    with doas_sshd(tmp_path / "sshd", DOAS) as daemon:
        async with linked(host_of(daemon)) as link:
            assert (await run_as(link, "id -un; cat", b"input", user="nobody"))[1] == b"nobody\ninput"
            assert await run_as(link, "tee /dev/stderr", INPUT) == (0, INPUT, INPUT)
        error = await refused(daemon, "id")
    assert (error.reason.id, isinstance(error, SudoRefused)) == (Say.DOAS_REFUSES, True)


async def test_an_exact_command_is_ended_by_way_of_sudo(daemon: PrivateSshd) -> None:
    sleeper = Sleeper()
    set_sudoers(daemon, f"{USER} ALL=NOPASSWD: /usr/bin/{sleeper.line}")
    async with linked(host_of(daemon)) as link:
        task = asyncio.create_task(run_as(link, sleeper.line))
        await sleeper.runs()
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
    assert end_is_confirmed(caught.value)
    assert sleeper.sleeping() == []


async def test_a_sudo_that_says_nothing_behind_a_password_is_left_and_no_other_host_gets_that(
    daemon: PrivateSshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = Sleeper()
    slow = f"auth required pam_unix.so nodelay\nauth required pam_exec.so /bin/{sleeper.line}\n"
    set_sudoers(daemon, ALL, slow + SERVICE)
    monkeypatch.setattr("atp_tui.drivers.ssh.sudo.run.SUDO_LIMIT", 1.0)
    person = Person(PASSWORD, None)
    assert (await refused(daemon, "true; true", person)).reason.id is Say.SUDO_SILENT
    assert (await refused(daemon, "true; true", person)).reason.id is Say.SUDO_WANTS_PASSWORD
    assert len(person.asked) == 2, "it may have been wrong"
    sleeper.kill()


async def test_one_answer_may_serve_all_hosts_of_a_user_and_is_forgotten(daemon: PrivateSshd) -> None:
    set_sudoers(daemon, ALL)
    person = Person(PASSWORD, None, everywhere=True)
    hosts = [HostInfo(f"kvm{n}", "127.0.0.1", uri=None, ssh=daemon.ssh_settings()) for n in range(3)]

    async def one(host: HostInfo) -> bytes:
        async with linked(host, person.driver) as link:
            return (await run_as(link, "id -u"))[1]

    assert await asyncio.gather(*map(one, hosts)) == [b"0\n"] * 3
    assert len(person.asked) == 1
    person.desk.forget()
    with pytest.raises(SudoRefused):
        await one(hosts[0])
    assert len(person.asked) == 2


@pytest.mark.parametrize("shell", ["bash", "fish", "mksh", "tcsh", "zsh"])
async def test_in_any_login_shell_it_is_the_same(daemon: PrivateSshd, shell: str) -> None:
    path = shutil.which(shell)
    assert path is not None
    passwd = daemon.directory / "etc/passwd"
    before = passwd.read_text()
    set_sudoers(daemon, ALL)
    passwd.write_text(before.replace(":/:/bin/sh\n", f":/:{path}\n"))
    try:
        async with linked(host_of(daemon), Person(PASSWORD).driver) as link:
            assert await run_as(link, "echo 'a  b'; id -u; cat", b"in\0put") == (0, b"a  b\n0\nin\0put", b"")
            assert (await run_as(link, "sh -c 'exit 7'"))[0] == 7
    finally:
        passwd.write_text(before)


async def test_an_exact_command_that_sudo_does_not_ask_about_runs_all_the_same(
    daemon: PrivateSshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atp_tui.drivers.ssh.sudo.run.SUDO_LIMIT", 1.0)
    set_sudoers(daemon, f"Defaults listpw=always\n{USER} ALL=NOPASSWD: {EXACT}, /usr/bin/id")
    async with linked(host_of(daemon), Person(PASSWORD).driver) as link:
        assert (await run_as(link, "id -u"))[:2] == (0, b"0\n")
        assert await run_as(link, "tee /dev/stderr", INPUT) == (0, INPUT, INPUT)


async def test_a_wrong_password_is_known_as_that_where_sudo_asks_once_alone(daemon: PrivateSshd) -> None:
    set_sudoers(daemon, f"Defaults passwd_tries=1\n{ALL}")
    person = Person("wrong", PASSWORD)
    async with linked(host_of(daemon), person.driver) as link:
        assert (await run_as(link, "id -u"))[:2] == (0, b"0\n")
    assert [each.refused for each in person.asked] == [0, 1]
    assert PASSWORD in [each.reveal() for each in person.desk.gate.taken()]


HOSTILE = {
    'printf %s "${3%%%*}u$$?" >&2; read -r x; exit 1': (Say.SUDO_PASSWORD_REFUSED, 3),
    'for i in 1 2; do printf %s "${3%%%*}nobody?" >&2; read -r x; done; exec sleep 20': (Say.SUDO_SILENT, 1),
    'while :; do printf %s "${3%%%*}nobody?"; done >&2': (Say.SUDO_NO_SHELL, 1),
}


def false_sudo(directory: Path, does: str) -> None:
    refuses = '[ "$1" != -n ] || { echo a password is required; exit 1; } >&2'
    directory.chmod(0o755)
    (directory / "sudo").write_text(f"#!/bin/sh\n{refuses}\n{does}\n")
    (directory / "sudo").chmod(0o755)


@pytest.mark.parametrize("does", HOSTILE)
async def test_a_false_sudo_that_asks_without_end_is_left(
    tmp_path: Path, does: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atp_tui.drivers.ssh.sudo.run.SUDO_LIMIT", 1.0)
    say, asked = HOSTILE[does]
    false_sudo(tmp_path, does)
    person = Person(*["no"] * asked, None)
    with running_sshd(tmp_path / "sshd", options=[f"SetEnv PATH={tmp_path}:/usr/bin:/bin SHLVL=2"]) as hostile:
        error = await refused(hostile, "true; true", person, user="nobody")
    assert (error.reason.id, len(person.asked)) == (say, asked)


async def test_what_a_sudo_says_that_shows_no_prompt_of_ours_is_told_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atp_tui.drivers.ssh.sudo.run.SUDO_LIMIT", 1.0)
    false_sudo(
        tmp_path, 'printf %s "${3%%%*}root?" >&2; read -r x; printf %s "got $x; LDAP Password: " >&2; exec sleep 20'
    )
    with running_sshd(tmp_path / "sshd", options=[f"SetEnv PATH={tmp_path}:/usr/bin:/bin SHLVL=2"]) as hostile:
        error = await refused(hostile, "true; true", Person("verysecret", None), user="nobody")
    assert "it said: got …; LDAP Password:" in str(error)


async def test_what_is_cancelled_while_its_password_is_waited_for_is_known_not_to_run(daemon: PrivateSshd) -> None:
    set_sudoers(daemon, ALL)
    desk = LoginDesk()
    desk.attends = True
    async with linked(host_of(daemon), SshDriver(desk=desk)) as link:
        task = asyncio.create_task(run_as(link, "true"))
        await until(lambda: desk.question() is not None, "nobody is asked")
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
    assert end_is_confirmed(caught.value)
    assert desk.question() is None
