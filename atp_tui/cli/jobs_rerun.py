"""`atp-tui jobs rerun`: the command of a job once more, on some of its hosts or all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..actions.action import Value
from ..actions.job_words import JOB_WORDS
from ..actions.waves import options_of
from ..engine.source import FleetSource
from ..engine.targets import Reading
from ..executor.kept import GROUPS, ends_of
from ..executor.log import JobRecord, JobState
from ..executor.spec import CommandWork, FollowWork, JobOptions
from ..model.errors import ConfigError
from ..model.outcome import Outcome
from ..monitor.needs import Needs
from ..storage.jobs import JobStore
from .arguments import Arguments
from .asked import NOT_ALL, tell_gone
from .interrupt import Interrupt
from .jobs import found, outcomes, readable
from .jobs_show import spec_of
from .run import carried_out

_WANTED = {
    "failed": GROUPS["failed"],
    "ok": GROUPS["ok"],
    "notrun": GROUPS["notrun"] | GROUPS["unknown"],
    "same": frozenset(Outcome),
}

_ENDED_SO = {"failed": "failed", "ok": "went well", "notrun": "was left out or not known", "same": "is there"}


async def rerun(arguments: Arguments, source: FleetSource, interrupt: Interrupt) -> int:
    """Run it; what is printed and the exit status are those of `run`, 3 at least where a host is not there any more.

    Raises ConfigError for a job that is not there, is no command or still runs, and where no host is left.
    """
    async with readable() as log:
        record = await found(log, arguments.given)
        assert log is not None, "it was found there"
        spec = await spec_of(log, record)
        if not isinstance(spec.work, CommandWork):
            hint = "begin it anew with atp-tui follow" if isinstance(spec.work, FollowWork) else None
            raise ConfigError(f"job {record.number} is no command, but {spec.work.kind}", hint=hint)
        if missing := spec.work.delivery.missing:
            what = f"{' and '.join(missing)} {'was' if len(missing) == 1 else 'were'} not kept"
            raise ConfigError(f"job {record.number} cannot be run again: {what}", hint="run it anew with run")
        hosts = await _hosts(log, record, arguments.which)
        here = {host.id for host in source.config.hosts}
        gone = [host for host in hosts if host not in here]
        left = tuple(host for host in hosts if host in here)
        if gone:
            tell_gone(gone)
        if not left:
            raise ConfigError(f"no host of job {record.number} is left to run it on")
        again = replace(arguments, command=spec.work.command.line, timeout=spec.options.timeout)
        options = _options(spec.options, with_waves=not arguments.no_waves) | dict(arguments.job_options)
        if spec.work.delivery.sudo:
            options["sudo"] = spec.work.delivery.sudo
        reading = Reading((), left, (), Needs.NOTHING)
        status = await carried_out(again, source, interrupt, reading, log, options, spec.work.delivery)
    return status or (NOT_ALL if gone else 0)


async def _hosts(log: JobStore, record: JobRecord, which: str) -> Sequence[str]:
    if record.state is JobState.RUNNING and which != "same":
        raise ConfigError(f"job {record.number} still runs", hint="wait for its end, or write --same for all its hosts")
    spec = await spec_of(log, record)
    ends = ends_of(spec.targets, await log.endings(record.id), record.state)
    hosts = [result.host for result, _ in ends if result.outcome in _WANTED[which]]
    if not hosts:
        raise ConfigError(f"no host of job {record.number} {_ENDED_SO[which]}", hint=f"there are {outcomes(record)}")
    return list(dict.fromkeys(hosts))


def _options(options: JobOptions, *, with_waves: bool) -> dict[str, Value]:
    """What the job was asked for besides its time limit for each host."""
    names = [word.name for word in JOB_WORDS if word.name not in ("timeout", "when_back")]
    of_waves = {} if options.waves is None or not with_waves else options_of(options.waves)
    return {name: value for name in names if (value := getattr(options, name)) is not None} | of_waves
