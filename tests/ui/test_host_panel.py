"""The host panel: what it says of a host, its connections and its domains, at any size."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import pytest
from textual.app import ComposeResult

from atp_tui.engine.fleet import Detail
from atp_tui.model.connection import ConnectionState, PoolStatistics
from atp_tui.model.errors import HostKeyRejected
from atp_tui.model.node import DomainMetadata, DomainReading, DomainState
from atp_tui.monitor.fleet import DomainRow, HostDetail
from atp_tui.monitor.freshness import Freshness
from atp_tui.ui.glyphs import ASCII, UNICODE
from atp_tui.ui.text import safe, width_of
from atp_tui.ui.widgets.connection_lines import ConnectionLine, connection_lines, draw_connection
from atp_tui.ui.widgets.domain_list import DomainLine, DomainList, domain_lines, draw_domain, state_words
from atp_tui.ui.widgets.host_panel import HostPanel, PanelSnapshot
from atp_tui.ui.widgets.panel_head import head_lines

from .rows import NOW, ThemedApp, connection, detail, domain, host_row, pool, screen_of, text_of

S = ConnectionState
HOSTILE = ["vm[/]", "\x1b[31m", "[@click=app.quit]x[/]", "\u202evm", "数据库", "v" * 90]


class PanelApp(ThemedApp):
    CSS = "HostPanel { width: 1fr; height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.panel = HostPanel(clock=lambda: self.now)
        self.opened: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_domain_list_domain_opened(self, message: DomainList.DomainOpened) -> None:
        self.opened.append(message.uuid)


def shown(host: HostDetail, *pools: PoolStatistics, uri: str | None = None) -> PanelSnapshot:
    return PanelSnapshot(Detail(NOW, host, pools, uri), 2.0)


FULL_HOST = detail(
    host_row("kvm01"), domain("db1"), domain("web3", DomainState.PAUSED), domain("old", DomainState.SHUTOFF)
)
POOL = pool(connection(1), connection(2, state=S.RECONNECTING, cause="silent", attempt=2, next_attempt_at=NOW + 3.2))
FULL = shown(FULL_HOST, POOL, uri="qemu+ssh")


# The lines


def test_a_connected_connection_shows_its_figures() -> None:
    text = text_of(draw_connection(ConnectionLine("virt 1", connection()), 90, NOW, UNICODE))
    assert "virt #1  ● connected  uses  3   1,204 req    0 err  last   1.2 ms  age   60 s" in text


@pytest.mark.parametrize("width", [30, 50, 60, 80, 120, 160])
def test_figures_of_connections_stand_still(width: int) -> None:
    few = connection(1, active_uses=0, total_requests=0, latency=None, high_water=0)
    many = connection(2, active_uses=99, total_requests=10**9, error_count=10**6, high_water=99, bytes_in=10**9)
    widths = {width_of(text_of(draw_connection(ConnectionLine("k", one), width, NOW, UNICODE))) for one in (few, many)}
    assert len(widths) == 1
    assert widths.pop() <= width


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (80, "attempt 3 · connection refused · next try in 3.2 s"),
        (64, "connection refused · next try in 3.2 s"),
        (48, "connection refused"),
    ],
)
def test_a_lost_connection_says_why_and_what_is_next(width: int, words: str) -> None:
    one = connection(2, state=S.RECONNECTING, cause="connection refused", attempt=2, next_attempt_at=NOW + 3.2)
    text = text_of(draw_connection(ConnectionLine("k", one), width, NOW, UNICODE))
    assert text.endswith(f"◐ reconnecting  {words}")


def test_connections_of_both_pools_stand_in_order() -> None:
    ssh = replace(pool(connection(1, channel="ssh")), channel="ssh")
    lines = connection_lines((ssh, pool(connection(10), connection(9))))
    assert [line.key for line in lines] == ["virt 9", "virt 10", "ssh 1"]


def test_domains_in_trouble_come_first_and_those_that_are_off_last() -> None:
    rows = [
        domain("off", DomainState.SHUTOFF),
        domain("vm10"),
        domain("vm9"),
        domain("paused", DomainState.PAUSED),
        domain("crashed", DomainState.CRASHED),
    ]
    assert [line.domain.reading.name for line in domain_lines(rows)] == ["crashed", "paused", "vm9", "vm10", "off"]


@pytest.mark.parametrize("width", [30, 52, 66, 80, 120, 160])
def test_domain_lines_fit(width: int) -> None:
    for name in (*HOSTILE, "db1"):
        for state in DomainState:
            line = DomainLine("k", domain(name, state))
            about = DomainMetadata(name, "", name, name, (name,))
            told = DomainLine("k", replace(line.domain, about=about))
            for each in (line, told):
                text = text_of(draw_domain(each, width, width_of(safe(name)), UNICODE, about_width=60))
                assert width_of(text) <= width
                assert safe(text) == text


def test_a_running_domain_shows_all_its_figures_where_there_is_room() -> None:
    text = text_of(draw_domain(DomainLine("k", domain("db1")), 110, 10, UNICODE))
    for words in ("● db1 ", "running", "4 vcpu", " 71 %", "▅▅▆", "8.0 GiB", "↓ 1.2 MB/s", "↑ 400 kB/s"):
        assert words in text
    about = DomainMetadata("Shop front", os="debian12", address="192.0.2.7", tags=("web", "prod"))
    row = replace(domain("db1"), read_rate=1.5e6, write_rate=2e3, about=about)
    wide = text_of(draw_domain(DomainLine("k", row), 180, 10, UNICODE, about_width=60))
    assert wide.rstrip().endswith(
        "r  1.5 MB/s w  2.0 kB/s  192.0.2.7 \u00b7 debian12 \u00b7 web, prod \u00b7 Shop front"
    )


def test_memory_is_what_is_used_and_the_maximum_only_where_nothing_is() -> None:
    def shown(state: DomainState) -> str:
        reading = DomainReading("vm", "uuid", state, 1, 2 << 20, 8 << 20, None, None, None)
        return text_of(draw_domain(DomainLine("k", DomainRow(reading, None, None, None, ())), 120, 8, UNICODE))

    off = {DomainState.SHUTOFF, DomainState.NOSTATE}
    assert {state for state in DomainState if "8.0 GiB" in shown(state)} == off
    assert {state for state in DomainState if "2.0 GiB" in shown(state)} == set(DomainState) - off


def test_a_state_has_its_reason_where_that_is_what_one_asks_next() -> None:
    def words(state: DomainState, reason: str | None) -> str:
        return state_words(DomainReading("vm", "uuid", state, 1, 1, 1, None, None, None, reason))

    assert words(DomainState.PAUSED, "I/O error") == "paused (I/O error)"
    assert words(DomainState.CRASHED, "panicked") == "crashed (panicked)"
    assert words(DomainState.SHUTOFF, "crashed") == "shut off (crashed)"
    assert words(DomainState.SHUTOFF, "shut down") == "shut off"
    assert words(DomainState.RUNNING, "booted") == "running"
    assert words(DomainState.PAUSED, None) == "paused"


def test_an_ssh_connection_names_what_took_so_long_and_does_not_deny_its_attempts() -> None:
    ssh = connection(1, channel="ssh")
    assert "last command   1.2 ms" in text_of(draw_connection(ConnectionLine("k", ssh), 120, NOW, UNICODE))
    assert "command" not in text_of(draw_connection(ConnectionLine("k", connection()), 120, NOW, UNICODE))
    opening = {"state": S.CONNECTING, "latency": None, "channel": "ssh"}
    first, sixth = (ConnectionLine("k", connection(number, **opening)) for number in (1, 6))
    assert text_of(draw_connection(first, 90, NOW, UNICODE)).endswith("connecting  first try")
    assert text_of(draw_connection(sixth, 90, NOW, UNICODE)).endswith("connecting  trying now")


def test_a_connection_that_was_not_heard_is_dim_and_of_a_silent_host_says_so() -> None:
    line = ConnectionLine("k", connection(last_active=NOW - 5))
    roles = {role for _, role in draw_connection(line, 90, NOW, UNICODE, period=2.0)}
    assert roles == {"dim", "connected"}, "an idle one of a host that answers is well"
    spans = draw_connection(line, 90, NOW, UNICODE, period=2.0, silent="silent 5 s")
    assert "◐ silent 5 s" in text_of(spans) and "connected" not in {role for _, role in spans}
    heard = draw_connection(ConnectionLine("k", connection()), 90, NOW, UNICODE, period=2.0, silent="silent 5 s")
    assert "● connected" in text_of(heard), "another one of the host's is the silent one"


def test_a_host_that_answers_errors_says_which_from_the_first_one() -> None:
    row = host_row("kvm01", sample_error="monitor\x1b[2J does not respond")
    lines = head_lines(detail(row), None, 80, 1, NOW, UNICODE)
    told = [(text_of(line.spans), {role for _, role in line.spans}) for line in lines[:2]]
    assert "● connected" in told[0][0]
    assert "answers errors: monitor" in told[1][0] and "does not respond" in told[1][0] and "\x1b" not in told[1][0]
    assert told[1][1] == {"failed"}


@pytest.mark.parametrize("width", [40, 54, 66, 80, 120])
def test_the_head_has_room_for_the_whole_cause(width: int) -> None:
    cause = "host key CHANGED: [192.0.2.11]:2222 shows ssh-ed25519 SHA256:47DEQpj8HBSa, not the one in known_hosts"
    lost = detail(host_row("kvm01", state=S.FAILED, cause=cause, trouble=HostKeyRejected("refused").trouble))
    lines = [text_of(line.spans) for line in head_lines(lost, None, width, 1, NOW, UNICODE)]
    assert all(width_of(line) <= width for line in lines)
    assert "press K" in lines[0]
    assert cause.replace(" ", "") in "".join(lines).replace(" ", "")


def test_a_countdown_does_not_move_the_charts() -> None:
    cause = "connection refused by 192.0.2.11 port 2222"
    counts = set()
    for left in (0.5, 9.9, 12.0, 120.0, 7200.0):
        row = host_row("kvm01", state=S.RECONNECTING, cause=cause, attempt=2, next_attempt_at=NOW + left)
        counts.add(len(head_lines(detail(row), None, 78, 1, NOW, UNICODE)))
    assert len(counts) == 1


def test_the_head_says_what_the_host_is() -> None:
    lines = [text_of(line.spans) for line in head_lines(detail(host_row("kvm01")), "qemu+ssh", 100, 2, NOW, UNICODE)]
    assert lines[0] == " ● connected  for 60 s · 192.0.2.11"
    assert lines[1] == "    qemu+ssh · QEMU 9.2 · libvirt 11.3 · 64 cpu · 512 GiB"[1:]
    assert [line[:12].strip() for line in lines[2:]] == ["CPU", "43 %", "RTT", "1.2 ms"]
    assert "memory" in lines[2]
    assert {width_of(line) for line in lines[2:]} == {98}


def test_charts_of_old_figures_are_grey_and_tell_their_age() -> None:
    old = detail(host_row("kvm01", sampled_at=NOW - 12))
    lines = head_lines(old, None, 100, 1, NOW, UNICODE)
    assert "figures are 12 s old" in text_of(lines[1].spans)
    assert "chart" not in {role for line in lines for _, role in line.spans}


def test_a_chart_without_any_value_says_so() -> None:
    known = detail(host_row("kvm01"))
    unknown = replace(known, series={**known.series, "cpu": (math.nan, math.nan), "memory": ()})
    text = text_of(head_lines(unknown, None, 100, 1, NOW, UNICODE)[2].spans)
    assert text.count("n/a") == 2


def test_a_host_with_ssh_alone_has_no_charts_before_its_first_figures() -> None:
    alone = detail(host_row("kvm01", has_virt=False, sampled_at=None))
    assert ["SSH only" in text_of(line.spans) for line in head_lines(alone, None, 60, 2, NOW, UNICODE)] == [False, True]


def test_ascii_is_ascii() -> None:
    one = connection(2, state=S.RECONNECTING, cause="x" * 200, attempt=2, next_attempt_at=NOW + 3.2)
    texts = [
        *(text_of(line.spans) for line in head_lines(detail(host_row("a" * 90)), "qemu", 60, 3, NOW, ASCII)),
        text_of(draw_connection(ConnectionLine("k", one), 60, NOW, ASCII)),
        text_of(draw_domain(DomainLine("k", domain("d" * 90)), 110, 90, ASCII)),
    ]
    assert all(text.isascii() for text in texts), texts


# The widget


async def test_everything_is_there() -> None:
    app = PanelApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.snapshot = FULL
        await pilot.pause()
        lines = screen_of(app)
        assert "kvm01" in lines[0]
        found = [number for number, line in enumerate(lines) if "connections" in line or "VMs" in line]
        assert "virt round_robin · 1 of 10" in lines[found[0]]
        assert "1 running · 1 paused · 1 shut off" in lines[found[1]]
        assert "#1  ● connected" in lines[found[0] + 1]
        assert "next try in 3.2 s" in lines[found[0] + 2]
        assert [line[3:7] for line in lines[found[1] + 1 : found[1] + 4]] == ["web3", "db1 ", "old "]


@pytest.mark.parametrize(
    ("size", "rows"), [((80, 24), 7), ((50, 24), 3), ((66, 38), 14), ((120, 60), 25), ((200, 99), 30)]
)
async def test_charts_have_the_rows_that_nothing_else_needs(size: tuple[int, int], rows: int) -> None:
    app = PanelApp()
    async with app.run_test(size=size) as pilot:
        app.panel.snapshot = FULL
        await pilot.pause()
        lines = screen_of(app)
        starts = [number for number, line in enumerate(lines) if line.startswith((" CPU", " RTT"))]
        assert starts[1] - starts[0] == rows * (1 if size[0] >= 56 else 2), "one above the other there are two of them"
        assert all(any(name in line for line in lines) for name in ("web3", "db1", "old"))
        assert sum(" 100 %" in line for line in lines) == (rows > 3)
        assert " last " in lines[0]


async def test_countdowns_go_on_and_figures_grow_old_without_news() -> None:
    app = PanelApp()
    async with app.run_test(size=(100, 24)) as pilot:
        app.panel.snapshot = FULL
        await pilot.pause()
        assert "figures are" not in "\n".join(screen_of(app))
        app.now = NOW + 4.5
        app.panel.snapshot = shown(replace(FULL_HOST, row=host_row("kvm01", freshness=Freshness.OLD)), POOL)
        async with asyncio.timeout(20):
            while not all(words in "\n".join(screen_of(app)) for words in ("trying now", "figures are 4 s old")):
                await pilot.pause(0.05)


async def test_many_connections_leave_room_for_the_domains() -> None:
    app = PanelApp()
    many = pool(*(connection(number) for number in range(1, 41)))
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.snapshot = shown(detail(host_row("kvm01"), *(domain(f"db{n}") for n in range(1, 30))), many)
        await pilot.pause()
        lines = screen_of(app)
        assert sum("connected  uses" in line for line in lines) == 8
        assert any("db1" in line for line in lines)
        app.panel.snapshot = shown(FULL_HOST, many)
        await pilot.pause()
        lines = screen_of(app)
        assert sum("connected  uses" in line for line in lines) > 8, "rows that the domains do not need"
        assert all(any(name in line for line in lines) for name in ("web3", "db1", "old"))


async def test_domains_are_walked_by_keys() -> None:
    app = PanelApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.snapshot = FULL
        app.query_one(DomainList).focus()
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.opened == ["uuid-db1"]


@pytest.mark.parametrize(
    ("snapshot", "words"),
    [
        (PanelSnapshot(), "Move to a host"),
        (shown(detail(host_row("kvm01")), POOL), "No VMs on this host."),
        (shown(detail(host_row("kvm01", sampled_at=None)), POOL), "Asking for its VMs"),
        (shown(detail(host_row("kvm01", has_virt=False)), POOL), "over SSH only"),
        (shown(detail(host_row("kvm01", state=S.FAILED)), POOL), "once it is connected"),
        (shown(FULL_HOST), "Press r to connect."),
    ],
)
async def test_empty_places_teach(snapshot: PanelSnapshot, words: str) -> None:
    app = PanelApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.snapshot = snapshot
        await pilot.pause()
        assert words in "\n".join(screen_of(app))


async def test_a_disconnected_host_offers_no_key_that_does_not_help() -> None:
    revoked = HostKeyRejected("revoked", known=True)
    row = host_row("kvm01", state=S.DISCONNECTED, cause="revoked", trouble=revoked.trouble)
    app = PanelApp()
    async with app.run_test(size=(90, 30)) as pilot:
        app.panel.snapshot = shown(detail(row))
        await pilot.pause()
        text = "\n".join(screen_of(app))
        assert "No connection is open" in text and "r tries again once that is mended" in text
        assert "ress r" not in text


@pytest.mark.parametrize("size", [(30, 10), (80, 24), (200, 60)])
async def test_hostile_words_on_any_screen(size: tuple[int, int]) -> None:
    app = PanelApp()
    bad = [connection(number, state=S.FAILED, cause=name) for number, name in enumerate(HOSTILE)]
    statistics: PoolStatistics = replace(pool(*bad), selection_strategy="[b]\x1b")
    row = host_row("x", state=S.FAILED, cause="\x1b[2J[/]", address="\x9b")
    async with app.run_test(size=size) as pilot:
        app.panel.snapshot = shown(detail(row, *(domain(name) for name in HOSTILE)), statistics, uri="qemu\x1b")
        await pilot.pause()
        for line in screen_of(app):
            assert safe(line) == line
            assert width_of(line) == size[0]
