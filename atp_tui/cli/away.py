"""Commands that wait for hosts that were away: told behind a run, shown with a job, and called off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..actions.door import JobAct
from ..config.fleet import FleetConfig
from ..config.load import load
from ..executor.away import PickUp, Waiting
from ..executor.folding import fold_names
from ..executor.log import JobLog
from ..executor.spec import JobSpec
from ..executor.target_words import MOST_NAMES, number, ranges
from ..model.errors import ConfigError
from ..model.target import TargetId
from ..storage.audit import audit_of
from .arguments import Arguments
from .jobs import found, moment, readable
from .output import complain, emit_json


async def tell_waiting(log: JobLog, job: str) -> None:
    """Behind a run: for which hosts its command waits, and which program runs it."""
    waiting = await log.waiting(job=job)
    if waiting:
        complain(waiting_words(waiting))


async def tell_away(log: JobLog, job: str) -> None:
    """Behind a job that is shown: the same, and what became of the hosts that were away."""
    for words in picked_up_words(await log.pickups(job)):
        complain(words)
    await tell_waiting(log, job)


def waiting_words(waiting: Sequence[Waiting]) -> str:
    """`job 17 waits until … for kvm[01-03]: …`."""
    first = waiting[0]
    names = fold_names([str(each.target) for each in waiting])
    return (
        f"job {first.number} waits until {moment(first.until)} for {names}: the screen (atp-tui), open with this "
        f"hosts.toml, or atp-tui jobs away runs it as they connect; atp-tui jobs cancel {first.number} calls it off"
    )


def picked_up_words(pickups: Sequence[PickUp]) -> list[str]:
    """What became of hosts that were away: a line for those of each job, those called off, and those not known."""
    told: dict[str, list[str]] = {}
    for each in pickups:
        told.setdefault(_of(each), []).append(str(each.target))
    return [f"{fold_names(names)}: {words}" for words, names in told.items()]


def _of(each: PickUp) -> str:
    if each.ran_in is not None:
        return f"was away, and ran in job {each.ran_in}" if each.ran_in else "was away, and ran in a job not kept"
    if each.cancelled:
        return "was away, and is waited for no longer: called off"
    if each.taken:
        return "was away, and is being run now"
    return "was away; unknown: the program that was to run it there ended. It is not run again"


async def cancel(arguments: Arguments) -> int:
    """Have the command of a job wait no longer, for some of its hosts or all; the exit status.

    Raises ConfigError for a job that is not there, that waits for no host, or not for one that is named.
    """
    async with readable() as log:
        record = await found(log, arguments.given)
        assert log is not None, "it was found there"
        waiting = {str(each.target): each.target for each in await log.waiting(job=record.id)}
        names = list(dict.fromkeys(name for word in arguments.targets for name in _names(word)))
        if not waiting:
            hint = "what runs is cancelled in the program that runs it" if record.state == "running" else ""
            raise ConfigError(f"job {record.number} waits for no host", hint=hint)
        strangers = [name for name in names if name not in waiting]
        if strangers:
            raise ConfigError(
                f"job {record.number} does not wait for {fold_names(strangers)}",
                hint=f"it waits for {fold_names(list(waiting))}",
            )
        wanted = [waiting[name] for name in names] or list(waiting.values())
        taken = await log.take(record.id, wanted, cancelled=True)
        if taken:
            await _on_record(await log.spec(record.id), record.id, taken)
        had = [str(target) for target in taken]
    if arguments.json:
        emit_json({"job": record.number, "cancelled": had})
    else:
        complain(f"job {record.number} waits no longer for {fold_names(had)}" if had else "nothing was called off")
    return 0 if len(had) == len(wanted) else 1


async def _on_record(spec: JobSpec | None, job: str, targets: Sequence[TargetId]) -> None:
    """Put it on record, as hosts.toml of the job wants it; where that cannot be read, as it is wanted unasked."""
    path = None if spec is None or spec.when_back is None else Path(spec.when_back.fleet)
    try:
        config = FleetConfig(path) if path is None else load(path)
    except ConfigError:
        config = FleetConfig(path)
    async with audit_of(config, lambda words: complain(f"warning: {words}"), "jobs cancel") as audit:
        audit.steered(JobAct.CALL_OFF, job, targets)


def _names(word: str) -> Iterable[str]:
    if number(word, word) > MOST_NAMES:
        raise ConfigError(f"{word[:60]!r} names more hosts than a job has")
    return ranges(word, word)
