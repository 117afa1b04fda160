"""`[ui.keys]`: what is wrong with it is said, and what is right takes effect as Textual has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.binding import BindingsMap

from atp_tui.config.load import parse
from atp_tui.model.errors import ConfigErrors
from atp_tui.ui.app import AtpApp
from atp_tui.ui.key_check import key_problems
from atp_tui.ui.key_names import UnknownKey, key_name, key_shown
from atp_tui.ui.keymap import Keymap
from atp_tui.ui.screens.help import HelpScreen
from atp_tui.ui.screens.main import MainScreen
from atp_tui.ui.views.fleet.tree import HostTree
from atp_tui.ui.views.keys import CHAINS, CHANGEABLE, WHOLE
from atp_tui.ui.widgets.answers import Answers
from atp_tui.ui.widgets.command_pane import CommandInput

from .conftest import open_app
from .fleet_services import FleetServices, rack


@pytest.mark.parametrize(
    ("written", "name", "shown"),
    [
        ("m", "m", "m"), ("K", "K", "K"), ("?", "question_mark", "?"), ("*", "asterisk", "*"), (" ", "space", "space"),
        ("comma", "comma", ","), ("+", "plus", "+"), ("ctrl++", "ctrl+plus", "ctrl++"), ("ä", "ä", "ä"),
        ("escape", "escape", "esc"), ("up", "up", "↑"), ("f12", "f12", "f12"), ("ctrl+x", "ctrl+x", "ctrl+x"),
        ("shift+ctrl+f5", "ctrl+shift+f5", "ctrl+shift+f5"), ("shift+tab", "shift+tab", "shift+tab"),
    ],
)  # fmt: skip
def test_names_of_keys(written: str, name: str, shown: str) -> None:
    assert key_name(written) == name and key_shown(name) == shown
    assert key_name(name) == name


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("esc", "'escape'"), ("return", "'enter'"), ("ctrl+m", "'enter'"), ("ctrl+i", "'tab'"), ("pgup", "'pageup'"),
        ("question_mrk", "'question_mark'"), ("ctrl+P", "small 'p'"), ("shift+a", "write A"), ("foo", "such as f5"),
        ("control+x", "ctrl"), ("", "leave the line out"), ("\x1b", "such as f5"), ("m" * 99, "such as f5"),
        ("f25", "'f"),
    ],
)  # fmt: skip
def test_what_is_no_key_says_what_would_be_right(written: str, hint: str) -> None:
    with pytest.raises(UnknownKey) as caught:
        key_name(written)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("lines", "line", "key", "message", "hint"),
    [
        ('"hosts.nosuch" = "m"', 3, '"hosts.nosuch"', "no key has this id", "did you mean 'hosts."),
        ('"gibberish" = "m"', 3, "gibberish", "no key has this id", "action.…, answers.…"),
        ('"question.yes" = "j"', 3, '"question.yes"', "same keys for everybody", "leave it out"),
        ('"pane.accept" = "f3"', 3, '"pane.accept"', "same keys for everybody", "leave it out"),
        ('"hosts.mark" = "esc"', 3, '"hosts.mark"', "no key is called 'esc'", "'escape'"),
        ('"hosts.mark" = "m, esc"', 3, '"hosts.mark"', "no key is called 'esc'", "'escape'"),
        ('"hosts.mark" = ""', 3, '"hosts.mark"', "no key stands there", "leave the line out"),
        ('"hosts.mark" = "m,m"', 3, '"hosts.mark"', "m stands there twice", "each key once"),
        ('"hosts.mark" = "u"', 3, '"hosts.mark"', "u is the key of hosts.unmark", "another"),
        ('"hosts.mark" = "k"', 3, '"hosts.mark"', "k is the key of lines.up", "another"),
        ('"hosts.mark" = "q"', 3, '"hosts.mark"', "q is the key of screen.quit", "another"),
        ('"action.connect" = "y"', 3, '"action.connect"', "y is the key of screen.copy-address", "another"),
        ('"hosts.mark" = "z"\n"hosts.sort" = "z"', 4, '"hosts.sort"', "z is the key of hosts.mark", "another"),
        ('"app.palette" = "p"', 3, '"app.palette"', "p is needed to type", "f5"),
        ('"pane.older" = "ctrl+u"', 3, '"pane.older"', "ctrl+u is needed to type", "f5"),
        ('"hosts.mark" = 5', 3, '"hosts.mark"', "is the number 5", "text in quotes"),
        ('hosts.mark = "m"', 3, "hosts", "is a table", '"hosts.mark" = … with the quotes'),
    ],
)  # fmt: skip
def test_what_cannot_work_is_an_error_with_its_line(lines: str, line: int, key: str, message: str, hint: str) -> None:
    text = f"[ui.keys]\n\n{lines}\n"
    with pytest.raises(ConfigErrors) as caught:
        parse(text, Path("hosts.toml"), key_problems)
    error = caught.value.errors[-1]
    assert (error.line, error.key) == (line, f"ui.keys.{key}")
    assert message in error.message and hint in (error.hint or "")


def test_a_table_of_keys_that_is_none_and_a_verb_that_does_not_ask() -> None:
    with pytest.raises(ConfigErrors, match=r"hosts.toml:2: ui.keys: is the number 5; it must be a table"):
        parse("[ui]\nkeys = 5\n", Path("hosts.toml"))
    keys = parse('[ui.keys]\n"hosts.nosuch" = "m"\n', Path("hosts.toml")).ui.keys
    assert keys == (("hosts.nosuch", "m"),), "ids are the screen's matter"


def nodes() -> Iterator[BindingsMap]:
    """The bindings of each class that is asked for keys, as Textual has merged them."""
    for each in (HostTree, Answers, CommandInput, MainScreen, HelpScreen, AtpApp):
        yield each._merge_bindings()


KEYS = st.sampled_from(["m", "z", "k", "q", "r", "f5", "f6", "ctrl+x", "tab", "escape", "left", "space", "?"])
IDS = st.sampled_from([*CHANGEABLE, *(command.id for command in WHOLE.commands)])


@settings(deadline=None)
@given(st.dictionaries(IDS, st.lists(KEYS, min_size=1, max_size=2).map(", ".join), max_size=5))
def test_what_is_found_right_gives_each_key_one_meaning_and_is_what_textual_does(chosen: Mapping[str, str]) -> None:
    wrong = {id for id, _, _ in key_problems(chosen)}
    if wrong:
        assert wrong <= chosen.keys()
        return
    keys = Keymap(WHOLE.commands, chosen, CHANGEABLE)
    commands = [command.id for command in keys.commands]
    for chain in CHAINS[:-2]:
        ids = [*(binding.id or "" for part in chain for binding in part), *commands]
        for place, id in enumerate(ids):
            for other in ids[place + 1 :]:
                shared = {*keys.keys(id)} & {*keys.keys(other)}
                assert shared <= {*WHOLE.keys(id)} & {*WHOLE.keys(other)}, (id, other)
    for bound in (*nodes(), keys.of_commands()):
        before = {binding.id for _, binding in bound if binding.id}
        editing = {key for key, binding in bound if binding.id is None and "pane.enter" in before}
        # Textual tells several keys that become one as clashes of each other; and lists have keys of its own, to scroll
        # to the side, which have no id: a person may take them.
        clashed = {binding.id for binding in bound.apply_keymap(keys.chosen).clashed_bindings}
        assert clashed - {None} <= chosen.keys()
        for id in before & chosen.keys():
            assert {key for key, binding in bound if binding.id == id} == {*keys.keys(id)}
        assert editing <= {key for key, binding in bound if binding.id is None}, "no key that edits text is lost"


async def test_changed_keys_do_their_work_and_the_old_ones_none() -> None:
    chosen = {
        "hosts.mark": "b", "app.palette": "f2", "action.retry": "f5", "action.connect": "c", "screen.quit": "f10",
        "screen.filter": "f", "fleet.back": "f7", "pane.leave": "f4",
    }  # fmt: skip
    fakes = FleetServices(rack(3))
    fakes.services = replace(fakes.services, keys=tuple(chosen.items()))
    async with open_app(fakes, (120, 160)) as opened:
        await opened.press("space", "r", "q")
        assert not opened.hosts.asked.marked and not fakes.door.passed and opened.app.is_running
        await opened.press("b", "f5", "c")
        await opened.until(lambda: fakes.passed("retry") and fakes.passed("connect"))
        assert opened.hosts.asked.marked == {"kvm01"}
        assert "b mark" in opened.lines()[-1] and "f10 quit" in opened.lines()[-1]
        await opened.press("ctrl+p")
        assert len(opened.app.screen_stack) == 1
        await opened.press("f2")
        await opened.until(lambda: len(opened.app.screen_stack) == 2)
        await opened.press("escape", "question_mark")
        assert opened.has("f10   :quit") and opened.has("b  mark the host") is False
        rows = [" ".join(line.split()) for line in opened.lines()]
        assert any("b mark the host, or all of a group" in row for row in rows)
        assert any("f4 leave the line" in row for row in rows)
        await opened.press("escape", "f")
        await opened.type("nosuch")
        assert opened.has("Press f to change it.")
        await opened.press("escape")
        assert opened.screen.pane.line.has_focus, "f4 has its work now"
        await opened.press("f4")
        assert opened.app.focused is opened.hosts
        await opened.press("exclamation_mark", "f10")
        await opened.until(lambda: not opened.app.is_running)
