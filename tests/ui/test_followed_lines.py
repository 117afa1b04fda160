"""The lines that are kept of a job that follows, and those that match: bounded, each with its number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.executor.followed import OVERHEAD, Line, Mark, MarkKind
from atp_tui.model.errors import ConfigError
from atp_tui.model.message import text
from atp_tui.model.target import on_hosts
from atp_tui.ui.followed_lines import FollowedLines


def line(said: str, host: str = "a") -> Line:
    return Line(host, 0.0, "stdout", said.encode())


def said(lines: FollowedLines) -> list[str]:
    return [each.said.said.decode() if isinstance(each.said, Line) else "--" for each in lines.show()]


def test_the_oldest_go_and_numbers_stay() -> None:
    lines = FollowedLines(on_hosts("a"), most_lines=100)
    lines.add([line(str(number)) for number in range(250)])
    shown = lines.show()
    assert (lines.came, lines.kept, len(shown)) == (250, len(shown), len(shown))
    assert 90 <= len(shown) <= 100
    assert said(lines)[-1] == "249"
    assert shown[-1].key == "249"
    assert shown.places["249"] == len(shown) - 1
    assert "3" not in shown.places


def test_long_lines_count_by_their_bytes() -> None:
    lines = FollowedLines(on_hosts("a"), most_bytes=10 * (1000 + OVERHEAD))
    for number in range(50):
        lines.add([line(f"{number:01000d}")])
        assert lines.kept <= 10
    assert said(lines)[-1].endswith("49")


def test_a_filter_is_looked_for_in_what_is_there_and_in_what_comes() -> None:
    lines = FollowedLines(on_hosts("a"), most_lines=100)
    lines.add([line("one"), line("two"), Mark("a", 0.0, MarkKind.LOST, text("lost"))])
    lines.take_filter("o$")
    assert not lines.is_searched
    list(lines.filtering())
    assert said(lines) == ["two", "--"], "a mark is always shown"
    lines.add([line("solo"), line("one more")])
    list(lines.filtering())
    assert said(lines) == ["two", "--", "solo"]
    assert [each.number for each in lines.show()] == [1, 2, 3]
    lines.add([line("x") for _ in range(300)])
    list(lines.filtering())
    assert said(lines) == []
    lines.take_filter("")
    assert len(said(lines)) == lines.kept


def test_an_expression_that_cannot_be_used_changes_nothing() -> None:
    lines = FollowedLines(on_hosts("a"))
    lines.add([line("one"), line("two")])
    lines.take_filter("two")
    with pytest.raises(ConfigError):
        lines.take_filter("(")
    list(lines.filtering())
    assert (lines.filter, said(lines)) == ("two", ["two"])


@given(st.lists(st.lists(st.sampled_from(["a", "b", "ab"]), max_size=8), max_size=20), st.booleans())
def test_what_is_shown_is_always_the_end_of_what_came(batches: list[list[str]], filters: bool) -> None:
    lines, came = FollowedLines(on_hosts("a"), most_lines=10), list[str]()
    if filters:
        lines.take_filter("b")
    for batch in batches:
        lines.add([line(each) for each in batch])
        came += batch
        list(lines.filtering())
        kept = came[len(came) - lines.kept :]
        assert lines.kept <= 10
        assert said(lines) == [each for each in kept if not filters or "b" in each]
        assert [came[each.number] for each in lines.show()] == said(lines)
