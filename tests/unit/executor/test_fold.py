"""Folding answers: against ClusterShell's MsgTree, which folds them all at the end."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from ClusterShell.MsgTree import MsgTree
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.executor.fold import FIRST_NAMES, Fold, Part
from atp_tui.executor.folding import SLICE
from atp_tui.model.message import text
from atp_tui.model.outcome import CommandResult, Outcome
from atp_tui.model.target import TargetId
from tests.fakes.said import said
from tests.fakes.virtual_time import run_virtual


def result(
    host: str, stdout: bytes, status: int | None = 0, *, stderr: bytes = b"", error: str | None = None
) -> CommandResult:
    outcome = Outcome.OK if status == 0 else Outcome.UNREACHABLE if status is None else Outcome.FAILED
    return CommandResult(host, outcome, status, stdout, stderr, 0.1, None if error is None else text(error))


def folded(results: Iterable[CommandResult]) -> Fold:
    fold = Fold()
    fold.add(*results)
    fold.name_at_once(1000)
    return fold


def shown(fold: Fold) -> list[tuple[str | None, Outcome, int | None, bytes, str | None]]:
    parts = sorted(fold.parts(), key=lambda part: (-part.count, list(map(str, part.first))))
    return [(part.names, part.outcome, part.exit_status, fold.output(part.digest), said(part.error)) for part in parts]


def test_equal_answers_fold() -> None:
    fold = folded(
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
    assert shown(fold) == [
        ("kvm[01-02,10]", Outcome.OK, 0, b"6.1.0-56", None),
        ("web[2-3]", Outcome.UNREACHABLE, None, b"", "refused"),
        ("kvm09", Outcome.OK, 0, b"6.1.0-49", None),
        ("web1", Outcome.FAILED, 127, b"sh: uname: not found", None),
    ]


def test_equal_output_does_not_hide_a_failure() -> None:
    fold = folded([result("a", b"x\n"), result("b", b"x\n", 1)])
    assert [(part.names, part.exit_status) for part in fold.parts()] == [("a", 0), ("b", 1)]


def test_the_signal_that_killed_a_command_keeps_hosts_apart() -> None:
    killed = CommandResult("a", Outcome.FAILED, None, b"x\n", b"", 0.1, signal="KILL")
    results = [killed, replace(killed, host="b", signal="TERM"), replace(killed, host="c")]
    assert {(part.names, part.signal) for part in folded(results).parts()} == {("a,c", "KILL"), ("b", "TERM")}


def test_bytes_that_are_no_text_and_empty_lines_survive() -> None:
    fold = folded([result("a", b"\xff\x1b[2J\n\nz\n"), result("b", b"\xff\x1b[2J\n\nz")])
    (part,) = fold.parts()
    assert fold.output(part.digest) == b"\xff\x1b[2J\n\nz"
    assert fold.members(part.group) == {TargetId("a"), TargetId("b")}


outputs = st.sampled_from([b"", b"\n", b"a", b"a\n", b"b\n", b"a\nb", b"a\n\n", b"\xff\r\n"])

some_results = st.lists(
    st.builds(
        CommandResult,
        host=st.sampled_from([f"kvm{n:02}" for n in range(12)]),
        outcome=st.sampled_from([Outcome.OK, Outcome.FAILED, Outcome.UNKNOWN]),
        exit_status=st.sampled_from([0, 1, None]),
        stdout=outputs,
        stderr=outputs,
        duration=st.just(0.1),
        error=st.sampled_from([None, "refused"]),
        signal=st.sampled_from([None, "KILL"]),
        truncated=st.booleans(),
        domain=st.sampled_from([None, "web1"]),
    ),
    max_size=30,
    unique_by=lambda each: each.target,
)


def by_message_tree(results: list[CommandResult]) -> set[tuple[object, ...]]:
    """The groups by ClusterShell, as (outcome, status, signal, error, output or None for none, targets)."""
    trees: defaultdict[tuple[object, ...], MsgTree] = defaultdict(MsgTree)
    silent: defaultdict[tuple[object, ...], set[TargetId]] = defaultdict(set)
    for each in results:
        kind: tuple[object, ...] = (each.outcome, each.exit_status, each.signal, each.error)
        lines = [
            line for stream in (each.stdout, each.stderr) if stream for line in stream.removesuffix(b"\n").split(b"\n")
        ]
        for line in lines:
            trees[kind].add(each.target, line)
        if not lines:
            silent[kind].add(each.target)
    found: set[tuple[object, ...]] = {(*kind, None, frozenset(targets)) for kind, targets in silent.items()}
    for kind, tree in trees.items():
        found |= {(*kind, bytes(said), frozenset(targets)) for said, targets in tree.walk()}
    return found


def by_fold(fold: Fold, parts: Iterable[Part]) -> set[tuple[object, ...]]:
    found: set[tuple[object, ...]] = set()
    for part in parts:
        text = fold.texts[part.digest]
        output = text.output if text.said else None
        kind = (part.outcome, part.exit_status, part.signal, part.error)
        found.add((*kind, output, fold.members(part.group)))
    return found


@given(some_results)
def test_groups_are_those_of_clustershell(results: list[CommandResult]) -> None:
    fold = Fold()
    for each in results:
        fold.add(each)
    assert by_fold(fold, fold.parts()) == by_message_tree(results)
    assert sum(part.cut for part in fold.parts()) == sum(each.truncated for each in results)


@given(some_results, st.lists(st.integers(0, 30), max_size=5))
def test_who_asks_for_what_has_changed_knows_all_in_the_end(results: list[CommandResult], asks: list[int]) -> None:
    """A reader keeps parts by group and asks with the number of the last one that it has."""
    fold, known, last = Fold(), dict[int, Part](), 0
    for index, each in enumerate(results):
        (changed,) = fold.add(each)
        assert each.target in fold.members(changed)
        if index in asks:
            parts = fold.parts(last)
            assert [part.number for part in parts] == sorted({part.number for part in parts})
            assert all(part.number > last for part in parts)
            known.update((part.group, part) for part in parts)
            last = fold.number
    fold.name_at_once(1000)
    known.update((part.group, part) for part in fold.parts(last))
    assert sorted(known.values(), key=lambda part: part.group) == [fold.part(group) for group in range(len(known))]
    assert fold.parts(fold.number) == ()


def test_a_group_tells_its_first_names_until_all_are_folded() -> None:
    async def main() -> None:
        fold = Fold()
        fold.add(*(result(f"dc{n % 3}-r{n % 7}-n{n}", b"x") for n in range(4 * SLICE)))
        (part,) = fold.parts()
        assert (part.count, part.names, len(part.first)) == (4 * SLICE, None, FIRST_NAMES)
        assert part.label == f"dc0-r0-n0,dc0-r0-n21,dc0-r0-n42 and {4 * SLICE - 3} more"
        naming = asyncio.ensure_future(fold.name())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        fold.add(result("late", b"x"))
        assert await naming
        (part,) = fold.parts()
        assert part.names is None, "those folded were not all"
        await fold.name()
        (part,) = fold.parts(part.number)
        assert part.names is not None
        assert part.names.startswith("late,") or part.names.endswith(",late")
        assert not await fold.name(), "nothing is left to do"

    run_virtual(main())


def test_naming_can_be_cancelled_and_taken_up_again() -> None:
    async def main() -> None:
        fold = Fold()
        fold.add(*(result(f"a{n}-b{n % 5}", b"x") for n in range(4 * SLICE)))
        naming = asyncio.ensure_future(fold.name())
        await asyncio.sleep(0)
        naming.cancel()
        await asyncio.wait([naming])
        assert fold.parts()[0].names is None
        assert await fold.name()
        assert fold.parts()[0].names is not None

    run_virtual(main())


def test_a_part_is_plain_data() -> None:
    part = folded([result("a", b"x"), result("b", b"x")]).parts()[0]
    assert pickle.loads(pickle.dumps(part)) == copy.deepcopy(part) == part


def test_a_text_is_kept_once() -> None:
    fold = folded(result(f"h{n}", b"the same " * 100, n % 2) for n in range(50))
    assert len(fold.texts) == 1
    assert len(fold.parts()) == 2
