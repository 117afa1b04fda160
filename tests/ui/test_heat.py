"""The heat map: where cells stand, what their signs say, and how the view is walked through and acted from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.connection import ConnectionState
from atp_tui.monitor.cells import Cell
from atp_tui.monitor.metrics import METRICS, Form, Metric, find_metric
from atp_tui.ui.glyphs import ASCII, UNICODE
from atp_tui.ui.spark import BLOCKS
from atp_tui.ui.views.heat.drawing import Scale, draw_row, scale_for, sign_of
from atp_tui.ui.views.heat.layout import lay_out
from atp_tui.ui.views.heat.view import HeatView

from .conftest import Opened, open_app
from .fleet_services import FleetServices, rack

S = ConnectionState

GROUPS = st.lists(st.tuples(st.text("abcdé漢", max_size=20), st.integers(0, 70)), max_size=12).map(
    lambda sizes: [
        (f"{number}{label}", tuple(f"h{number}-{each}" for each in range(size)))
        for number, (label, size) in enumerate(sizes)
    ]
)


def metric(name: str) -> Metric:
    found = find_metric(name)
    assert found is not None
    return found


def cell(
    host_id: str = "a", figure: float | None = 0.5, state: ConnectionState = S.CONNECTED, *, fresh: bool = True
) -> Cell:
    return Cell(host_id, state, figure, fresh)


@given(GROUPS, st.integers(1, 200), st.integers(0, 60))
def test_each_host_has_one_cell_and_no_cell_covers_another(
    groups: Sequence[tuple[str, tuple[str, ...]]], width: int, height: int
) -> None:
    found = lay_out(groups, width, height)
    assert found.order == tuple(each for _, ids in groups for each in ids), "they are read row by row, in their order"
    assert len(set(found.places.values())) == len(found.order)
    assert all(found.at(row, column) == each for each, (row, column) in found.places.items())
    if found.label == 0 or width > found.label + 12 + 4:
        assert all(column < width for _, column in found.places.values())
    if found.name:
        assert len(found.rows) <= height and all(column + found.cell <= width for _, column in found.places.values())


@given(GROUPS, st.integers(20, 200), st.data())
def test_each_host_can_be_reached_and_none_is_a_trap(
    groups: Sequence[tuple[str, tuple[str, ...]]], width: int, data: st.DataObject
) -> None:
    found = lay_out(groups, width)
    if not found.order:
        assert found.beside("a", 1) is found.below("a", 1) is None
        return
    at: str | None = found.order[0]
    for expected in found.order:
        assert at == expected
        at = found.beside(expected, 1)
    start = data.draw(st.sampled_from(found.order))
    for step in (-1, 1, -1000, 1000):
        there = found.below(start, step)
        assert there is not None
        rows = found.places[there][0] - found.places[start][0]
        assert rows == max(-found.places[start][0], min(step, len(found.rows) - 1 - found.places[start][0]))


def test_a_thousand_hosts_of_many_racks_have_room_on_one_screen() -> None:
    racks = [(f"rack{n}", tuple(f"kvm{6 * n + each:04}" for each in range(6))) for n in range(167)]
    assert len(lay_out(racks, 119).rows) <= 34
    one = [("untagged", tuple(f"kvm{n:04}" for n in range(1000)))]
    assert len(lay_out(one, 119).rows) <= 34


def test_the_sign_alone_says_the_figure_and_the_state() -> None:
    scale = Scale(1.0)
    signs = [sign_of(cell(figure=share / 7), scale, UNICODE) for share in range(8)]
    assert "".join(sign for sign, _ in signs) == BLOCKS
    assert [role for _, role in signs] == ["chart"] * 6 + ["reconnecting", "failed"]
    assert sign_of(cell(figure=None), scale, UNICODE) == ("·", "dim")
    assert sign_of(cell(figure=1.0, fresh=False), scale, UNICODE) == (BLOCKS[-1], "dim"), "an old figure is no alarm"
    assert sign_of(cell(figure=1.0, state=S.FAILED), scale, UNICODE) == (UNICODE.state(S.FAILED), "failed")
    ascii_signs = {sign_of(cell(figure=share / 7), scale, ASCII)[0] for share in range(8)}
    states = {ASCII.state(state) for state in S if state is not S.CONNECTED}
    assert len(ascii_signs) == 8 and all(sign.isascii() for sign in ascii_signs | states)


def test_a_scale_is_round_and_stands_still_while_it_can() -> None:
    rtt, cpu = metric("rtt"), metric("cpu")
    assert scale_for(cpu, [0.01]) == Scale(1.0)
    assert scale_for(rtt, [0.0012, 0.003]).top == pytest.approx(0.005)
    first = scale_for(rtt, [0.4])
    assert first.top == pytest.approx(0.5)
    assert scale_for(rtt, [0.2], first) is first
    assert scale_for(rtt, [0.9], first).top == pytest.approx(1.0)
    assert scale_for(rtt, [0.01], first).top == pytest.approx(0.01)
    assert scale_for(rtt, []).top == 1.0


@given(st.lists(st.floats(0, 1e12), max_size=5), st.sampled_from(METRICS))
def test_no_figure_is_above_its_scale(figures: list[float], of: Metric) -> None:
    scale = scale_for(of, figures)
    assert math.isfinite(scale.top) and scale.top > 0
    if of.form is not Form.SHARE:
        assert all(figure <= scale.top * (1 + 1e-6) for figure in figures)


def test_a_row_shows_labels_marks_and_the_cursor() -> None:
    found = lay_out([("rack1", ("a", "b", "c")), ("rack2", ("d",))], 60)
    cells = {each: cell(each, figure) for each, figure in (("a", 0.0), ("b", 0.95), ("d", 0.5))}
    spans = draw_row(found.rows[0], found, cells, Scale(1.0), Form.SHARE, {"b"}, "d", UNICODE)
    text = "".join(piece for piece, _ in spans)
    assert text.startswith(" rack1 ▁ █*") and "rack2 " in text
    assert [piece for piece, role in spans if role == "cell"] == [BLOCKS[round(7 * 0.5)]]
    assert text.startswith(" rack1 ▁ █*  "), "a cell whose figures were not asked for is blank"


def test_a_cell_has_the_name_and_the_figure_where_all_of_them_have_room() -> None:
    groups = [("rack1", ("kvm01", "kvm02", "kvm03"))]
    assert not lay_out(groups, 78).name and not lay_out(groups, 20, 20).name and lay_out(groups, 78, 1).name
    assert not lay_out([("rack1", tuple(f"kvm{n:04}" for n in range(1000)))], 119, 34).name
    found = lay_out(groups, 78, 20)
    cells = {"kvm01": cell("kvm01", 0.41), "kvm02": cell("kvm02", 0.95, S.FAILED), "kvm03": cell("kvm03", None)}
    spans = draw_row(found.rows[0], found, cells, Scale(1.0), Form.SHARE, {"kvm01"}, "kvm02", UNICODE)
    text = "".join(piece for piece, _ in spans)
    assert text.split() == ["rack1", "▄*kvm01", "41", "%", "✕", "kvm02", "·", "kvm03"], "no figure that is none of now"
    assert [text.index(name) for name in cells] == [found.places[each][1] + 2 for each in cells]
    assert "".join(piece for piece, role in spans if role == "cell") == "✕kvm02"


async def heat(opened: Opened) -> HeatView:
    await opened.press("3")
    await opened.until(lambda: isinstance(opened.screen.view, HeatView))
    view = opened.screen.view
    assert isinstance(view, HeatView)
    await opened.until(lambda: bool(view.cells.map.order) and view.cells.has_focus)
    return view


SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.mark.parametrize("size", SIZES)
async def test_the_view_shows_all_hosts_and_what_the_signs_mean(size: tuple[int, int]) -> None:
    fakes = FleetServices([*rack(4), *rack(3, tag="rack2", start=5)])
    async with open_app(fakes, size) as opened:
        for number, busy in enumerate((5, 50, 95), start=1):
            fakes.transport.sample(f"kvm0{number}", busy=0)
            fakes.transport.sample(f"kvm0{number}", busy=busy)
        fakes.transport.change("kvm04", S.FAILED, "refused")
        view = await heat(opened)
        await opened.until(lambda: opened.has("✕ kvm04") and opened.has("rack2"))
        assert opened.has("0 % ▁▂▃▄▅▆▇█ 100 %") and opened.has("▸ heat")
        row = next(line for line in opened.lines() if "rack1" in line)
        assert "✕ kvm04" in row and "▁ kvm01      0 %" in row, "there is room for names and figures"
        assert view.cells.at == "kvm01"


async def test_a_command_goes_to_the_host_under_the_cursor_or_to_the_marked_ones() -> None:
    fakes = FleetServices([*rack(4), *rack(3, tag="rack2", start=5)])
    async with open_app(fakes) as opened:
        view = await heat(opened)
        await opened.press("right", "right")
        await opened.until(lambda: opened.has("kvm03 (1)"))
        await opened.press("space", "l", "space")
        await opened.until(lambda: opened.has("kvm[03-04] (2)"))
        await opened.press("exclamation_mark", *"id", "enter")
        await opened.until(lambda: fakes.jobs.started)
        assert fakes.jobs.started[0].hosts == ("kvm03", "kvm04")
        await opened.press("escape", "u")
        view.cells.focus()
        await opened.press("u")
        await opened.until(lambda: opened.has("kvm04 (1)"))
        await opened.press("a")
        await opened.until(lambda: opened.has("(7)"))


async def test_a_filter_narrows_it_and_what_is_marked_stays_marked() -> None:
    fakes = FleetServices([*rack(4), *rack(3, tag="rack2", start=5)])
    async with open_app(fakes) as opened:
        view = await heat(opened)
        await opened.press("space", "slash", *"tag", "colon", *"rack2", "enter")
        await opened.until(lambda: view.cells.map.order == ("kvm05", "kvm06", "kvm07"))
        assert opened.has("3 of 7") and view.cells.marked == {"kvm01"}
        assert opened.has("kvm01 (1)"), "commands go to it, and the line says so"
        await opened.press("slash", "x", "x", "enter")
        await opened.until(lambda: opened.has("None of 7 hosts matches"))
        await opened.press("escape")
        await opened.until(lambda: len(view.cells.map.order) == 7)


async def test_esc_leads_back_to_the_fleet_and_minus_to_and_fro() -> None:
    async with open_app(FleetServices(rack(4))) as opened:
        view = await heat(opened)
        await opened.press("right")
        await opened.press("escape")
        await opened.until(lambda: opened.hosts.has_focus and opened.hosts.display)
        assert not view.display and not opened.has("▸ heat")
        await opened.press("minus")
        await opened.until(lambda: view.display and view.cells.has_focus)
        assert view.cells.at == "kvm02", "the cursor is where it was"
        await opened.press("colon", *"fleet", "enter")
        await opened.until(lambda: opened.hosts.has_focus)


async def test_a_host_that_goes_leaves_the_cursor_near_by_and_the_marks_without_it() -> None:
    fakes = FleetServices(rack(6))
    async with open_app(fakes) as opened:
        view = await heat(opened)
        await opened.press("right", "right", "space")
        fakes.transport.remove("kvm03")
        await opened.until(lambda: "kvm03" not in view.cells.map.places)
        assert view.cells.at in {"kvm02", "kvm04"} and view.cells.marked == frozenset()


async def test_enter_and_a_double_click_open_the_host() -> None:
    async with open_app(FleetServices(rack(4))) as opened:
        view = await heat(opened)
        row, column = view.cells.map.places["kvm03"]
        await opened.pilot.click(view.cells, offset=(column, row + 1))
        assert view.cells.at == "kvm03"
        await opened.press("enter")
        await opened.until(lambda: opened.has("▸ heat ▸ kvm03") and opened.has(" kvm03 "))
        await opened.press("escape")
        await opened.until(lambda: view.cells.has_focus and view.cells.at == "kvm03")


async def test_the_worst_come_first_and_figures_change() -> None:
    fakes = FleetServices(rack(4))
    async with open_app(fakes) as opened:
        for number, busy in enumerate((10, 90, 50, 20), start=1):
            fakes.transport.sample(f"kvm0{number}", busy=0)
            fakes.transport.sample(f"kvm0{number}", busy=busy)
        fakes.transport.change("kvm04", S.FAILED, "refused")
        view = await heat(opened)
        await opened.press("s")
        await opened.until(lambda: view.cells.map.order[0] == "kvm04")
        await opened.press("f")
        await opened.until(lambda: opened.has(" memory "))
        await opened.press("colon", *"figure", "space", *"rtt", "enter")
        await opened.until(lambda: opened.has(" RTT "))
        await opened.press("colon", *"figure", "space", *"rtx", "enter")
        await opened.until(lambda: opened.has("no figure rtx: there are cpu, memory, rtt"))
