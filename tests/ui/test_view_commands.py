"""Commands that views perform: typed with an argument, completed with it, and done by the view that has them."""

from __future__ import annotations

import pytest

from atp_tui.actions.registry import ACTIONS
from atp_tui.ui.commands import all_commands
from atp_tui.ui.screens.palette import completions, offers
from atp_tui.ui.views.keys import performing
from atp_tui.ui.views.registry import VIEWS
from atp_tui.ui.views.spec import ViewCommand, ViewSpec
from atp_tui.ui.views.view import View

from .conftest import Opened, open_app
from .fleet_services import FleetServices

SEVERAL = ViewCommand("columns", "columns", "choose them", lambda _: ("cpu", "memory", "rtt"), several=True)


def offered(text: str) -> list[str]:
    return completions((), (), (), (), [(SEVERAL, ("cpu", "memory", "rtt"))], text)


def test_the_files_that_hosts_can_go_into_are_offered_where_there_are_several() -> None:
    commands = all_commands(ACTIONS)
    several, alone = ("hosts.toml", "a.toml"), ("hosts.toml",)
    offered = [each for each in completions(commands, (), (), (), files=several) if each.startswith("move-to-file ")]
    assert offered == ["move-to-file hosts.toml", "move-to-file a.toml"]
    assert [line for name, _, line in offers(commands, (), (), files=several) if name == "move to file a.toml"] == [
        "move-to-file a.toml"
    ]
    assert not [each for each in completions(commands, (), (), (), files=alone) if each.startswith("move-to-file ")]


def test_a_freeze_is_of_a_group_a_set_or_a_host_and_a_thaw_of_what_is_frozen() -> None:
    def offered(text: str) -> list[str]:
        found = completions((), ("kvm01",), ("edge", "prod"), (), text=text, frozen=("@prod",))
        return [each for each in found if each.startswith(("freeze", "thaw"))]

    assert offered("freeze @p") == ["freeze @all ", "freeze @edge ", "freeze @prod ", "freeze kvm01 "]
    assert offered("thaw ") == ["thaw @prod"]
    assert offered("freeze @prod 2026-") == offered("fre") == []


async def typed(opened: Opened, line: str) -> None:
    await opened.press("colon")
    await opened.type(line)
    await opened.press("enter")


@pytest.mark.parametrize("spec", VIEWS, ids=lambda spec: str(spec.name))
async def test_each_view_performs_the_commands_of_its_spec(spec: ViewSpec, fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        opened.screen.navigation.open(spec.name, "kvm01/web1" if spec.needs == "domain" else "")
        view: View = opened.screen.view
        assert set(view.commands) == {each.name for each in spec.commands}
        assert all(list(each.arguments(fakes.fleet)) for each in spec.commands)


def test_the_view_in_sight_performs_a_command_before_the_first_that_has_it() -> None:
    other = ViewSpec("other", "other", None, "", lambda _: View(), commands=(SEVERAL, VIEWS[0].commands[0]))
    name = VIEWS[0].commands[0].name
    assert performing(other)[name][0] is other and performing(VIEWS[0])[name][0] is VIEWS[0]
    assert performing(other)["columns"] == (other, SEVERAL)


def test_of_several_arguments_each_one_is_offered_once() -> None:
    assert offered("columns ") == ["columns cpu", "columns memory", "columns rtt"]
    assert offered("columns rtt,") == ["columns rtt,cpu", "columns rtt,memory"]
    assert offered("columns rtt,cpu,m") == ["columns rtt,cpu,memory"]
    assert offered("jump a,b") == ["columns cpu", "columns memory", "columns rtt"]


async def test_sort_takes_the_name_of_an_order_and_completes_it(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("colon")
        await opened.type("sort c")
        await opened.until(lambda: opened.has("sort cpu"))
        await opened.press("tab", "enter")
        await opened.until(lambda: opened.hosts.sort == "cpu")
        await typed(opened, "sort mem")
        assert opened.hosts.sort == "memory", "an alias"
        await typed(opened, "sort naem")
        await opened.until(lambda: opened.has("no order naem: did you mean name?"))
        assert opened.hosts.sort == "memory"


async def test_without_its_argument_the_line_is_opened_for_it(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await typed(opened, "sort")
        assert opened.screen.pane.line.value == "sort " and opened.app.focused is opened.screen.pane.line
