"""The host tree: its order and its words."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.causes import LONGEST_SHORT, Cause
from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import ConfigError, ConnectFailed, HostKeyRejected
from atp_tui.model.message import text
from atp_tui.monitor.fleet import HostRow
from atp_tui.monitor.host_filter import parse_filter
from atp_tui.monitor.orders import Sort
from atp_tui.monitor.query import CauseLine, CommonCause, GroupLine, HostLine, Query, TroubleLine
from atp_tui.monitor.rows import DomainCounts
from atp_tui.ui.glyphs import ASCII, UNICODE
from atp_tui.ui.text import safe, width_of
from atp_tui.ui.views.fleet.drawing import columns, draw_host
from atp_tui.ui.views.fleet.headings import draw_cause, draw_group, draw_trouble

from .rows import NOW, host_row, text_of
from .shown import ShownRows, group_of, line_of, page_of

S = ConnectionState

REVOKED = HostKeyRejected("revoked", known=True)
UNKNOWN = HostKeyRejected("not known", fingerprint="SHA256:new", public_key="ssh-rsa AAAA")
REFUSED = ConnectFailed("127.0.2.50 port 25022 refuses connections: is sshd running there?", kind=Cause.PORT_REFUSED)
HOSTILE = ["vm[/]", "\x1b[31m", "[@click=app.quit]x[/]", "a\nb", "\u202ekvm", "数据库", "k" * 80]


def lost(host_id: str, **changes: object) -> HostRow:
    return host_row(host_id, **{"state": S.RECONNECTING, "cause": "silent", "next_attempt_at": NOW + 3.2, **changes})


def outline(rows: Iterable[HostRow], filter: str = "", sort: str = "trouble", folded: Iterable[str] = ()) -> list[str]:
    """The groups and their hosts, without the lines of trouble."""
    page = page_of(rows, filter, sort, folded)
    found = []
    for line in page.lines[page.pinned :]:
        assert isinstance(line, GroupLine | HostLine)
        found.append(line.name or "untagged" if isinstance(line, GroupLine) else f"  {line.row.id}")
    return found


def drawn(row: HostRow, width: int = 52, now: float = NOW, *, marked: bool = False) -> str:
    spans = draw_host(line_of(row, marked=marked), width, columns(width, width_of(safe(row.id))), now, UNICODE)
    return text_of(spans)


# The model


def test_hosts_stand_under_their_first_tag_and_once() -> None:
    rows = [host_row("b", tags=("rack2", "prod")), host_row("a", tags=("rack10",)), host_row("c"), host_row("d")]
    assert outline(rows) == ["rack2", "  b", "rack10", "  a", "untagged", "  c", "  d"]


def test_trouble_comes_first_then_natural_order() -> None:
    rows = [
        host_row("kvm10"),
        host_row("kvm9"),
        host_row("kvm11", state=S.DISCONNECTED),
        host_row("kvm12", state=S.CONNECTING),
        lost("kvm13"),
        host_row("kvm14", state=S.FAILED),
    ]
    worst = ["untagged", "  kvm14", "  kvm13", "  kvm12", "  kvm9", "  kvm10", "  kvm11"]
    assert outline(rows) == worst
    by_name = ["untagged", "  kvm9", "  kvm10", "  kvm11", "  kvm12", "  kvm13", "  kvm14"]
    assert outline(rows, sort=Sort.NAME) == by_name


def test_by_a_figure_the_largest_comes_first_and_what_is_not_known_now_last() -> None:
    rows = [
        host_row("a", cpu=0.5, rtt=0.003),
        host_row("b", cpu=0.9, rtt=0.001),
        host_row("c", cpu=0.99, rtt=0.9, sampled_at=NOW - 9),
        host_row("d", cpu=None, rtt=0.002),
        host_row("e", cpu=0.9, rtt=0.004, state=S.FAILED),
    ]
    assert outline(rows, sort="cpu")[1:] == ["  b", "  a", "  c", "  d", "  e"]
    assert outline(rows, sort="rtt")[1:] == ["  a", "  d", "  b", "  c", "  e"]


def test_a_folded_group_hides_its_hosts_and_tells_its_main_cause() -> None:
    rows = [lost("a"), lost("b"), lost("c", cause="refused"), host_row("d")]
    page = page_of(rows, folded=["group "])
    (group,) = page.lines[page.pinned :]
    assert isinstance(group, GroupLine)
    assert group.cause == CommonCause(2, text("silent"), None)
    assert page.shown == 4
    drawing = text_of(draw_group(group, 60, UNICODE))
    assert drawing.startswith(" ▸ untagged  2 · silent ")
    assert re.search(r" 1 ● +3 ◐ ", drawing)


def test_a_filter_shows_what_it_finds_in_folded_groups() -> None:
    rows = [host_row("web1"), host_row("db1")]
    assert outline(rows, folded=["group "], filter="web") == ["untagged", "  web1"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("web", {"web1", "web2"}),
        ("WEB", {"web1", "web2"}),
        ("web b1", {"web1"}),
        ("!web", {"db1"}),
        ("state:conn", {"web1", "web2"}),
        ("!state:connected", {"db1"}),
        ("tag:prod", {"web1"}),
        ("tag:pr cpu>50", {"web1"}),
        ("cpu>80%", {"web1"}),
        ("cpu>=20 cpu<=20", {"web2"}),
        ("mem<50", {"web2"}),
        ("rtt>100", {"web2"}),
        ("vms>0", {"web1"}),
        ("192.0.2.9", {"db1"}),
        ("cpu > 80", {"web1"}),
        ("cpu >80  rtt< 5ms", {"web1"}),
        ("tag: prod", {"web1"}),
        ("cpu\uff1e\uff18\uff10", {"web1"}),
        ("nowhere", set()),
        ("::1", set()),
        ("", {"web1", "web2", "db1"}),
    ],
)
def test_filters(text: str, found: set[str]) -> None:
    rows = (
        host_row("web1", tags=("prod",), cpu=0.9, memory=0.8, rtt=0.001, running=2),
        host_row("web2", tags=("test",), cpu=0.2, memory=0.4, rtt=0.2, running=0),
        lost("db1", address="192.0.2.9", cpu=None, memory=None, rtt=None, running=None),
    )
    assert set(ShownRows(rows).hosts(Query(text))) == found


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("latency>5", "unknown field latency", "cpu, memory (mem), rtt, vms, req, errors (err) and load"),
        ("faults>0", "unknown field faults", "cpu, memory"),
        ("latency > 5", "unknown field latency", "cpu, memory"),
        ("name:web", "unknown field name", "id:, tag: and state:"),
        ("!latency>5", "unknown field latency", "cpu, memory"),
        ("cpu>", "cpu> wants a number", "write cpu>80"),
        ("cpu >", "cpu> wants a number", "write cpu>80"),
        ("cpu>x", "x is no number", "write cpu>80"),
        ("> 30", "nothing before >", "cpu, memory"),
        ("cpu=30", "cpu is compared with", "write cpu>30"),
        ("cpu:30", "cpu is compared with", "write cpu>30"),
        ("mem>10gb", "gb is no unit of mem", "write mem>10%"),
        ("rtt>5s", "s is no unit of rtt", "write rtt>5ms"),
        ("state:fial", "no state begins with fial", "reconnecting"),
        ("kvm[01-03]", "ranges name targets", "write @kvm"),
        ("kvm{01,02}", "ranges name targets", "kvm"),
        ("kvm*", "a text is found anywhere", "kvm"),
        ("web1,web2", "blanks between them", "leave , & ^ and | out"),
        ("web1|web2", "blanks between them", "leave , & ^ and | out"),
        ("root@web1", "no id, address or tag has an @", "the id alone"),
        ("!", "! alone", "!tag:prod"),
    ],
)
def test_a_filter_that_can_match_nothing_says_what_to_write(text: str, said: str, hint: str) -> None:
    fleet = ShownRows([host_row("web1")])
    assert fleet.hosts(Query(text)) == (), "to mark all that is shown must mark nothing"
    problem = fleet.page(Query(text)).problem
    assert problem is not None
    assert said in problem.message
    assert hint in problem.hint


@given(st.text(max_size=30) | st.lists(st.sampled_from([*"@!><=:[]*, c1%", "cpu", "tag:", "state:"])).map("".join))
def test_any_text_is_a_filter_or_a_message_with_a_hint(text: str) -> None:
    try:
        wanted = parse_filter(text)
    except ConfigError as error:
        assert error.message
        assert error.hint
        return
    assert wanted is None or wanted(host_row("kvm01")) in (True, False)


# The words


def test_a_connected_host_shows_its_figures() -> None:
    row = host_row("kvm01", cpu=0.12, memory=0.61, rtt=0.0012, history=(0.0, 1.0))
    text = drawn(row, 54, marked=True)
    assert re.fullmatch(r" \* ● kvm01 +12 % +61 % +1\.2 ms +3/4 +2\.0 *", text), text


@pytest.mark.parametrize("width", [30, 40, 52, 60, 80, 120])
def test_columns_stand_still_whatever_the_figures(width: int) -> None:
    low = host_row("kvm01", cpu=0.0, memory=0.01, rtt=0.0001, running=1, domains=2, requests_per_second=0.0)
    high = host_row("kvm02", cpu=1.0, memory=1.0, rtt=12.0, running=150, domains=200, requests_per_second=9999.0)
    unknown = host_row("kvm03", cpu=None, memory=None, rtt=None, running=None, requests_per_second=None, history=())
    ends = {len(drawn(row, width)) for row in (low, high, unknown)}
    assert len(ends) == 1
    assert drawn(low, width).index("0 %") + 3 == drawn(high, width).index("100 %") + 5


def test_old_figures_are_dim_and_very_old_ones_are_not_shown() -> None:
    def roles(age: float) -> set[str]:
        row = host_row("kvm01", sampled_at=NOW - age)
        spans = draw_host(line_of(row), 60, columns(60, 5), NOW, UNICODE)
        return {role for text, role in spans if "%" in text}

    assert roles(3.0) == {"text"}
    assert roles(4.5) == {"dim"}
    assert roles(23.0) == set()
    assert "figures are 23 s old" in drawn(host_row("kvm01", sampled_at=NOW - 23))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (lost("kvm07"), "silent · next try in 3.2 s"),
        (lost("kvm07", next_attempt_at=NOW - 1), "silent · trying now"),
        (lost("kvm07", next_attempt_at=None, attempt=2), "silent · trying now"),
        (host_row("kvm07", state=S.CONNECTING), "connecting · first try"),
        (host_row("kvm07", state=S.DISCONNECTED), "disconnected · press r to connect"),
        (host_row("kvm07", state=S.DISCONNECTED, cause="r", trouble=REVOKED.trouble), "key REVOKED · not retried"),
        (host_row("kvm07", state=S.DISCONNECTED, cause="u", trouble=UNKNOWN.trouble), "key unknown · press K"),
        (host_row("kvm07", state=S.DISCONNECTED, cause="p", trouble=REFUSED.trouble), "port refused · press r"),
        (host_row("kvm07", state=S.DRAINING), "draining · closing"),
        (
            host_row("kvm07", state=S.FAILED, cause="host key changed", trouble=HostKeyRejected("refused").trouble),
            "press K",
        ),
        (host_row("kvm07", state=S.FAILED, cause="refused", trouble=REFUSED.trouble), "press r to retry"),
        (host_row("kvm07", state=S.FAILED, cause="gave up", next_attempt_at=NOW + 240), "next try in 4 min"),
        (host_row("kvm07", has_virt=False, sampled_at=None), "SSH only"),
        (host_row("kvm07", sampled_at=None), "no figures yet"),
    ],
)
def test_words_for_a_host_without_figures(row: HostRow, words: str) -> None:
    text = drawn(row, 48)
    assert re.search(".*".join(map(re.escape, words.split(" · "))), text), text


def test_a_key_stands_only_where_it_helps() -> None:
    assert "press" not in drawn(host_row("kvm07", state=S.DISCONNECTED, cause="r", trouble=REVOKED.trouble), 90)


def test_the_word_of_the_state_is_shown_where_there_is_room() -> None:
    assert "reconnecting" in drawn(lost("kvm07"), 90)
    assert "connected" in drawn(host_row("kvm07"), 90)


@pytest.mark.parametrize("width", [20, 24, 30, 40, 52, 60, 80, 100, 140])
def test_a_silent_host_says_so_at_any_width_and_has_no_green(width: int) -> None:
    row = host_row("kvm07", sampled_at=NOW - 6, silent_since=NOW - 6)
    spans = draw_host(line_of(row), width, columns(width, 5), NOW, UNICODE)
    text = text_of(spans)
    assert width_of(text) <= width
    assert "◐ kvm07" in text and "silent" in text.replace("silen…", "silent")
    assert not {role for _, role in spans} & {"connected", "chart"}
    if width > 24:
        assert "silent 6 s" in text


def test_a_host_that_answers_errors_says_which_when_its_figures_are_old() -> None:
    old = host_row("kvm07", sampled_at=NOW - 6, sample_error="monitor\x1b[2J does not respond")
    assert "answers errors: monitor" in drawn(old, 80) and safe(drawn(old, 80)) == drawn(old, 80)
    never = host_row("kvm07", sampled_at=None, sample_error="no")
    assert "answers errors: no" in drawn(never, 80)
    assert "answers" not in drawn(host_row("kvm07", sample_error="no"), 80), "one error takes no figures away"
    assert outline([host_row("a"), old, host_row("b", state=S.FAILED)]) == ["untagged", "  b", "  kvm07", "  a"]


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        (DomainCounts(up=3, off=1), "3/4"),
        (DomainCounts(up=3, paused=1), "◐1 3/4"),
        (DomainCounts(up=0, paused=1, crashed=2), "◐1 ✕2 0"),
        (DomainCounts(up=98, paused=2), "◐2 98"),
        (DomainCounts(up=998, paused=222, crashed=3), "✕3 998"),
    ],
)
def test_paused_and_crashed_vms_stand_apart_from_those_that_are_up(counts: DomainCounts, shown: str) -> None:
    text = drawn(host_row("kvm07", vms=counts, history=()), 100)
    assert f" {shown} " in f"{text} "


def test_groups_count_a_silent_host_as_its_row_shows_it() -> None:
    rows = [host_row("a"), host_row("b", silent_since=NOW - 6), lost("c")]
    assert dict(group_of(rows).counts) == {S.CONNECTED: 1, S.RECONNECTING: 2}
    assert outline(rows, filter="state:silent") == ["untagged", "  b"]
    assert outline(rows, filter="state:connected") == ["untagged", "  a"]
    assert outline([host_row("old", sampled_at=NOW - 9, cpu=0.9), host_row("new", cpu=0.9)], filter="cpu>80") == [
        "untagged",
        "  new",
    ]


@pytest.mark.parametrize("width", [40, 52])
def test_in_a_narrow_tree_the_next_step_outlives_the_cause(width: int) -> None:
    row = lost("kvm07", cause="connection refused by 192.0.2.17 port 16509")
    assert drawn(row, width).endswith("in 3.2 s") or width < LONGEST_SHORT + 20


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("width", [20, 40, 80, 160])
def test_hostile_words_stay_in_their_line(name: str, width: int) -> None:
    for row in (host_row(name), lost(name, cause=name), host_row(name, state=S.FAILED, cause=name * 20)):
        text = drawn(row, width)
        assert width_of(text) <= width
        assert safe(text) == text
    text = text_of(draw_group(group_of([host_row("a", tags=(name,))]), width, UNICODE))
    assert width_of(text) <= width
    assert safe(text) == text


def test_ascii_is_ascii() -> None:
    rows = (host_row("a"), lost("b"), lost("c" * 90, cause="d" * 200), host_row("e", state=S.FAILED))
    page = page_of(rows)
    for line in page.lines:
        match line:
            case GroupLine():
                spans = draw_group(line, 60, ASCII)
            case TroubleLine():
                spans = draw_trouble(line, 60, ASCII)
            case CauseLine():
                spans = draw_cause(line, 60, ASCII)
            case HostLine():
                spans = draw_host(line, 60, columns(60, page.longest), NOW, ASCII)
        assert text_of(spans).isascii(), text_of(spans)
