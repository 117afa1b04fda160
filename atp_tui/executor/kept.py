"""Results of a job that was kept: every target has one, also where its program ended before the host answered. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..model.message import Message, text, told
from ..model.outcome import CommandResult, Outcome
from ..model.say import Say
from ..model.target import TargetId
from .log import Ending, JobState

_WHY = {
    JobState.INTERRUPTED: Say.PROGRAM_ENDED,
    JobState.RUNNING: Say.JOB_STILL_RUNS,
    JobState.UNKNOWN: Say.JOB_IS_ELSEWHERE,
    JobState.ENDED: Say.RESULT_NOT_KEPT,
    JobState.WAITING: Say.RESULT_NOT_KEPT,
}

GROUPS: Mapping[str, frozenset[Outcome]] = {
    "ok": frozenset({Outcome.OK}),
    "notrun": frozenset({Outcome.NOTRUN}),
    "unknown": frozenset({Outcome.UNKNOWN}),
    "failed": frozenset(Outcome) - {Outcome.OK, Outcome.NOTRUN, Outcome.UNKNOWN},
    **{
        str(outcome): frozenset({outcome})
        for outcome in Outcome
        if outcome not in (Outcome.OK, Outcome.FAILED, Outcome.NOTRUN, Outcome.UNKNOWN)
    },
}
"""Names of sets of outcomes: `failed` is whatever did not go well, so that nothing falls between it and `ok`, `notrun`
and `unknown`. A target without an ending is `unknown`."""


def ends_of(
    targets: Iterable[TargetId], endings: Iterable[Ending], state: JobState
) -> tuple[tuple[CommandResult, Ending | None], ...]:
    """How each target ended, in the order of the targets, without its output; with the ending, where there is one."""
    by_target = {ending.target: ending for ending in endings}
    return tuple([(_result(target, by_target.get(target), state), by_target.get(target)) for target in targets])


def _result(target: TargetId, ending: Ending | None, state: JobState) -> CommandResult:
    if ending is None:
        return CommandResult(
            target.host, Outcome.UNKNOWN, None, b"", b"", 0.0, why_unanswered(state), None, False, target.domain,
            may_still_run=state is not JobState.ENDED,
        )  # fmt: skip
    return CommandResult(
        host=target.host,
        outcome=ending.outcome,
        exit_status=ending.exit_status,
        stdout=b"",
        stderr=b"",
        duration=ending.duration,
        error=None if ending.error is None else text(ending.error),
        signal=ending.signal,
        truncated=ending.truncated,
        domain=target.domain,
        may_still_run=ending.may_still_run,
    )


def why_unanswered(state: JobState) -> Message:
    """Why a target of a job has no ending."""
    return told(_WHY[state])
