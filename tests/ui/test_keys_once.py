"""Every key is written once: the bindings of all classes, the bottom line, the help and the example say the same."""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

import atp_tui.ui
from atp_tui.ui.bindings import FIXED
from atp_tui.ui.key_check import key_problems
from atp_tui.ui.key_names import key_shown
from atp_tui.ui.keymap import keys_written
from atp_tui.ui.screens.help import command_section
from atp_tui.ui.screens.keys import help_keys, keys_of
from atp_tui.ui.views.fleet.spec import FLEET as FLEET_VIEW
from atp_tui.ui.views.keys import CHAINS, CHANGEABLE, WHOLE
from atp_tui.ui.widgets.command_pane import CommandInput, Mode
from atp_tui.ui.widgets.job_list import JobList

from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack

ROOT = Path(__file__).parents[2]
EXAMPLE, README = ROOT / "hosts.example.toml", ROOT / "README.md"

SHADOWED = {
    ("enter", "hosts.open", "lines.open"),
    ("enter", "domains.open", "lines.open"),
    ("enter", "heat.open", "lines.open"),
    ("enter", "events.open", "lines.open"),
    ("enter", "answers.fold", "lines.open"),
    ("enter", "jobs.open", "lines.open"),
    ("r", "answers.rerun", "action.retry"),
    ("r", "jobs.rerun", "action.retry"),
    ("w", "answers.save", "screen.zoom"),
    ("o", "answers.raw", "view.host"),
    ("y", "answers.copy", "screen.copy-address"),
    ("y", "jobs.copy", "screen.copy-address"),
    ("y", "followed.copy", "screen.copy-address"),
    ("y", "forwards.copy", "screen.copy-address"),
    ("w", "followed.save", "screen.zoom"),
    ("escape", "pane.leave", "fleet.back"),
    ("ctrl+c", "pane.cancel", "fleet.interrupt"),
    ("tab", "pane.complete", "fleet.next"),
}
"""Keys that a region has a use of its own for, and what they do elsewhere."""

CHOSEN = {
    "hosts.mark": "b", "hosts.mark-shown": "f9", "lines.up": "f11, up", "answers.rerun": "R", "pane.cancel": "f4",
    "fleet.next": "f6", "fleet.back": "f7", "action.retry": "f5", "action.run": "Q", "screen.filter": "f3",
    "screen.quit": "f10", "screen.help": "f1", "app.palette": "f2", "action.connect": "c",
}  # fmt: skip
"""Keys of every kind, changed."""


def classes() -> Iterator[type[DOMNode]]:
    """Every widget, screen and application of the package."""
    for module in pkgutil.walk_packages(atp_tui.ui.__path__, "atp_tui.ui."):
        for each in vars(importlib.import_module(module.name)).values():
            if isinstance(each, type) and issubclass(each, DOMNode) and each.__module__ == module.name:
                yield each


def test_every_binding_of_every_class_has_an_id_of_its_own_and_words() -> None:
    bound = [binding for each in classes() for binding in vars(each).get("BINDINGS", ())]
    assert len(bound) > 40
    for binding in bound:
        assert isinstance(binding, Binding), binding
        assert re.fullmatch(r"[a-z-]+\.[a-z-]+", binding.id or "") and binding.description, binding
        assert binding is (CHANGEABLE | FIXED).get(binding.id or ""), "it is in ui/bindings or its view alone"
    commands = [command.id for command in WHOLE.commands]
    times = Counter([*(binding.id for binding in bound), *commands])
    assert set(times.values()) == {1}
    assert times.keys() - set(commands) == CHANGEABLE.keys() | FIXED.keys(), "and no class binds another one"


def test_two_bindings_of_one_place_share_a_key_only_where_that_is_meant() -> None:
    shared = set()
    for chain in CHAINS[:-2]:
        ids = [*(binding.id or "" for part in chain for binding in part), *(command.id for command in WHOLE.commands)]
        for place, inner in enumerate(ids):
            shared |= {
                (key, inner, outer) for outer in ids[place + 1 :] for key in {*WHOLE.keys(inner)} & {*WHOLE.keys(outer)}
            }
    assert shared == SHADOWED


def test_the_example_lists_every_key_that_can_be_changed_as_it_is() -> None:
    text = EXAMPLE.read_text("utf-8")
    listed = tomllib.loads(re.sub(r"^#(?=[^ \n])", "", text, flags=re.MULTILINE))["ui"]["keys"]
    without = {command.id for command in WHOLE.commands if not command.key}
    wanted = CHANGEABLE.keys() | {command.id for command in WHOLE.commands} - without
    assert listed.keys() == wanted, f"[ui.keys] of {EXAMPLE.name} lists too few or too many: {listed.keys() ^ wanted}"
    for id, keys in listed.items():
        assert keys_written(keys) == WHOLE.keys(id), id
    unnamed = [id for id in sorted(without) if id not in text]
    assert not unnamed, f"the comment over [ui.keys] of {EXAMPLE.name} names what has no key of its own: {unnamed}"
    assert not list(key_problems(listed))


def told(opened: Opened) -> list[tuple[str, str]]:
    keys = opened.screen.keys
    return [row for _, rows in (command_section(keys), *help_keys(keys)) for row in rows]


def check_where_the_focus_is(opened: Opened) -> set[str]:
    """What works here is what the bottom line and the help say; the ids that a key press finds here."""
    active = opened.screen.active_bindings
    signs = {key_shown(key): each.binding for key, each in active.items()}
    for sign, words in keys_of(opened.app.focused, FLEET_VIEW, opened.screen.keys):
        if words != "other hosts":  # a word that is typed
            assert all(each in signs for each in sign.split()), (sign, words)
    rows = told(opened)
    for key, each in active.items():
        if each.binding.id is not None and (each.binding.show or each.binding.id.startswith(("action.", "screen."))):
            first = opened.screen.keys.keys(each.binding.id)[0]
            assert key in opened.screen.keys.keys(each.binding.id), "as Textual has it"
            assert any(key_shown(first) in left.split() for left, _ in rows), (first, each.binding.id)
    return {each.binding.id for each in active.values() if each.binding.id is not None}


@pytest.mark.parametrize("chosen", [{}, CHOSEN], ids=["own", "changed"])
async def test_the_bottom_line_and_the_help_say_what_works_where_the_focus_is(chosen: dict[str, str]) -> None:
    assert not list(key_problems(chosen))
    fakes = FleetServices(rack(4))
    fakes.services = replace(fakes.services, keys=tuple(chosen.items()))
    async with open_app(fakes, (200, 60)) as opened:
        opened.screen.set_class(False, "-no-answers")
        opened.screen.query_one(JobList).set_class(True, "-several")
        await opened.pilot.pause()
        commands = {command.id for command in WHOLE.commands}
        chains = [{binding.id for part in chain for binding in part} | commands for chain in CHAINS]
        places = opened.screen.focus_chain
        assert {type(each).__name__ for each in places} == {
            "HostTree", "ConnectionList", "DomainList", "CommandInput", "JobList", "Answers",
        }  # fmt: skip
        for place in places:
            place.focus()
            await opened.pilot.pause()
            found = check_where_the_focus_is(opened)
            assert any(found <= chain for chain in chains), place
            if isinstance(place, CommandInput):
                for mode in Mode:
                    opened.screen.pane.enter(mode)
                    check_where_the_focus_is(opened)
            else:
                assert {command.id for command in WHOLE.commands if opened.screen.keys.keys(command.id)} <= found | {
                    outer for _, _, outer in SHADOWED
                }
        await opened.press(opened.screen.keys.keys("screen.help")[0])
        found = {each.binding.id for each in opened.app.screen.active_bindings.values() if each.binding.id is not None}
        assert "help.close" in found and found <= chains[-1] - commands


def test_the_keys_of_the_readme_are_the_programs_own() -> None:
    _, _, after = README.read_text("utf-8").partition("\n## Keys\n")
    rows = [line.split("|") for line in after.partition("\n\nThe line above")[0].splitlines() if line.startswith("| `")]
    told = {sign for row in rows for cell in (row[1], row[3]) for sign in re.findall("`([^`]+)`", cell)}
    own = {key_shown(key) for id in (*CHANGEABLE, *(each.id for each in WHOLE.commands)) for key in WHOLE.keys(id)}
    assert len(told) > 15
    assert {sign.lower() if len(sign) > 1 else sign for sign in told} <= own
