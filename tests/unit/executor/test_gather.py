"""Folding answers."""

from __future__ import annotations

from dataclasses import replace

from atp_tui.executor.gather import DIFF_LINES, Group, diff, fold_results
from atp_tui.model.outcome import CommandResult, Outcome


def result(
    host: str, stdout: bytes, status: int | None = 0, *, stderr: bytes = b"", error: str | None = None
) -> CommandResult:
    outcome = Outcome.OK if status == 0 else Outcome.UNREACHABLE if status is None else Outcome.FAILED
    return CommandResult(host, outcome, status, stdout, stderr, 0.1, error)


def test_equal_answers_fold_largest_first() -> None:
    groups = fold_results(
        [
            result("kvm02", b"6.1.0-56\n"),
            result("kvm01", b"6.1.0-56\n"),
            result("kvm10", b"6.1.0-56"),
            result("kvm09", b"6.1.0-49\n"),
            result("web1", b"", 127, stderr=b"sh: uname: not found\n"),
            result("web2", b"", None, error="refused"),
            result("web3", b"", None, error="refused"),
        ]
    )
    assert [(g.nodes, g.outcome, g.exit_status, g.output, g.error) for g in groups] == [
        ("kvm[01-02,10]", "ok", 0, b"6.1.0-56", None),
        ("web[2-3]", "unreachable", None, b"", "refused"),
        ("kvm09", "ok", 0, b"6.1.0-49", None),
        ("web1", "failed", 127, b"sh: uname: not found", None),
    ]


def test_equal_output_does_not_hide_a_failure() -> None:
    groups = fold_results([result("a", b"x\n"), result("b", b"x\n", 1)])
    assert [(g.nodes, g.exit_status) for g in groups] == [("a", 0), ("b", 1)]


def test_the_signal_that_killed_a_command_keeps_hosts_apart() -> None:
    killed = CommandResult("a", Outcome.FAILED, None, b"x\n", b"", 0.1, signal="KILL")
    results = [killed, replace(killed, host="b", signal="TERM"), replace(killed, host="c")]
    assert [(g.nodes, g.signal) for g in fold_results(results)] == [("a,c", "KILL"), ("b", "TERM")]
    silent = [replace(one, stdout=b"") for one in results]
    assert [(g.nodes, g.signal) for g in fold_results(silent)] == [("a,c", "KILL"), ("b", "TERM")]


def test_bytes_that_are_no_text_and_empty_lines_survive() -> None:
    (group,) = fold_results([result("a", b"\xff\x1b[2J\n\nz\n"), result("b", b"\xff\x1b[2J\n\nz")])
    assert group.output == b"\xff\x1b[2J\n\nz"
    assert group.hosts == ("a", "b")


def group(output: bytes) -> Group:
    return Group("a", ("a",), Outcome.OK, 0, output, None)


def test_a_difference_is_short() -> None:
    assert diff(group(b"one\nTWO\nthree"), group(b"one\ntwo\nthree")) == [b"- two", b"+ TWO"]
    assert diff(group(b"same"), group(b"same")) == []
    assert diff(group(b"--- x\n\xff"), group(b"+++ y")) == [b"- +++ y", b"+ --- x", b"+ \xff"]
    many = b"\n".join(str(n).encode() for n in range(100))
    assert len(diff(group(many), group(b""))) == DIFF_LINES
    assert diff(group(b"x" * 100_000), group(b"y")) == []
