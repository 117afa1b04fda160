"""The end of a job with 1,000 answers that all differ, and of one with 1,000 equal ones. Run by hand.

    python -m tests.bench.bench_fold

Then the same jobs live: a line at a time of each host, with a look at the screen's lines after each 5,000 pieces of
news, to the end; the budget is 0.5 s of CPU in all, and 30 ms in one stretch.

Both sides in one run: `before` folds all at the end with ClusterShell's MsgTree and NodeSet and makes every line;
`after` is the package. Times are CPU of this thread, so that other work on the machine counts for neither side; each is
the longest stretch that the event loop would be held up, of all the steps there are.
"""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterator

from ClusterShell.MsgTree import MsgTree
from ClusterShell.NodeSet import RESOLVER_NOGROUP, NodeSet

from atp_tui.cli.collector import collect_from_now_on
from atp_tui.executor.folding import folding
from atp_tui.executor.reader import JobEvent, TargetEnded, TargetOutput, TargetStarted
from atp_tui.model.outcome import CommandResult, Outcome
from atp_tui.model.target import on_hosts
from tests.ui.answered import Answering

HOSTS, LINES = 1000, 100


def irregular(number: int) -> str:
    return f"dc{number % 3}-r{number % 37}-u{number % 41:02}-n{number}"


def different(number: int) -> bytes:
    return b"".join(
        b"line %d of the answer of host %d, which no other host gives\n" % (n, number) for n in range(LINES)
    )


def results(answer: Callable[[int], bytes], name: Callable[[int], str]) -> list[CommandResult]:
    return [CommandResult(name(n), Outcome.OK, 0, answer(n), b"", 0.5) for n in range(HOSTS)]


def took(step: Callable[[], object]) -> float:
    begun = time.thread_time()
    step()
    return time.thread_time() - begun


def before(ended: list[CommandResult]) -> None:
    groups: list[tuple[str, bytes]] = []

    def finish() -> None:
        trees: defaultdict[Outcome, MsgTree] = defaultdict(MsgTree)
        for each in ended:
            for line in each.stdout.removesuffix(b"\n").split(b"\n"):
                trees[each.outcome].add(each.host, line)
        for tree in trees.values():
            for said, hosts in tree.walk():
                groups.append((str(NodeSet.fromlist(hosts, resolver=RESOLVER_NOGROUP)), bytes(said)))

    def unfold() -> None:
        lines = [(f"{nodes}\n{n}", line.decode()) for nodes, said in groups for n, line in enumerate(said.split(b"\n"))]
        print(f"      {len(lines)} lines, places of {len({key: n for n, (key, _) in enumerate(lines)})}")

    print(f"   before   end {took(finish) * 1e3:8.1f} ms   unfold all {took(unfold) * 1e3:8.1f} ms")


def after(ended: list[CommandResult]) -> None:
    model = Answering(*(each.host for each in ended))
    events = [TargetEnded("job", n, 0.0, each.target, each) for n, each in enumerate(ended)]
    adding = max(took(lambda event=event: model.apply(event)) for event in events)  # type: ignore[misc]
    finish = took(model.finish) + took(model.lines)
    naming = longest_slice([str(each.target) for each in ended])
    unfold = took(model.toggle_all) + took(lambda: model.lines().places)
    steps = {"one result": adding, "end": finish, "a slice of names": naming, "unfold all": unfold}
    told = "   ".join(f"{name} {seconds * 1e3:.1f} ms" for name, seconds in steps.items())
    print(f"   after    {told}   longest {max(steps.values()) * 1e3:.1f} ms")


def longest_slice(names: list[str]) -> float:
    longest, steps, done = 0.0, folding(names), False
    while not done:
        begun = time.thread_time()
        done = next(steps, "done") == "done"
        longest = max(longest, time.thread_time() - begun)
    return longest


def news(ended: list[CommandResult]) -> Iterator[JobEvent]:
    """What a job tells, an event at a time, as the program has it: Python would look through those that wait."""
    said = [each.stdout.splitlines(keepends=True) for each in ended]
    for each in ended:
        yield TargetStarted("job", 1, 0.0, each.target)
    for line in range(max(map(len, said))):
        for each, lines in zip(ended, said, strict=True):
            yield TargetOutput("job", 1, 0.0, each.target, "stdout", lines[line])
    for each in ended:
        yield TargetEnded("job", 1, 0.0, each.target, each)


def live(ended: list[CommandResult]) -> None:
    model = Answering(*(each.host for each in ended))
    steps: list[tuple[float, str]] = []
    for number, event in enumerate(news(ended)):
        steps.append((took(lambda event=event: model.apply(event)), "an event"))  # type: ignore[misc]
        if number % 5000 == 0:
            steps.append((took(lambda: [line.spans for line in model.lines()[:40]]), "a look at the lines"))
    steps += [(took(model.finish), "the end"), (took(model.lines), "the lines at the end")]
    (longest, what), whole = max(steps), sum(seconds for seconds, _ in steps)
    print(f"   live     {whole * 1e3:.0f} ms in all   longest {longest * 1e3:.1f} ms: {what}")


def main() -> None:
    collect_from_now_on()  # as the program does
    cases = (
        ("1,000 different answers of 100 lines", results(different, lambda n: f"kvm{n:04}")),
        ("1,000 equal answers of hosts with irregular names", results(lambda n: b"6.1.0-56\n", irregular)),
    )
    for title, ended in cases:
        assert [each.target for each in ended] == list(on_hosts(*(each.host for each in ended)))
        print(title)
        for _ in range(3):
            for side in (before, after, live):
                side(ended)
                gc.collect()  # what one side leaves behind must not be collected in a step of the other


if __name__ == "__main__":
    main()
