"""The room in the host tree: causes are whole, columns go by what they are worth, a long id costs nobody else."""

from __future__ import annotations

import copy
import re

import pytest

from atp_tui.model.causes import Cause, Remedy, Trouble
from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import AuthFailed, ConnectFailed, HostKeyRejected
from atp_tui.ui.glyphs import UNICODE
from atp_tui.ui.text import width_of
from atp_tui.ui.views.fleet.drawing import LONGEST_ID, Columns, columns, draw_host
from atp_tui.ui.words import WORDS

from .rows import NOW, host_row, screen_of, text_of
from .shown import line_of, page_of, show
from .test_host_tree import REFUSED, drawn
from .test_host_tree_keys import TreeApp

S = ConnectionState
CHANGED = HostKeyRejected("host key CHANGED: it shows another one", known=True, fingerprint="SHA256:x")
TROUBLES = [Trouble(cause, "123 s", Remedy.MEND, "virt") for cause in Cause]


@pytest.mark.parametrize("width", [54, 60, 66, 80, 120])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_cause_is_whole_beside_the_longest_id(width: int, trouble: Trouble) -> None:
    short = WORDS.short(trouble)
    for host_id in ("kvm01", "k" * LONGEST_ID, "an-id-of-fifty-nine-cells-" * 3):
        row = host_row(host_id, state=S.FAILED, cause="127.0.2.50 port 25022: " + "words " * 40, trouble=trouble)
        at = columns(width, len(host_id), 8)
        text = text_of(draw_host(line_of(row), width, at, NOW, UNICODE))
        assert f" {short}" in text and width_of(text) <= width, text


def test_the_channel_is_named_and_a_key_only_where_it_helps() -> None:
    lost = copy.copy(REFUSED)
    lost.channel = "ssh"
    assert "failed · ssh: port refused · down 60 s · next try in 4 min" in drawn(
        host_row("a", state=S.FAILED, cause="x", trouble=lost.trouble, next_attempt_at=NOW + 240), 90
    )
    assert "key CHANGED · down 60 s · press K" in drawn(
        host_row("a", state=S.FAILED, cause="x", trouble=CHANGED.trouble), 60
    )
    for permanent in (AuthFailed("no"), ConnectFailed("no", kind=Cause.NO_DRIVER, detail="qemu", permanent=True)):
        for width in (54, 80, 120):
            assert "press" not in drawn(host_row("a", state=S.FAILED, cause="x", trouble=permanent.trouble), width)


def test_a_host_that_is_lost_in_libvirt_and_answers_over_ssh_says_so() -> None:
    missing = ConnectFailed("no", kind=Cause.NO_DRIVER, detail="qemu", permanent=True)
    row = host_row("kvm01", state=S.FAILED, cause="no", trouble=missing.trouble, answers_ssh=True)
    for width in (54, 66, 90):
        assert "no qemu driver · SSH is up" in drawn(row, width)


def shown_in(at: Columns) -> list[str]:
    return [column.metric.name for column in at.figures]


def test_one_long_id_takes_no_column_from_the_others() -> None:
    rows = (*(host_row(f"kvm{number:02}") for number in range(11)), host_row("libvirt-host-" * 4 + "longest"))
    page = page_of(rows)
    for width in (54, 60, 66, 80):
        with_it, without = columns(width, page.longest, page.usual), columns(width, 12)
        assert shown_in(with_it) == shown_in(without)
    spans = draw_host(line_of(rows[-1]), 100, columns(100, page.longest, page.usual), NOW, UNICODE)
    assert re.search(r"● libvirt-\S*…\S*longest ", text_of(spans)), text_of(spans)


@pytest.mark.parametrize("id_width", [1, 5, 15, 24, 59])
def test_columns_go_in_the_order_of_what_they_are_worth(id_width: int) -> None:
    order = ("rtt", "cpu", "memory", "vms", "req")
    for width in range(40, 200):
        at = columns(width, id_width, id_width)
        shown = [*(name in shown_in(at) for name in order), at.spark > 0]
        assert shown[0], "the round trip is never left out"
        assert shown == sorted(shown, reverse=True), (width, shown)
        assert all(end <= width - 2 for end, _ in columns(width, id_width, id_width).heads()), "a head has its place"


@pytest.mark.parametrize("width", [54, 60, 66, 80, 120])
@pytest.mark.parametrize("wanted", ["", "cpu>25", "tag:prod state:connected cpu>80 mem>50 rtt>100 vms>1"])
async def test_the_title_and_the_heads_never_meet(width: int, wanted: str) -> None:
    app = TreeApp()
    async with app.run_test(size=(width, 10)) as pilot:
        app.hosts.focus()
        rows = tuple(host_row(f"k{number}", tags=("prod",), cpu=0.9, memory=0.8, rtt=0.2) for number in range(3))
        show(app.hosts, rows, marked=frozenset({"k1"}), filter=wanted)
        await pilot.press("s")
        await pilot.pause()
        title, _, line = screen_of(app)[:3]
        figures = (("cpu", "90 %"), ("mem", "80 %"), ("rtt", "200 ms"), ("VMs", "3/4"))
        for head, figure in figures[bool(wanted) :]:  # the history is of the same name
            assert wanted or f" {head} " in title, title
            if f" {head} " in title:
                assert title.index(f" {head} ") + 1 + len(head) == line.index(figure) + len(figure), (
                    "each over its own column"
                )
        assert (" / " in title) == bool(wanted)
        assert wanted[:20] in title, "a filter has half of the line before heads have any"


async def test_the_widget_gives_no_column_for_one_long_id() -> None:
    app = TreeApp()
    async with app.run_test(size=(54, 20)) as pilot:
        rows = (*(host_row(f"kvm{number:02}") for number in range(12)), host_row("an-id-of-fifty-nine-cells-" * 2))
        show(app.hosts, rows)
        await pilot.pause()
        title, *lines = screen_of(app)
        assert " VMs " in title
        assert all("3/4" in line for line in lines[1:14])
