"""What a job may ask for, and what is no job."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from atp_tui.executor.spec import CommandWork, JobOptions, JobSpec
from atp_tui.model.outcome import Command
from atp_tui.model.target import TargetId, on_hosts


@pytest.mark.parametrize("limit", ["fanout", "per_host", "per_jump"])
def test_a_limit_of_a_job_is_at_least_one(limit: str) -> None:
    least: dict[str, Any] = {limit: 1}
    assert getattr(JobOptions(**least), limit) == 1
    with pytest.raises(ValueError, match="at least 1"):
        JobOptions(**{limit: 0})  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["timeout", "deadline", "retries"])
def test_a_time_and_a_number_of_retries_are_not_negative(option: str) -> None:
    none: dict[str, Any] = {option: 0}
    assert getattr(JobOptions(**none), option) == 0
    with pytest.raises(ValueError, match="not negative"):
        JobOptions(**{option: -1})  # type: ignore[arg-type]


@pytest.mark.parametrize("targets", [(), on_hosts("a", "b", "a"), (TargetId("a", "web1"), TargetId("a", "web1"))])
def test_a_job_has_targets_each_once(targets: tuple[TargetId, ...]) -> None:
    with pytest.raises(ValueError, match="each once"):
        JobSpec(targets, CommandWork(Command("true")), "ann", 0.0)


def test_a_job_is_plain_data_with_an_id_of_its_own() -> None:
    spec = JobSpec((TargetId("a"), TargetId("a", "web1")), CommandWork(Command("true")), "ann", 7.0)
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert spec.id != JobSpec(spec.targets, spec.work, spec.who, spec.asked_at).id
