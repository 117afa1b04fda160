"""What is followed as lines and marks: line ends, long lines, and what is told of a host."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.executor.followed import LONGEST, Followed, Following, Line, Mark, MarkKind, clock
from atp_tui.executor.line_times import HostTimes
from atp_tui.executor.reader import TargetEnded, TargetLost, TargetOutput, TargetStarted
from atp_tui.model.message import Message, text
from atp_tui.model.outcome import CommandResult, Outcome, Stream
from atp_tui.model.target import TargetId

A, B = TargetId("a"), TargetId("b")
BEGIN = 1_796_053_615.0


class Feed:
    """Gives a Following events, its clock beside them."""

    def __init__(self, window: float = 0.5, *, reads_times: bool = True) -> None:
        self.following = Following(window, reads_times=reads_times)
        self.now = 0.0

    def say(self, target: TargetId, data: bytes, stream: Stream = "stdout") -> None:
        self.following.apply(TargetOutput("j", 1, BEGIN + self.now, target, stream, data), self.now)

    def start(self, target: TargetId) -> None:
        self.following.apply(TargetStarted("j", 1, BEGIN + self.now, target), self.now)

    def lose(self, target: TargetId, error: Message | None, *, begun: bool, status: int | None = None) -> None:
        self.following.apply(TargetLost("j", 1, BEGIN + self.now, target, error, begun, status), self.now)

    def end(self, target: TargetId, status: int | None = 0, error: Message | None = None) -> None:
        outcome = Outcome.OK if status == 0 else Outcome.FAILED
        result = CommandResult(target.host, outcome, status, b"", b"", 1.0, error)
        self.following.apply(TargetEnded("j", 1, BEGIN + self.now, target, result), self.now)


def lines(found: list[Followed]) -> list[tuple[str, bytes]]:
    return [(each.host, each.said) for each in found if isinstance(each, Line)]


def marks(found: list[Followed]) -> list[tuple[MarkKind, str]]:
    return [(each.kind, str(each.message)) for each in found if isinstance(each, Mark)]


def test_lines_are_whole_whatever_pieces_they_come_in() -> None:
    feed = Feed()
    for piece in (b"one", b" and\ntw", b"", b"o\r\n\nthree"):
        feed.say(A, piece)
    assert lines(feed.following.out(1.0)) == [("a", b"one and"), ("a", b"two"), ("a", b"")]
    feed.end(A)
    assert lines(feed.following.rest()) == [("a", b"three")], "the last one ends with its host"


def test_the_two_streams_of_a_host_are_apart() -> None:
    feed = Feed()
    feed.say(A, b"out")
    feed.say(A, b"err\n", "stderr")
    feed.say(A, b"put\n")
    found = [each for each in feed.following.rest() if isinstance(each, Line)]
    assert [(each.stream, each.said) for each in found] == [("stderr", b"err"), ("stdout", b"output")]


def test_a_line_without_an_end_takes_no_memory() -> None:
    feed = Feed()
    for _ in range(100):
        feed.say(A, b"x" * 10_000)
    feed.say(A, b"y\nnext\n")
    first, second = feed.following.rest()
    assert isinstance(first, Line)
    assert (len(first.said), first.cut) == (LONGEST, 1_000_001 - LONGEST)
    assert isinstance(second, Line)
    assert (second.said, second.cut) == (b"next", 0)


def test_times_put_lines_in_order_unless_arrival_is_asked_for() -> None:
    for reads_times, expected in (
        (True, [b"1796053614 b", b"1796053615 a"]),
        (False, [b"1796053615 a", b"1796053614 b"]),
    ):
        feed = Feed(reads_times=reads_times)
        feed.say(A, b"1796053615 a\n")
        feed.say(B, b"1796053614 b\n")
        assert [said for _, said in lines(feed.following.rest())] == expected


def test_a_loss_and_the_way_back_are_marks_between_the_lines() -> None:
    feed = Feed()
    feed.start(A)
    feed.say(A, b"before\nhalf a li")
    feed.now = 10.0
    feed.lose(A, text("connection reset"), begun=True)
    feed.now = 12.0
    feed.lose(A, text("refused"), begun=False)
    assert feed.following.away == ("a",)
    feed.now = 25.0
    feed.start(A)
    feed.say(A, b"after\n")
    assert not feed.following.away
    found = feed.following.rest()
    assert [each.said if isinstance(each, Line) else each.kind for each in found] == [
        b"before", b"half a li", MarkKind.LOST, MarkKind.BACK, b"after",
    ]  # fmt: skip
    since, at = clock(BEGIN + 10), clock(BEGIN + 25)
    assert marks(found) == [
        (MarkKind.LOST, f"a: lost {since}, begun anew as soon as it can be: connection reset"),
        (MarkKind.BACK, f"a: lost {since}, begun anew {at}: lines may be missing"),
    ]
    assert pickle.loads(pickle.dumps(found)) == found


@pytest.mark.parametrize("reads_times", [True, False])
def test_lines_without_times_go_by_their_arrival_behind_a_mark_too(reads_times: bool) -> None:
    feed = Feed(reads_times=reads_times)
    feed.lose(A, text("connection reset"), begun=True)
    feed.now = 10.0
    feed.start(A)
    assert len(feed.following.out(11.0)) == 2
    feed.now = 20.0
    feed.say(B, b"first\n")
    feed.now = 20.1
    feed.say(A, b"second\n")
    assert feed.following.out(20.2) == [], "each waits for the window"
    assert lines(feed.following.out(30.0)) == [("b", b"first"), ("a", b"second")]


def test_a_host_that_is_away_at_the_start_is_told_once_and_told_when_it_comes() -> None:
    feed = Feed()
    for _ in range(5):
        feed.lose(A, text("no route to host"), begun=False)
        feed.now += 30
    feed.start(A)
    at = clock(BEGIN + 150)
    assert marks(feed.following.rest()) == [
        (MarkKind.AWAY, f"a: not reached {clock(BEGIN)}, followed once it is: no route to host"),
        (MarkKind.REACHED, f"a: reached {at}, followed from now on"),
    ]


def test_a_first_start_is_no_news_and_an_end_is_told_with_how() -> None:
    feed = Feed()
    feed.start(A)
    feed.start(B)
    feed.end(A, 2)
    feed.end(B, None, text("permission denied"))
    at = clock(BEGIN)
    assert marks(feed.following.rest()) == [
        (MarkKind.ENDED, f"a: ended {at}: exit status 2"),
        (MarkKind.ENDED, f"b: ended {at}: permission denied"),
    ]


def test_what_nobody_foresaw_costs_a_host_its_lines_and_the_others_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    feed, at = Feed(), HostTimes.at

    def breaks(times: HostTimes, line: bytes, arrived: float) -> float | None:
        if b"odd" in line:
            raise KeyError("odd")
        return at(times, line, arrived)

    monkeypatch.setattr(HostTimes, "at", breaks)
    feed.say(A, b"odd\n")
    feed.say(B, b"good\n")
    found = feed.following.rest()
    assert lines(found) == [("b", b"good")]
    ((kind, said),) = marks(found)
    assert kind is MarkKind.UNREADABLE
    assert said.startswith(f"a: lines are missing {clock(BEGIN)}: ")


@given(
    st.lists(
        st.tuples(
            st.sampled_from([A, B]), st.sampled_from(["stdout", "stderr"]), st.binary(max_size=40), st.booleans()
        ),
        max_size=30,
    ),
    st.booleans(),
)
def test_no_byte_is_lost_and_none_is_made(
    given_pieces: list[tuple[TargetId, Stream, bytes, bool]], reads: bool
) -> None:
    feed = Feed(reads_times=reads)
    sent: dict[tuple[str, Stream], bytes] = {}
    found: list[Followed] = []
    for target, stream, data, waits in given_pieces:
        data = data.replace(b"\r", b"")
        feed.say(target, data, stream)
        sent[target.host, stream] = sent.get((target.host, stream), b"") + data
        feed.now += 0.3 * waits
        found += feed.following.out(feed.now)
    feed.end(A)
    feed.end(B)
    found += feed.following.rest()
    for (host, stream), data in sent.items():
        said = [each.said for each in found if isinstance(each, Line) and (each.host, each.stream) == (host, stream)]
        whole = data.split(b"\n")
        assert said == (whole if whole[-1] else whole[:-1])
