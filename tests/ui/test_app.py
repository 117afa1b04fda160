"""The application as a whole: start, life around the engine, sizes, themes, quitting, its report of a crash."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from rich.segment import Segment
from textual import events
from textual.widget import Widget

from atp_tui.engine.fleet import Change
from atp_tui.ui.app import AtpApp
from atp_tui.ui.widgets.status_bar import StatusBar

from .conftest import Opened, lines_of, open_app
from .fleet_services import FleetServices, S, rack

SIZES = [(50, 12), (59, 40), (200, 14), (60, 15), (80, 24), (120, 40), (200, 60)]


@pytest.mark.parametrize("size", SIZES)
async def test_every_size_is_drawn_without_overlap(size: tuple[int, int]) -> None:
    fakes = FleetServices(rack(30))
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark", *"true", "enter")
        await opened.until(lambda: fakes.jobs.started)
        await opened.pilot.resize_terminal(*size)
        await opened.until(lambda: len(opened.lines()) == size[1])
        visible = [w for w in opened.screen.walk_children(Widget) if w.is_on_screen and not list(w.children)]
        cells: set[tuple[int, int]] = set()
        for widget in visible:
            region = widget.region.intersection(opened.screen.region)
            here = {(x, y) for x in range(region.x, region.right) for y in range(region.y, region.bottom)}
            assert not here & cells, f"{widget} lies over another one"
            cells |= here


async def test_below_the_least_size_it_says_what_is_needed_and_what_there_is(fakes: FleetServices) -> None:
    async with open_app(fakes, (50, 12)) as opened:
        assert opened.has("60x15") and opened.has("50x12")
        assert not opened.has("kvm01")
        await opened.pilot.resize_terminal(80, 24)
        await opened.until(lambda: opened.has("kvm01"))
        assert not opened.has("60x15")


async def test_the_engine_starts_after_the_first_frame_and_ends_with_the_application() -> None:
    fakes = FleetServices(rack(2))
    frames: list[str] = []

    @asynccontextmanager
    async def start() -> AsyncIterator[None]:
        frames.append("\n".join(lines_of(app)))
        yield

    app = AtpApp(replace(fakes.services, start=start))
    async with app.run_test(size=(80, 24)) as pilot:
        await Opened(pilot, fakes).until(lambda: frames)
    assert "hosts.toml" in frames[0], "the first frame was painted before the engine was started"


async def test_the_engines_tasks_begin_as_asyncio_has_it(fakes: FleetServices) -> None:
    """And not at once, inside create_task, as Textual has them from Python 3.12 on."""
    factories: list[object] = []

    def factory(loop: asyncio.AbstractEventLoop, work: Any, /, **more: Any) -> asyncio.Task[Any]:
        return asyncio.Task(work, loop=loop, **more)

    @asynccontextmanager
    async def start() -> AsyncIterator[None]:
        factories.append(asyncio.get_running_loop().get_task_factory())
        yield

    asyncio.get_running_loop().set_task_factory(factory)
    app = AtpApp(replace(fakes.services, start=start))
    async with app.run_test(size=(80, 24)) as pilot:
        await Opened(pilot, fakes).until(lambda: factories)
    assert factories == [None]


async def test_until_the_engine_has_spoken_the_tree_does_not_say_that_there_are_no_hosts() -> None:
    fakes = FleetServices([])
    ready = asyncio.Event()

    @asynccontextmanager
    async def start() -> AsyncIterator[None]:
        fakes.life.append("started")
        await ready.wait()
        for host in rack(2):
            fakes.transport.add(host)
        async with fakes.following():
            yield

    app = AtpApp(replace(fakes.services, start=start))
    async with app.run_test(size=(120, 40)) as pilot:
        opened = Opened(pilot, fakes)
        await opened.until(lambda: fakes.life)
        await opened.press("slash", "k", "enter")  # what a person does meanwhile tells nothing of the hosts
        assert opened.has("Loading …") and not opened.has("No hosts yet")
        ready.set()
        await opened.until(lambda: opened.has("kvm01"))
        assert not opened.has("Loading …")


async def test_a_fleet_without_hosts_says_so_once_it_is_known() -> None:
    fakes = FleetServices([])
    async with open_app(fakes) as opened:
        await opened.until(lambda: opened.has("No hosts yet") and not opened.has("Loading"))


async def test_quitting_leaves_the_engine(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("q")
    assert fakes.life == ["started", "stopped"]
    assert opened.app.return_code == 0
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "engine"]


async def test_an_engine_that_does_not_end_is_not_waited_for_for_ever() -> None:
    fakes = FleetServices(rack(1))
    ended = asyncio.Event()

    @asynccontextmanager
    async def start() -> AsyncIterator[None]:
        fakes.life.append("started")
        try:
            async with fakes.following():
                yield
        finally:
            await ended.wait()

    async with asyncio.timeout(30), open_app_with(fakes, start) as opened:
        await opened.press("q")
    ended.set()


async def test_quitting_while_a_job_runs_asks_first(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark", *"sleep", "enter", "tab")
        await opened.until(lambda: fakes.jobs.started)
        opened.hosts.focus()
        await opened.press("q")
        assert opened.has("Quitting ends the command")
        await opened.read()
        await opened.press("n")
        assert not opened.has("Quitting ends the command")
        assert opened.app.is_running
        await opened.press("q")
        await opened.read()
        await opened.press("y")
        assert opened.app._exit


async def test_a_defect_of_the_engine_ends_the_program_without_showing_locals(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever runs the application gets the error; see test_terminal_failed.py for what a person sees of it."""
    fakes = FleetServices(rack(1))

    @asynccontextmanager
    async def start() -> AsyncIterator[None]:
        secret = "correct horse"
        assert secret
        raise RuntimeError("broken \x1b]0;title\x07")
        yield

    app = AtpApp(replace(fakes.services, start=start))
    with pytest.raises(RuntimeError, match="broken"):
        async with app.run_test() as pilot:
            for _ in range(100):
                await pilot.pause(0.02)
    report = capsys.readouterr().err
    assert app.return_code == 1
    assert report == ""


async def test_a_fleet_that_tells_of_no_changes_any_more_is_a_defect_and_no_still_picture() -> None:
    fakes = FleetServices(rack(1))

    async def changes() -> AsyncIterator[Change]:
        yield Change(1, urgent=True, described=True)

    fakes.fleet.changes = changes  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="no changes any more"):
        async with AtpApp(fakes.services).run_test() as pilot:
            for _ in range(100):
                await pilot.pause(0.02)


def painted(opened: Opened) -> list[Segment]:
    """What would go to the terminal, through every filter."""
    ground = opened.app.screen.background_colors[1]
    strips = opened.app.screen._compositor.render_strips()
    for each in opened.app.get_line_filters():
        strips = [strip.apply_filter(each, ground) for strip in strips]
    return [segment for strip in strips for segment in strip]


@pytest.mark.parametrize("theme", ["dark", "terminal-16"])
async def test_no_colour_is_honoured_and_left_in_the_environment(
    fakes: FleetServices, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_app(fakes) as opened:
        assert os.environ["NO_COLOR"] == "1"
        opened.app.theme = theme
        for keys in ((), ("exclamation_mark",), ("ctrl+p",)):
            await opened.press(*keys)
            await opened.pilot.pause(0.3)
            shown = painted(opened)
            for color in (color for each in shown if each.style for color in (each.style.color, each.style.bgcolor)):
                assert color is None or color.is_default
            marked = [each.text for each in shown if each.style and (each.style.reverse or each.style.underline)]
            assert "".join(marked).strip(), "where the cursor is can be seen"


async def test_the_palette_has_the_colours_of_the_theme_and_no_sign_that_fonts_lack(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        for theme in ("terminal-16", "dark"):
            opened.app.theme = theme
            await opened.press("ctrl+p")
            await opened.until(lambda: opened.has("show only hosts"))
            shown = painted(opened)
            assert not {sign for each in shown for sign in each.text if not sign.isascii()} - set("─▁▂▃▄▅▆▇█…")
            grounds = {each.style.bgcolor for each in shown if each.style}
            assert len(grounds) > 1, "what Enter would choose can be seen"
            if theme == "terminal-16":
                assert all(ground is None or ground.triplet is None for ground in grounds), "its own colours alone"
            await opened.press("escape")


async def test_themes_are_chosen_by_key_and_by_name(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        first = opened.app.theme
        await opened.press("t")
        assert opened.app.theme != first
        await opened.press("colon")
        await opened.type("theme light")
        await opened.press("enter")
        assert opened.app.theme == "light"
        await opened.press("colon")
        await opened.type("theme nonesuch")
        await opened.press("enter")
        assert opened.app.theme == "light"
        assert opened.has("no theme nonesuch")


async def test_an_unknown_theme_is_told_and_does_not_stop_the_start() -> None:
    fakes = FleetServices(rack(1))
    fakes.services = replace(fakes.services, theme="nonesuch")
    async with open_app(fakes) as opened:
        await opened.until(lambda: opened.has("no theme nonesuch"))


async def test_a_change_of_state_reaches_the_screen(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        assert opened.has("● 4")
        fakes.transport.change("kvm02", S.FAILED, "connection refused", retries=False)
        await opened.until(lambda: opened.has("connection refused"))
        assert opened.has("● 3") and opened.has("✕ 1")


async def test_a_host_that_comes_and_goes(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        fakes.transport.add(rack(1, start=9)[0])
        await opened.until(lambda: opened.has("kvm09"))
        await opened.press("a")
        assert opened.has("(5)")
        fakes.transport.remove("kvm09")
        await opened.until(lambda: not opened.has("kvm09"))
        assert opened.has("(4)")


@asynccontextmanager
async def open_app_with(fakes: FleetServices, start: object) -> AsyncIterator[Opened]:
    fakes.services = replace(fakes.services, start=start)  # type: ignore[arg-type]
    async with open_app(fakes) as opened:
        yield opened


async def test_domains_of_a_lost_host_are_no_part_of_the_fleets_count(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        for host in fakes.transport.list_hosts():
            fakes.transport.sample(host.id, busy=1)
        await opened.until(lambda: opened.has("VMs 8 up 4 paused 0 off"))
        bar = opened.screen.query_one(StatusBar)
        assert bar.snapshot is not None and not bar.snapshot.unseen
        fakes.transport.change("kvm01", S.RECONNECTING, "silent")
        await opened.until(lambda: bar.snapshot is not None and bar.snapshot.unseen)
        await opened.until(lambda: opened.has("VMs 6 up 3 paused 0 off 3 unknown"))


async def test_no_key_of_many_is_lost_and_each_finds_what_the_one_before_has_opened() -> None:
    async with open_app(FleetServices(rack(40))) as opened:
        main = opened.screen
        elsewhere = ("question_mark", "j", "q", "slash", "k", "v", "m", "3", "enter", "exclamation_mark", "q")
        for key in ("j",) * 30 + elsewhere:
            opened.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await opened.until(lambda: main.pane.line.value == "q")
        assert opened.hosts.asked.filter == "kvm3"
        assert opened.hosts.cursor_hosts == ("kvm31",), "30 lines below the first host; the filter leaves it"


async def test_a_host_that_the_cursor_rests_on_is_looked_at() -> None:
    fakes = FleetServices(rack(9))
    async with open_app(fakes) as opened:
        await opened.press(*["down"] * 4)
        await opened.until(lambda: "kvm05" in fakes.transport.looks)


async def test_a_host_that_is_opened_is_looked_at_and_those_that_the_cursor_passes_over_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("atp_tui.ui.views.fleet.view.REST", 3600.0)
    fakes = FleetServices(rack(9))
    async with open_app(fakes) as opened:
        await opened.press(*["down"] * 4)
        assert not fakes.transport.looks
        await opened.press("enter")
        assert fakes.transport.looks == ["kvm05"]
