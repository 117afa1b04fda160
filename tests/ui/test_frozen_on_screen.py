"""A freeze as a person at the screen meets it."""

from __future__ import annotations

import time

from atp_tui.actions.held import held_by
from atp_tui.actions.policy import Facts
from atp_tui.model.freeze import ALL, Freeze, Frozen, local_time
from atp_tui.ui.screens.ask import AskScreen
from atp_tui.ui.screens.main import MainScreen

from .conftest import open_app
from .fleet_services import FleetServices, rack

UNTIL = time.time() + 86_400.0


def frozen(*words: str, reason: str = "the release") -> Frozen:
    return Frozen(tuple(Freeze(each, (), UNTIL, reason, "ada", UNTIL - 9e4) for each in words))


def services(what: Frozen) -> FleetServices:
    hosts = rack(6)
    fakes = FleetServices(hosts)
    fakes.fleet.frozen = lambda: what
    fakes.door.facts = Facts(held=held_by(what, hosts), unreadable=what.unreadable)
    return fakes


async def test_it_stands_at_the_top_with_its_end_and_holds_back_the_key_the_line_and_the_palette() -> None:
    fakes = services(frozen(ALL))
    async with open_app(fakes, (80, 24)) as opened:
        assert opened.has(f"frozen until {local_time(UNTIL)[5:16]}  ")
        held = "ada has frozen the whole fleet"
        await opened.press("X")
        await opened.until(lambda: opened.has("disable-host changes something"))
        opened.app.type_command("run @all id")
        await opened.pilot.pause()
        await opened.press("enter")
        await opened.until(lambda: opened.has(f"run changes something, and {held}"))
        await opened.press("escape")
        opened.app.type_command("undo")
        await opened.until(lambda: opened.has(f"undo changes something, and {held}"))
        assert isinstance(opened.app.screen, MainScreen) and not fakes.jobs.started and not fakes.door.passed
        assert {each.action for each, _ in fakes.door.declined} == {"disable-host", "run", "undo"}


async def test_a_wide_screen_has_the_reason_and_a_hostile_one_is_only_shown() -> None:
    async with open_app(services(frozen("@rack1", ALL, reason="the [b]release[/]\x1b[2J")), (160, 40)) as opened:
        assert opened.has(f"frozen until {local_time(UNTIL)[5:16]} +1  (the [b]release[/]␛[2J)  ")
    async with open_app(services(Frozen(unreadable="hosts.toml.freeze: is no list of freezes")), (120, 40)) as opened:
        assert opened.has("frozen: unreadable")


async def test_freeze_and_thaw_are_typed_and_another_person_s_freeze_is_asked_about() -> None:
    fakes = services(frozen("@rack1"))
    async with open_app(fakes, (100, 30)) as opened:
        opened.app.type_command("freeze @rack1 2026-12-02T06:00 the new kernel")
        await opened.until(lambda: fakes.passed("freeze") and opened.has("freeze: @rack1"))
        (asked,) = fakes.passed("freeze")
        assert dict(asked.arguments) == {"set": "@rack1", "until": "2026-12-02T06:00", "reason": "the new kernel"}
        opened.app.type_command("thaw @rack1")
        await opened.read()
        assert isinstance(opened.app.screen, AskScreen) and opened.has("ada has frozen @rack1 on")
        await opened.press("enter")
        assert not fakes.passed("thaw") and fakes.door.declined[-1][0].action == "thaw"
        opened.app.type_command("thaw @rack1")
        await opened.read()
        await opened.press("y")
        await opened.until(lambda: fakes.passed("thaw"))
