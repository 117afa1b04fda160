"""The frame around the views: opening, going back, the path, and what commands go to in each."""

from __future__ import annotations

import pytest

from atp_tui.model.connection import ConnectionState
from atp_tui.ui.views.answers.view import AnswersView
from atp_tui.ui.views.host.view import HostView
from atp_tui.ui.views.jobs.view import JobsView
from atp_tui.ui.views.registry import VIEWS
from atp_tui.ui.views.spec import ViewSpec

from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack

S = ConnectionState
KEYS = ("space", "slash")
SIZES = [(80, 24), (120, 40), (200, 60)]


def here(opened: Opened) -> str:
    return opened.screen._views.stack.here.view


OF_NO_HOST = {"jobs", "followed", "answers", "events", "messages", "domains"}
"""Views whose cursor is on no single host here, so that none leads from there to the view of a host."""


@pytest.mark.parametrize("size", SIZES)
async def test_each_view_opens_by_name_takes_the_focus_and_is_left_by_esc(size: tuple[int, int]) -> None:
    async with open_app(FleetServices(rack(4)), size) as opened:
        for spec in VIEWS:
            of = ["space", "kvm01", "slash", "web1"] if spec.needs == "domain" else []
            await opened.press("colon", *spec.name, *[key for each in of for key in ([each] if each in KEYS else each)])
            await opened.press("enter")
            await opened.until(lambda spec=spec: here(opened) == spec.name and opened.app.focused)  # type: ignore[misc]
            focused = opened.app.focused
            assert focused is not None and opened.screen.is_in_sight(focused), spec.name
            for _ in range(3):
                if here(opened) == VIEWS[0].name:
                    break
                await opened.press("escape")
            await opened.until(lambda: here(opened) == VIEWS[0].name and opened.hosts.has_focus)


@pytest.mark.parametrize("spec", [spec for spec in VIEWS if spec.key], ids=lambda spec: str(spec.name))
async def test_each_key_of_a_view_opens_it_from_every_other_one(spec: ViewSpec) -> None:
    async with open_app(FleetServices(rack(4))) as opened:
        for other in VIEWS:
            names = {spec.name, other.name}
            if other.key and other is not spec and not ("host" in names and names & OF_NO_HOST):
                await opened.press(other.key)
                await opened.until(lambda other=other: here(opened) == other.name)  # type: ignore[misc]
                assert spec.key is not None
                await opened.press(spec.key)
                await opened.until(lambda: here(opened) == spec.name)


async def test_the_host_under_the_cursor_has_the_whole_screen_and_takes_the_commands() -> None:
    fakes = FleetServices(rack(4))
    async with open_app(fakes) as opened:
        fakes.transport.sample("kvm02", busy=0)
        fakes.transport.sample("kvm02", busy=40)
        await opened.press("j", "o")
        await opened.until(lambda: opened.has("▸ kvm02") and opened.has("kvm02 (1)"))
        await opened.until(lambda: opened.has("web2") and not opened.has("rack1"))
        assert isinstance(opened.screen.view, HostView)
        await opened.press("exclamation_mark", *"id", "enter")
        await opened.until(lambda: fakes.jobs.started)
        assert fakes.jobs.started[0].hosts == ("kvm02",)


async def test_a_host_that_has_gone_says_so_and_nothing_runs_on_it() -> None:
    fakes = FleetServices(rack(4))
    async with open_app(fakes) as opened:
        await opened.press("o")
        await opened.until(lambda: opened.has("▸ kvm01"))
        fakes.transport.remove("kvm01")
        await opened.until(lambda: opened.has("kvm01 is no host of the fleet any more."))
        await opened.until(lambda: opened.has("no host (0)"))


async def test_a_view_of_one_host_is_asked_for_by_its_name_too_and_a_group_is_none() -> None:
    async with open_app(FleetServices(rack(4))) as opened:
        await opened.press("colon", *"host", "space", *"kvm03", "enter")
        await opened.until(lambda: opened.has("▸ kvm03"))
        await opened.press("escape", "home", "o")
        await opened.until(lambda: opened.has("put the cursor on a host, or name it"))
        assert here(opened) == "fleet"


async def test_the_jobs_have_the_whole_screen_and_commands_go_to_the_hosts_of_the_one_that_is_shown() -> None:
    fakes = FleetServices(rack(4))
    async with open_app(fakes) as opened:
        await opened.press("j", "space", "j", "space", "exclamation_mark", *"id", "enter")
        await opened.until(lambda: fakes.jobs.started)
        job = fakes.jobs.started[0]
        job.output("kvm02", b"uid=0\n")
        for host in job.hosts:
            job.end(host)
        await opened.press("escape", "u", "home", "6")
        await opened.until(lambda: isinstance(opened.screen.view, AnswersView) and opened.screen.answers.has_focus)
        await opened.until(lambda: opened.has("kvm[02-03] (2)") and not opened.has("rack1"))
        answers = opened.screen.answers
        assert answers.size.height > 25, "all the room"
        await opened.press("escape")
        await opened.until(lambda: isinstance(opened.screen.view, JobsView) and opened.screen.view.table.has_focus)
        assert opened.has("kvm[02-03] (2)")
        await opened.press("escape")
        await opened.until(lambda: here(opened) == "fleet" and opened.hosts.has_focus)


async def test_a_command_that_is_being_typed_keeps_the_hosts_of_the_view_it_was_begun_in() -> None:
    fakes = FleetServices(rack(4))
    async with open_app(fakes) as opened:
        await opened.press("j", "exclamation_mark", *"id")
        await opened.until(lambda: opened.has("kvm02 (1)"))
        opened.app.type_command("heat")
        await opened.until(lambda: here(opened) == "heat")
        await opened.until(lambda: opened.has("kvm01 (1)"))
        assert opened.screen.pane.line.value == "id"


async def test_each_view_keeps_its_own_filter() -> None:
    async with open_app(FleetServices([*rack(4), *rack(2, tag="rack2", start=5)])) as opened:
        await opened.press("slash", *"rack2", "enter")
        await opened.until(lambda: opened.hosts.shown_hosts == ("kvm05", "kvm06"))
        await opened.press("3")
        await opened.until(lambda: here(opened) == "heat" and opened.has("rack1"))
        await opened.press("slash")
        assert opened.screen.pane.line.value == ""
        await opened.press(*"kvm01", "enter")
        await opened.until(lambda: not opened.has("kvm05"))
        await opened.press("1")
        await opened.until(lambda: opened.hosts.has_focus)
        assert opened.hosts.shown_hosts == ("kvm05", "kvm06")
        await opened.press("slash")
        assert opened.screen.pane.line.value == "rack2"
