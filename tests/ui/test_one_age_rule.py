"""One rule for age, over every widget of the main screen: figures older than two periods are dim wherever they stand.

The widgets are all named here. A new one makes this test fail until somebody has said which of its digits are figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from rich.color import Color
from textual.widget import Widget

from atp_tui.monitor.query import HostLine
from atp_tui.ui.roles import role_style
from atp_tui.ui.views.registry import VIEWS
from atp_tui.ui.views.spec import ViewSpec
from atp_tui.ui.widgets.lines import LinesView

from .conftest import Opened, open_app
from .fleet_services import FleetServices, S, rack

PERIOD = 20.0
"""Seconds: so long that a busy machine lets nothing grow old that the test has not made old."""

# what is true now, whatever the age of the samples, and may therefore stand in full colour
NAMES = r"kvm\d+|rack\d+|web\d+|192\.0\.2\.\d+(/24)?|hosts\.toml"
SILENCE = r"silent \d+ s"
NOT_A_FIGURE = {
    "StatusBar": rf"\d\d:\d\d:\d\d|[●◔◐✕○◌] \d+|\(\d+ silent\)|{NAMES}",
    "HostTree": rf"{NAMES}|{SILENCE}|\d+ [●◔◐✕○◌]|row \d+ of \d+|\d+ of \d+|\d+ hosts?|\d+ causes?",
    "GroupLines": rf"{NAMES}|\d+ [●◔◐✕○◌]|\d+ hosts?|\d+ of them|\d+ · ",
    "PanelHead": rf"{NAMES}|{SILENCE}|for \d+ s",
    "ConnectionList": rf"{SILENCE}",
    "DomainList": NAMES,
    "DomainTable": rf"{NAMES}|VMs \d+|\d+ s\b|\d+ [●◐✕○]",
    "DomainXml": r".*",
    "HeatCells": rf"{NAMES}|{SILENCE}",
    "CommandPane": rf"{NAMES}|kvm\[[\d-]+\]|\(\d+\)",
}
WITHOUT_FIGURES = {
    "TooSmall", "KeyLine", "JobList", "JobTable", "Answers",  # nothing in them was sampled
    "Container", "Horizontal", "Vertical", "HostPanel", "GroupPanel", "ViewStack", "ResultsRegion",  # they hold others
    "FleetView", "HeatView", "HostView", "JobsView", "AnswersView", "EventsView", "MessagesView",
    "DomainsView", "DomainView", "FollowedView", "ForwardsView",
    "FollowedList",  # what hosts have said, with its time
    "ForwardList",  # of this program, and so never old
    "PanelEvents", "EventLog", "MessageList",  # what has happened has its time, and grows no older
    "Words", "CommandInput",  # parts of the pane
}  # fmt: skip
TEXTUALS = {"ScrollBar", "ScrollBarCorner", "ToastRack", "Tooltip"}
FIGURE = re.compile(r"\d|[▁-█]|[\u2801-\u28ff]")


NARROW = {"StatusBar", "HostTree"}
ALL = NARROW | {"PanelHead", "ConnectionList", "DomainList"}


@pytest.mark.parametrize(
    ("size", "shown"),
    [((60, 15), NARROW), ((80, 24), NARROW), ((120, 40), ALL), ((200, 60), ALL), ((300, 60), ALL)],
)
async def test_every_old_figure_is_dim_in_every_widget(size: tuple[int, int], shown: set[str]) -> None:
    fakes = FleetServices(rack(4), interval=PERIOD)
    async with open_app(fakes, size) as opened:
        await sampled(opened)
        known = NOT_A_FIGURE.keys() | WITHOUT_FIGURES
        there = {type(widget).__name__ for widget in opened.screen.walk_children(Widget)}
        assert there - known <= TEXTUALS, "say which are figures"
        bright = {name for name, _ in bright_figures(opened)}
        assert bright == shown
        fakes.transport.clock.ahead += 2 * PERIOD + 0.5
        await opened.until(lambda: silent_rows(opened) == 4)
        await opened.until(lambda: not [*bright_figures(opened)])


@pytest.mark.parametrize("spec", VIEWS, ids=lambda spec: str(spec.name))
async def test_every_old_figure_is_dim_in_every_view(spec: ViewSpec) -> None:
    fakes = FleetServices(rack(4), interval=PERIOD)
    async with open_app(fakes, (200, 60)) as opened:
        await sampled(opened)
        opened.app.type_command(spec.name)
        await opened.until(lambda: opened.screen._views.stack.here.view == spec.name)
        there = {type(widget).__name__ for widget in opened.screen.walk_children(Widget)}
        assert there - (NOT_A_FIGURE.keys() | WITHOUT_FIGURES) <= TEXTUALS, "say which are figures"
        if spec.name not in {"jobs", "answers", "events", "messages"}:
            await opened.until(lambda: {name for name, _ in bright_figures(opened)} > {"StatusBar"})
        fakes.transport.clock.ahead += 2 * PERIOD + 0.5
        await opened.until(lambda: silent_rows(opened) == 4)
        await opened.until(lambda: not [*bright_figures(opened)])


async def test_all_of_it_comes_back_with_the_next_sample() -> None:
    fakes = FleetServices(rack(4), interval=PERIOD)
    async with open_app(fakes, (200, 50)) as opened:
        await sampled(opened)
        fakes.transport.clock.ahead += 2 * PERIOD + 0.5
        await opened.until(lambda: opened.has("(4 silent)"))
        assert opened.has("● 0  ◐ 4") and opened.has("VMs n/a") and opened.has("12 unknown")
        for host in fakes.transport.list_hosts():
            fakes.transport.sample(host.id, busy=3)
        await opened.until(lambda: opened.has("● 4  ◐ 0") and opened.has("VMs 8 up 4 paused"))
        assert not re.search(r"silent \d|\d silent", opened.text()), "but that they have been so, which is told"


async def test_a_lost_hosts_vms_lose_their_colour_at_once() -> None:
    fakes = FleetServices(rack(1), interval=PERIOD)
    async with open_app(fakes, (200, 50)) as opened:
        await sampled(opened)
        fakes.transport.change("kvm01", S.RECONNECTING, "silent for 10 s")
        await opened.until(lambda: not [name for name, _ in bright_figures(opened) if name == "DomainList"])
        vms = next(widget for widget in opened.screen.walk_children(LinesView) if type(widget).__name__ == "DomainList")
        colours = {
            segment.style.color
            for y in range(3)
            for segment in vms.render_line(y)
            if segment.text.strip() and segment.style
        }
        assert colours == {dim_of(vms)}, "their signs as well"


async def sampled(opened: Opened) -> None:
    """Two samples of each host, a period apart, and the first host in the panel."""
    transport = opened.fakes.transport
    for number in (1, 2):
        for host in transport.list_hosts():
            transport.sample(host.id, busy=number * 1_000_000_000, requests=120.0 * number)
        transport.clock.ahead += PERIOD if number == 1 else 0
    shown = opened.hosts
    await opened.until(
        lambda: None not in [line.row.requests_per_second for line in shown.lines if isinstance(line, HostLine)]
    )
    await opened.until(lambda: opened.has("running") or opened.app.size.width < 120)


def silent_rows(opened: Opened) -> int:
    return opened.fakes.fleet.summary().silent


def dim_of(widget: Widget) -> Color | None:
    return role_style(widget.app, "dim").color


def bright_figures(opened: Opened) -> Iterator[tuple[str, str]]:
    """Each piece of the screen with a figure in it that is not dim, with the class of its widget."""
    dim = dim_of(opened.hosts)
    strips = opened.app.screen._compositor.render_strips()
    for widget in opened.screen.walk_children(Widget):
        name = type(widget).__name__
        region = widget.region
        if name not in NOT_A_FIGURE or not widget.is_on_screen or not region:
            continue
        for strip in strips[region.y : region.bottom]:
            for segment in strip.crop(region.x, region.right):
                text = re.sub(NOT_A_FIGURE[name], "", segment.text)
                if "#" not in text and FIGURE.search(text) and (segment.style is None or segment.style.color != dim):
                    yield name, segment.text
