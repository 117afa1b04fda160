"""What the screen asks before something is done to hosts, and what it keeps on record of a no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from textual.binding import Binding

from atp_tui.actions.at_work import JobAtWork
from atp_tui.actions.policy import Facts
from atp_tui.actions.registry import ACTIONS
from atp_tui.model.guard import GuardSettings
from atp_tui.model.outcome import Outcome
from atp_tui.ui.bindings import ANSWERS
from atp_tui.ui.early_keys import HearsNothingAtFirst
from atp_tui.ui.screens.ask import AskScreen, TypedAskScreen
from atp_tui.ui.screens.main import MainScreen
from atp_tui.ui.views.keys import WHOLE
from atp_tui.ui.views.registry import VIEWS
from atp_tui.ui.views.spec import ViewSpec

from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack

FILE_ALONE = {"disable-host", "enable-host", "undo", "redo"}
"""Actions whose keys write hosts.toml at once: a key takes them back, and they touch no host. Above five hosts they are
asked about, and wherever a job of the program may be cut short by them."""

BY_TYPING = {"shell"}
"""Actions whose keys open what a person types into."""

ELSEWHERE = {
    "app.suspend",
    "app.quit",
    "app.palette",
    "screen.quit",
    "screen.theme",
    "screen.open-editor",
    "screen.dump",
}
"""Keys that leave the screen or change its looks, and are no way to a host."""


def guarded(number: int, **settings: object) -> FleetServices:
    fakes = FleetServices(rack(number))
    guard = replace(GuardSettings(), **settings)  # type: ignore[arg-type]  # fields of the settings
    fakes.door.policy = replace(fakes.door.policy, guard=guard)
    return fakes


async def entered(opened: Opened, line: str) -> None:
    opened.app.type_command(f"run {line}")
    await opened.pilot.pause()
    await opened.press("enter")


async def test_above_the_first_limit_a_yes_is_wanted_and_enter_is_a_no() -> None:
    fakes = guarded(6)
    async with open_app(fakes, (80, 24)) as opened:
        await entered(opened, "@all id")
        await opened.read()
        assert isinstance(opened.app.screen, AskScreen)
        for words in ("run: 6 hosts", "on kvm[01-06]", "· 6 hosts are more than 5", "There is no undo.", "n leave it"):
            assert opened.has(words), words
        await opened.press("enter")
        assert not fakes.jobs.started and opened.screen.pane.line.value == "@all id", "the line stays"
        ((asked, why),) = fakes.door.declined
        assert asked.hosts == tuple(f"kvm0{number}" for number in range(1, 7)) and "has not agreed to it" in why
        await opened.press("enter")
        await opened.read()
        await opened.press("y")
        await opened.until(lambda: fakes.jobs.started)
        assert len(fakes.door.declined) == 1


async def test_the_dangerous_part_is_marked_and_told_with_what_runs_there() -> None:
    fakes = guarded(2, protected=("prod",))
    fakes.door.facts = Facts({"kvm01": ("prod",)}, {"kvm01": 7})
    async with open_app(fakes, (80, 24)) as opened:
        await entered(opened, "@kvm02 sudo reboot")
        await opened.read()
        assert isinstance(opened.app.screen, AskScreen) and opened.has("· on the list of dangers: reboot")
        await opened.press("escape")
        await entered(opened, "@all sudo reboot")
        await opened.read()
        assert isinstance(opened.app.screen, TypedAskScreen)
        for words in (
            "sudo reboot",
            "protected by the tag prod: kvm01",
            "VMs that run there: 7, without those of hosts that have",
        ):
            assert opened.has(words), words
        content = next(each for each in opened.app.screen._lines if "sudo" in str(each))
        assert [str(content)[span.start : span.end] for span in content.spans] == ["reboot"]  # type: ignore[union-attr]
        await opened.press("y", "enter")
        assert not fakes.jobs.started
        await opened.press("backspace", "2", "enter")
        await opened.until(lambda: fakes.jobs.started)


async def test_a_host_that_may_only_be_watched_is_refused_before_any_question_and_on_record() -> None:
    fakes = guarded(6, read_only=("kvm03",))
    async with open_app(fakes, (120, 40)) as opened:
        await entered(opened, "@all reboot")
        await opened.until(lambda: opened.has("run changes something, and kvm03 may only be watched"))
        assert isinstance(opened.app.screen, MainScreen) and not fakes.jobs.started
        ((asked, why),) = fakes.door.declined
        assert len(asked.hosts) == 6 and "names kvm03" in why


def test_no_action_that_changes_a_host_can_be_behind_a_bare_key() -> None:
    """A person may give each action a key: so each that changes something asks for more than that, or writes to
    hosts.toml alone, which a key takes back."""
    for action in ACTIONS:
        if action.changes and not action.prompts:
            assert not action.changes_hosts, action.name
    at_once = {each.name for each in ACTIONS if each.changes and not each.prompts and not each.arguments}
    assert at_once | {"enable-host"} == FILE_ALONE


async def left(opened: Opened) -> None:
    """Leave whatever a key has opened."""
    for _ in range(4):
        if isinstance(opened.app.screen, HearsNothingAtFirst):
            await opened.read()
        elif isinstance(opened.app.screen, MainScreen) and not opened.screen.pane.line.has_focus:
            return
        await opened.press("escape")


def keys_of(view: ViewSpec) -> Iterator[tuple[str, str]]:
    """The keys of a view with their ids; with the first one all others that the screen has."""
    bound: list[Binding] = [each for each in view.keys if each.id]
    yield from ((each.id or "", each.key.split(",")[0]) for each in bound)
    if view is VIEWS[0]:
        yield from ((each.id, key) for each in WHOLE.commands for key in WHOLE.keys(each.id))


async def test_no_single_key_of_the_answers_runs_anything() -> None:
    fakes = FleetServices(rack(3))
    async with open_app(fakes, (120, 40)) as opened:
        await entered(opened, "@all id")
        (job,) = fakes.jobs.started
        for host in job.hosts:
            job.end(host, Outcome.FAILED, 1, b"x")
        await opened.until(lambda: opened.has("3/3 done"))
        for binding in ANSWERS:
            opened.screen.answers.focus()
            await opened.press(binding.key.split(",")[0])
            assert len(fakes.jobs.started) == 1, binding.id
            await left(opened)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: str(view.name))
async def test_no_single_key_of_a_view_changes_anything_on_a_host(view: ViewSpec) -> None:
    fakes = FleetServices(rack(3))
    async with open_app(fakes, (120, 40)) as opened:
        opened.screen.navigation.open(view.name, "kvm01" if view.name in ("host", "domain") else "")
        await opened.pilot.pause()
        pressed = 0
        for id, key in keys_of(view):
            if id in ELSEWHERE:
                continue
            await opened.press(key)
            pressed += 1
            changed = {each.action for each in fakes.door.passed if each.action not in ("retry",)}
            assert not fakes.jobs.started and changed <= FILE_ALONE | BY_TYPING, (id, key)
            await left(opened)
        assert pressed or not view.keys


@pytest.mark.parametrize("key", ["X", "z", "Z"])
async def test_a_key_that_lets_hosts_go_asks_where_a_job_works_on_them(key: str) -> None:
    fakes = guarded(3)
    fakes.door.facts = Facts(jobs=(JobAtWork(frozenset({"kvm01"}), "ada", 1e9, "apt-get upgrade"),))
    async with open_app(fakes, (80, 24)) as opened:
        opened.app.type_command("jump kvm01")
        await opened.press(key)
        await opened.read()
        assert isinstance(opened.app.screen, AskScreen)
        assert opened.has("lose what runs there") and opened.has("still works on kvm01: apt-get upgrade")
        await opened.press("enter")
        assert not fakes.door.passed and len(fakes.door.declined) == 1
        await opened.press(key)
        await opened.read()
        await opened.press("y")
        await opened.until(lambda: fakes.door.passed)


async def test_the_panel_of_a_host_says_that_it_may_only_be_watched() -> None:
    fakes = guarded(3, read_only=("kvm02", "lab"))
    fakes.door.facts = Facts({"kvm02": ("lab",)})
    async with open_app(fakes, (160, 40)) as opened:
        opened.screen.navigation.open("host", "kvm02")
        await opened.until(lambda: opened.has("only watched: read_only of [guard] names kvm02, lab"))
        opened.screen.navigation.open("host", "kvm01")
        await opened.until(lambda: not opened.has("only watched"))
