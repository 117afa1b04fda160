"""Waves: their sizes and order, and under hypothesis a job that goes on in them, whatever becomes of its targets."""

from __future__ import annotations

import pickle
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atp_tui.executor.core import JobCore
from atp_tui.executor.plan import Plan
from atp_tui.executor.spec import JobOptions
from atp_tui.executor.waves import Phase, Progress, Waves, in_order, wave_sizes
from atp_tui.model.amount import Amount
from atp_tui.model.message import text
from atp_tui.model.outcome import Outcome
from atp_tui.model.target import TargetId, on_hosts

amounts = st.one_of(st.integers(1, 8).map(Amount), st.integers(1, 100).map(lambda share: Amount(share, True)))


@pytest.mark.parametrize("text", ["", "0", "0%", "101%", "-1", "1.5", "ten", "10 %", "1_0", "١"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no number of hosts"):
        Amount.parse(text)


def test_a_share_that_is_no_whole_number_is_the_next_one_above() -> None:
    assert [Amount.parse("10%").of(total) for total in (1, 10, 11, 20, 25)] == [1, 1, 2, 2, 3]
    assert (Amount.parse("7").of(3), str(Amount.parse("7")), str(Amount.parse("10%"))) == (7, "7", "10%")


def test_the_sizes_of_waves() -> None:
    assert wave_sizes(Waves(size=Amount(10, True)), 25) == (3, 3, 3, 3, 3, 3, 3, 3, 1)
    assert wave_sizes(Waves(size=Amount(4), canary=Amount(1)), 10) == (1, 4, 4, 1)
    assert wave_sizes(Waves(canary=Amount(3)), 10) == (3, 7)
    assert wave_sizes(Waves(canary=Amount(30)), 10) == (10,)
    assert wave_sizes(Waves(), 10) == (10,)


@given(amounts | st.none(), amounts | st.none(), st.integers(1, 60))
def test_each_target_is_in_one_wave(size: Amount | None, canary: Amount | None, total: int) -> None:
    sizes = wave_sizes(Waves(size=size, canary=canary), total)
    assert sum(sizes) == total and min(sizes) >= 1


def test_the_order_by_racks_takes_from_each_in_turn_and_a_seed_gives_the_same_order_again() -> None:
    names = ["a1", "a2", "a3", "b1", "c1", "c2"]
    spread = Waves(spread="tag:rack")
    assert in_order(names, spread, lambda name: name[0]) == ("a1", "b1", "c1", "a2", "c2", "a3")
    assert in_order(names, Waves()) == tuple(names)
    mixed = in_order(names, Waves(shuffle=7))
    assert mixed == in_order(names, Waves(shuffle=7)) != in_order(names, Waves(shuffle=8))
    assert sorted(mixed) == names
    both = in_order(names, Waves(shuffle=7, spread="tag:rack"), lambda name: name[0])
    assert {name[0] for name in both[:3]} == {"a", "b", "c"} and sorted(both) == names


@pytest.mark.parametrize("wrong", [{"pause": 5.0}, {"gate": "state:up"}, {"gate_run": "true"}, {"asks": True}])
def test_what_stands_between_waves_wants_waves(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="between waves"):
        Waves(**wrong)
    assert Waves(**wrong, canary=Amount(1))


@pytest.mark.parametrize("wrong", [{"pause": -1.0}, {"pause": float("inf")}, {"gate_timeout": 0.0}])
def test_times_of_waves_are_numbers_of_seconds(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="numbers of seconds"):
        Waves(size=Amount(1), **wrong)


waves = st.builds(
    Waves,
    size=amounts | st.none(),
    canary=amounts,
    max_fail=amounts,
    unreachable_counts=st.booleans(),
    pause=st.sampled_from([0.0, 0.0, 5.0]),
    asks=st.booleans(),
)
ENDS = (*[Outcome.OK] * 6, Outcome.FAILED, Outcome.UNREACHABLE, Outcome.TIMEOUT)


class Played:
    """The runner and the person around one job: every plan is held against what waves promise."""

    def __init__(self, chosen: Waves, number: int, retries: int, fanout: int) -> None:
        self.waves = chosen
        self.targets = on_hosts(*[f"h{each}" for each in range(number)])
        sizes = wave_sizes(chosen, number)
        self.wave_of = {
            target: place
            for place in range(len(sizes))
            for target in self.targets[sum(sizes[:place]) : sum(sizes[: place + 1])]
        }
        self.now = 0.0
        self.running: list[TargetId] = []
        self.ended: dict[TargetId, Outcome] = {}
        self.between = self.asked = self.stopped = self.finished = False
        self.told: list[Progress] = []
        self.core = JobCore()
        self.wake: float | None = None
        self.perform(
            self.core.add("job", self.targets, JobOptions(retries=retries, fanout=fanout, waves=chosen), self.now)
        )

    @property
    def failures(self) -> int:
        free = {Outcome.OK, Outcome.NOTRUN, Outcome.CANCELLED}
        free |= set() if self.waves.unreachable_counts else {Outcome.UNREACHABLE}
        return sum(outcome not in free for outcome in self.ended.values())

    def perform(self, plan: Plan) -> None:
        for (_, target), outcome in plan.ended:
            self.end(target, outcome)
        for _, progress in plan.waves:
            self.tell(progress)
        for (_, target), _why in plan.notrun:
            self.end(target, Outcome.NOTRUN)
        self.between = self.between or bool(plan.between)
        for _, well in plan.between:
            assert set(well) == {
                target for target in self.targets
                if self.ended.get(target) is Outcome.OK and self.wave_of[target] == self.told[-1].wave - 1
            }  # fmt: skip
        for _, target in plan.start:
            assert not (self.stopped or self.between or self.asked), "begun where nothing may begin"
            assert self.failures < self.waves.max_fail.of(len(self.targets)), "begun after too many failures"
            before = [each for each in self.targets if self.wave_of[each] < self.wave_of[target]]
            assert all(each in self.ended for each in before), "begun before the wave before was over"
            self.running.append(target)
        self.finished = self.finished or bool(plan.finished)
        self.wake = plan.wake

    def tell(self, progress: Progress) -> None:
        assert pickle.loads(pickle.dumps(progress)) == progress
        self.told.append(progress)
        assert progress.failures == self.failures
        if progress.phase is Phase.STOPPED:
            assert not self.stopped, "stopped twice"
            self.stopped = True
        else:
            assert all(target in self.ended for target in progress.targets)
            assert dict(progress.counts) == Counter(self.ended[target] for target in progress.targets)
        self.asked = progress.phase is Phase.ASKS

    def end(self, target: TargetId, outcome: Outcome) -> None:
        assert target not in self.ended, "ended twice"
        self.ended[target] = outcome

    def step(self, data: st.DataObject) -> None:
        """One thing that can happen happens."""
        can = ["end"] * 5 * bool(self.running) + ["passed", "gate"] * self.between + ["resume", "halt"] * self.asked
        can += ["tick"] * 2 * (self.wake is not None) + ["cancel some"]
        match data.draw(st.sampled_from(can)):
            case "end":
                target = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
                outcome = data.draw(st.sampled_from(ENDS))
                again = outcome is Outcome.UNREACHABLE
                self.perform(self.core.ended("job", target, outcome, self.now, retryable=again))
            case "passed":
                self.between = False
                self.perform(self.core.passed("job"))
            case "gate":
                self.between = False
                self.perform(self.core.halt("job", text("the gate does not hold")))
                assert self.stopped
            case "resume":
                self.asked = False
                self.perform(self.core.resume("job"))
            case "halt":
                self.asked = False
                self.perform(self.core.halt("job", text("no")))
                assert self.stopped
            case "tick":
                assert self.wake is not None
                self.now = max(self.now, self.wake)
                self.perform(self.core.tick(self.now))
            case _:
                some = data.draw(st.lists(st.sampled_from(self.targets), max_size=2, unique=True))
                waiting = [target for target in some if target not in self.running]
                self.perform(self.core.cancel("job", waiting))


@settings(max_examples=150, deadline=None)
@given(waves, st.integers(1, 12), st.integers(0, 1), st.integers(1, 5), st.data())
def test_a_job_in_waves_keeps_its_rules_and_accounts_for_every_target(
    chosen: Waves, number: int, retries: int, fanout: int, data: st.DataObject
) -> None:
    played = Played(chosen, number, retries, fanout)
    for _ in range(200):
        if played.finished:
            break
        played.step(data)
        assert played.finished or played.running or played.between or played.asked or played.wake is not None
    else:
        played.perform(played.core.cancel("job"))
        while played.running:
            target = played.running.pop()
            played.perform(played.core.ended("job", target, Outcome.CANCELLED, played.now))
    assert played.finished and played.ended.keys() == set(played.targets)
    assert repr(played.core) == "<JobCore jobs=0 running=0 later=0>"


def test_what_runs_when_the_waves_are_stopped_comes_to_its_end_and_is_not_tried_again() -> None:
    core, targets = JobCore(), on_hosts("a", "b", "c", "d")
    two = Waves(size=Amount(2), unreachable_counts=False)
    assert core.add("job", targets, JobOptions(retries=1, waves=two), 0.0).start == [
        ("job", each) for each in targets[:2]
    ]
    plan = core.ended("job", targets[0], Outcome.FAILED, 1.0)
    assert [target for (_, target), _ in plan.notrun] == list(targets[2:])
    assert not plan.stop and not plan.start and not plan.finished
    plan = core.ended("job", targets[1], Outcome.UNREACHABLE, 2.0, retryable=True)
    assert plan.ended == [(("job", targets[1]), Outcome.UNREACHABLE)] and plan.finished == ["job"]
