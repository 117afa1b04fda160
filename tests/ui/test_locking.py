"""The screen that is locked shows nothing of the fleet, and no key gets by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from atp_tui.actions.action import Invocation
from atp_tui.config.fleet import FleetConfig, UiSettings
from atp_tui.drivers.sources import FileSource
from atp_tui.model.connection import ConnectionState
from atp_tui.model.credential import Secret
from atp_tui.model.host import HostInfo
from atp_tui.model.questions import Locked, LoginQuestion, Wants
from atp_tui.ui.app import AtpApp
from atp_tui.ui.screens.lock import LockScreen
from atp_tui.ui.screens.login import LoginScreen

from ..daemons.asking_sshd import Asking, listening
from .conftest import open_app
from .fleet_services import FleetServices
from .test_real_engine import Seen, opened

S = ConnectionState
QUESTION = LoginQuestion(99, Wants.PASSWORD, "kvm01", "root", "127.0.0.1")
NONE_OF_IT = ("kvm01", "127.0.0.1", "connected")


def is_hidden(seen: Seen) -> bool:
    return "locked" in seen.text and not any(word in seen.text for word in NONE_OF_IT)


async def test_a_password_that_was_in_use_opens_it_and_no_key_gets_by(tmp_path: Path) -> None:
    async with listening(server := Asking("secret")):
        config = FleetConfig(hosts=(server.host(tmp_path, "kvm01"),))
        async with opened(FileSource(config)) as seen:
            await seen.until(lambda: seen.ids(S.FAILED))
            await seen.pilot.press("P")
            await seen.until(lambda: isinstance(seen.pilot.app.screen, LoginScreen))
            await seen.read()
            await seen.pilot.press(*"secret", "enter")
            await seen.until(lambda: seen.ids(S.CONNECTED))
            await seen.pilot.press("colon", *"lock", "enter")
            await seen.until(lambda: is_hidden(seen))
            assert not seen.engine.source.drivers.desk.gate.taken(), "it was dropped"
            for key in ("ctrl+p", "ctrl+q", "ctrl+c", "escape", "colon", "q", "Z", "1", "ctrl+z", "f1", "enter"):
                await seen.pilot.press(key)
                assert is_hidden(seen), key
            seen.pilot.app.push_screen(LoginScreen(QUESTION))
            await seen.pilot.pause()
            assert is_hidden(seen), "what comes by itself comes below it"
            seen.pilot.app.pop_screen()
            await seen.pilot.pause()
            assert is_hidden(seen), "nothing takes it away"
            await seen.pilot.press("ctrl+u", *"wrong", "enter")
            await seen.until(lambda: "That is none of them" in seen.text)
            assert is_hidden(seen)
            await seen.pilot.press(*"secret", "enter")
            await seen.until(lambda: not isinstance(seen.pilot.app.screen, LockScreen))
            assert isinstance(seen.pilot.app.screen, LoginScreen)
            await seen.read()
            await seen.pilot.press("escape")
            await seen.until(lambda: seen.pilot.app.screen is seen.screen)
            assert "kvm01" in seen.text


async def test_it_locks_by_itself_and_any_key_opens_it_where_nothing_was_typed(tmp_path: Path) -> None:
    async with listening(server := Asking("secret")):
        config = FleetConfig(hosts=(server.host(tmp_path, "kvm01"),), ui=UiSettings(lock_after="1s"))
        async with opened(FileSource(config)) as seen:
            await seen.until(lambda: is_hidden(seen))
            assert "key shows the fleet again" in seen.text
            await seen.pilot.press("x")
            await seen.until(lambda: seen.pilot.app.screen is seen.screen)
            assert "kvm01" in seen.text
            seen.pilot.app.app_suspend_signal.publish(seen.pilot.app)
            await seen.pilot.pause(1.3)
            assert seen.engine.fleet.locked() is None, "a shell has the terminal, and a person types there"
            seen.pilot.app.app_resume_signal.publish(seen.pilot.app)
            await seen.until(lambda: is_hidden(seen))


async def test_a_question_below_that_is_asked_no_longer_does_not_take_the_lock_away(tmp_path: Path) -> None:
    async with listening(server := Asking("secret")):
        config = FleetConfig(hosts=(server.host(tmp_path, "kvm01"),))
        async with opened(FileSource(config)) as seen:
            await seen.until(lambda: seen.ids(S.FAILED))
            await seen.pilot.press("P")
            await seen.until(lambda: isinstance(seen.pilot.app.screen, LoginScreen))
            desk = seen.engine.source.drivers.desk
            await seen.engine.fleet.perform(Invocation("lock", (), {}, "me"))
            await seen.until(lambda: is_hidden(seen))
            locks = seen.pilot.app.screen
            question = desk.question()
            assert question is not None
            desk.decline(question.number)
            await seen.pilot.pause()
            assert desk.question() is None
            assert is_hidden(seen)
            assert seen.pilot.app.screen is locks
            await seen.pilot.press("x")
            await seen.until(lambda: seen.pilot.app.screen is seen.screen)
            assert "kvm01" in seen.text


async def test_the_first_key_after_a_long_time_locks_and_does_nothing_else(tmp_path: Path) -> None:
    hosts = (HostInfo("kvm01", "127.0.0.1", uri=None),)
    async with opened(FileSource(FleetConfig(hosts=hosts, ui=UiSettings(lock_after="1h")))) as seen:
        app = seen.pilot.app
        assert isinstance(app, AtpApp)
        await seen.until(lambda: "kvm01" in seen.text and app._lock._timer is not None)
        app._lock._touched -= 7200  # as on a machine that has slept, before the loop has looked at its timers
        await seen.pilot.press("question_mark")
        await seen.until(lambda: is_hidden(seen))
        await seen.pilot.press("x")
        await seen.until(lambda: app.screen is seen.screen)


@pytest.mark.parametrize("size", [(20, 5), (80, 24)])
async def test_the_field_of_the_proof_is_in_sight_at_any_size(fakes: FleetServices, size: tuple[int, int]) -> None:
    class Fleet:
        def locked(self) -> Locked:
            return Locked(wants_proof=True)

        async def unlock(self, secret: Secret | None, /) -> bool:
            return False

    async with open_app(fakes, size) as opened:
        opened.app.push_screen(LockScreen(Fleet()))
        await opened.until(lambda: opened.has("in use"))
        screen = opened.app.screen
        assert screen.find_widget(screen.query_one("#proof")).visible_region
