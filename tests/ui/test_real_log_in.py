"""The screen on the engine itself, and a real libvirtd that asks for a password."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from textual.widgets import Input

from atp_tui.actions.action import Invocation
from atp_tui.config.fleet import FleetConfig
from atp_tui.drivers.sources import FileSource
from atp_tui.model.connection import ConnectionState
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import PoolConfig, TransportConfig
from atp_tui.model.target import on_hosts
from atp_tui.ui.screens.login import LoginScreen
from atp_tui.ui.screens.password import PasswordScreen

from ..daemons.asking_sshd import Asking, Round, listening
from ..daemons.pam_sshd import PASSWORD as SUDO_PASSWORD
from ..daemons.pam_sshd import USER
from ..daemons.sudo_sshd import set_sudoers, sudo_sshd
from ..drivers.guarded import PASSWORD, guarded_libvirtd
from .test_real_engine import Seen, opened

S = ConnectionState


def asks(seen: Seen, words: str) -> bool:
    return bool(seen.ids(S.FAILED)) and f"P kvm01: {words}" in seen.text


@pytest.mark.daemons
async def test_a_password_that_is_typed_connects_the_host() -> None:
    """A wrong one first, which is asked for again; the right one serves all connections."""
    with guarded_libvirtd() as guarded:
        host = HostInfo("kvm01", "127.0.0.1", guarded.uri("tls"), ssh=None)
        config = FleetConfig(hosts=(host,), transport=TransportConfig(pool=PoolConfig(min_connections_per_host=2)))
        async with opened(FileSource(config)) as seen:
            for password, words in (("not this", "wants a password"), (PASSWORD, "password refused")):
                await seen.until(partial(asks, seen, words))
                await seen.pilot.press("P")
                await seen.until(lambda: isinstance(seen.pilot.app.screen, PasswordScreen))
                await seen.read()
                asked = seen.pilot.app.screen
                assert isinstance(asked, PasswordScreen)
                await seen.until(lambda: asked.is_shown)  # noqa: B023 # called at once
                asked.appeared(-math.inf)  # as if for so long that it listens
                if password == PASSWORD:
                    assert "did not take" in seen.text
                else:
                    await seen.type(guarded.name)
                    await seen.pilot.press("enter")
                await seen.type(password)
                await seen.pilot.press("enter")
                await seen.until(lambda: not isinstance(seen.pilot.app.screen, PasswordScreen))
            await seen.until(lambda: seen.engine.manager.stats()["kvm01"].active_connections == 2)
            await seen.until(lambda: "press P" not in seen.text and seen.ids(S.CONNECTED))
            assert PASSWORD not in seen.text


async def dialogue(seen: Seen) -> LoginScreen:
    """The dialogue that is open, or comes, once it listens."""
    await seen.until(lambda: isinstance(seen.pilot.app.screen, LoginScreen))
    await seen.read()
    asked = seen.pilot.app.screen
    assert isinstance(asked, LoginScreen)
    return asked


async def answer(seen: Seen, text: str) -> str:
    """Type into that dialogue; what it said."""
    asked = await dialogue(seen)
    said = seen.text
    await seen.type(text)
    await seen.pilot.press("enter")
    await seen.until(lambda: seen.pilot.app.screen is not asked)
    return said


@pytest.mark.daemons
async def test_one_password_over_ssh_connects_all_hosts_of_a_realm(tmp_path: Path) -> None:
    """Asked for one of them: wrong first, which goes to that host alone."""
    servers = [Asking("correct horse") for _ in range(3)]
    async with listening(*servers):
        hosts = tuple(server.host(tmp_path, f"kvm{n}", realm="lab") for n, server in enumerate(servers))
        async with opened(FileSource(FleetConfig(hosts=hosts))) as seen:
            await seen.until(lambda: len(seen.ids(S.FAILED)) == 3 and "P kvm0: wants a password" in seen.text)
            await seen.pilot.press("P")
            first = await answer(seen, "not this")
            assert "wants the password of root" in first
            assert "all hosts of the realm lab" in first
            assert "What was typed last was not taken" in await answer(seen, "correct horse")
            await seen.until(lambda: len(seen.ids(S.CONNECTED)) == 3)
            assert "correct horse" not in seen.text
    assert sorted(server.told for server in servers) == [["correct horse"]] * 2 + [["not this", "correct horse"]]


@pytest.mark.daemons
async def test_a_question_that_is_left_is_not_asked_again_by_itself(tmp_path: Path) -> None:
    server = Asking(rounds=[Round([("Code: ", False)], ["1"], instruction="Look at \x1b[31mthe token")])
    async with listening(server), opened(FileSource(FleetConfig(hosts=(server.host(tmp_path, "kvm0"),)))) as seen:
        await seen.until(lambda: "P kvm0: wants a password" in seen.text)
        await seen.pilot.press("P")
        await dialogue(seen)
        await seen.until(lambda: "Code:" in seen.text)
        assert "Look at" in seen.text and "\x1b" not in seen.text
        await seen.pilot.press("escape")
        await seen.until(lambda: seen.ids(S.FAILED) == {"kvm0"})
        assert not isinstance(seen.pilot.app.screen, LoginScreen)
        await seen.pilot.press("P")
        await answer(seen, "1")
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm0"})


@pytest.mark.daemons
async def test_no_question_comes_over_what_is_being_typed(tmp_path: Path) -> None:
    server = Asking("secret")
    async with listening(server), opened(FileSource(FleetConfig(hosts=(server.host(tmp_path, "kvm0"),)))) as seen:
        await seen.until(lambda: "P kvm0: wants a password" in seen.text)
        await seen.pilot.press("exclamation_mark")
        await seen.until(lambda: seen.screen.is_typed_in)
        await seen.engine.fleet.perform(Invocation("retry", on_hosts("kvm0")))
        await seen.until(lambda: "kvm0 asks for something: P answers" in seen.text)
        assert not isinstance(seen.pilot.app.screen, LoginScreen)
        await seen.pilot.press("escape")
        await answer(seen, "secret")
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm0"})


@pytest.mark.daemons
async def test_a_host_that_is_watched_without_ssh_is_logged_in_to_for_its_commands(tmp_path: Path) -> None:
    server = Asking("secret")
    async with listening(server):
        host = replace(server.host(tmp_path, "kvm0"), uri="test:///default")
        async with opened(FileSource(FleetConfig(hosts=(host,)))) as seen:
            await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm0"})
            await seen.engine.fleet.perform(Invocation("run", on_hosts("kvm0"), {"command": "true"}))
            await seen.until(lambda: seen.engine.manager.last_errors("kvm0"))
            await seen.pilot.press("P")
            assert "wants the password of root" in await answer(seen, "secret")
            await seen.until(lambda: not seen.engine.manager.last_errors("kvm0"))
            assert server.told == ["secret"]


@pytest.mark.daemons
async def test_what_is_being_typed_goes_into_no_other_question(tmp_path: Path) -> None:
    """The host that asks is given up in the middle of it, and another one asks, too."""
    servers = [Asking("secret"), Asking("other")]
    async with listening(*servers):
        hosts = tuple(server.host(tmp_path, f"kvm{n}") for n, server in enumerate(servers))
        async with opened(FileSource(FleetConfig(hosts=hosts))) as seen:
            await seen.until(lambda: len(seen.ids(S.FAILED)) == 2)
            perform = seen.engine.fleet.perform
            await perform(Invocation("log-in", on_hosts("kvm0"), confirmed=1))
            first = await dialogue(seen)
            await perform(Invocation("log-in", on_hosts("kvm1"), confirmed=1))
            await seen.until(lambda: "1 more question will come" in seen.text)
            await seen.type("sec")
            await perform(Invocation("disconnect", on_hosts("kvm0"), confirmed=1))
            await seen.until(lambda: "It is asked no longer" in seen.text)
            await seen.type("ret")
            await seen.pilot.press("enter")
            await seen.until(lambda: seen.pilot.app.screen is not first)
            assert "kvm1" in await answer(seen, "other")
            await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm1"})
    assert [server.told for server in servers] == [[], ["other"]]


@pytest.mark.daemons
async def test_an_answer_connects_no_host_that_a_person_has_closed(tmp_path: Path) -> None:
    servers = [Asking("secret") for _ in range(3)]
    async with listening(*servers):
        hosts = tuple(server.host(tmp_path, f"kvm{n}", realm="lab") for n, server in enumerate(servers))
        async with opened(FileSource(FleetConfig(hosts=hosts))) as seen:
            await seen.until(lambda: len(seen.ids(S.FAILED)) == 3)
            await seen.engine.fleet.perform(Invocation("disconnect", on_hosts("kvm1"), confirmed=1))
            await seen.until(lambda: seen.ids(S.DISCONNECTED) == {"kvm1"})
            await seen.engine.fleet.perform(Invocation("log-in", on_hosts("kvm0"), confirmed=1))
            await answer(seen, "secret")
            await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm0", "kvm2"})
            assert seen.ids(S.DISCONNECTED) == {"kvm1"}
    assert servers[1].told == []


@pytest.mark.daemons
async def test_sudo_s_password_is_asked_for_over_the_command_pane(tmp_path: Path) -> None:
    with sudo_sshd(tmp_path / "sshd") as daemon:
        set_sudoers(daemon, f"{USER} ALL=(ALL) ALL")
        hosts = (HostInfo("kvm0", "127.0.0.1", uri=None, ssh=daemon.ssh_settings()),)
        async with opened(FileSource(FleetConfig(hosts=hosts))) as seen:
            await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm0"})
            await seen.pilot.press("exclamation_mark")
            seen.screen.pane.line.value = "--sudo echo I am $(id -un)"
            await seen.pilot.press("enter")
            asked = await dialogue(seen)
            assert "password for sudo" in seen.text and f"sudo wants the password of {USER}" in seen.text
            asked.query_one(Input).value = SUDO_PASSWORD
            await seen.pilot.press("enter")
            await seen.until(lambda: "I am root" in seen.text)
            assert SUDO_PASSWORD.strip() not in seen.text
