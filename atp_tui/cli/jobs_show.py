"""`atp-tui jobs show`: how each host of a job answered, as `run` tells it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..executor.fold import Fold
from ..executor.folding import fold_names
from ..executor.kept import ends_of
from ..executor.log import Ending, JobRecord
from ..executor.spec import JobSpec
from ..model.errors import ConfigError
from ..model.fence import Fence
from ..model.outcome import CommandResult, Outcome
from ..storage.jobs import JobStore
from .arguments import Arguments
from .away import tell_away
from .gather import gathered_of
from .jobs import found, moment, readable, state_words
from .lines import HostLines
from .masked import masked_entries, masked_groups
from .output import Each, complain, complain_line, emit, emit_json, line_of
from .showing.entry import encoded
from .words import ending

_log = logging.getLogger(__name__)

_NO_OUTPUT = (Outcome.NOTRUN, Outcome.UNREACHABLE, Outcome.AUTH)


async def show(arguments: Arguments) -> int:
    """Show a job; the exit status is 0, however it went. Raises ConfigError where there is no such job."""
    async with readable() as log:
        record = await found(log, arguments.given)
        assert log is not None, "it was found there"
        spec = await spec_of(log, record)
        results = _results(log, spec, record)
        if arguments.json:
            every = [result async for result in results]
            cut = any(result.truncated for result in every)
            shown: dict[str, Any] = {"results": Each(partial(encoded, Fence(_log)), every), "truncated": cut}
            if (files := _spilled(log, record)) is not None:
                shown["files"] = files
            if arguments.mask:
                shown["groups"] = masked_entries(every, arguments.config)
            if record.until is not None:
                shown["waiting"] = [str(each.target) for each in await log.waiting(job=record.id)]
            emit_json(shown)
            return 0
        _head(record)
        if arguments.mask:
            cut_on = _masked([result async for result in results], arguments.config)
        else:
            cut_on = await (_gathered(results) if arguments.gather else _one_by_one(results))
        await tell_away(log, record.id)
    for file, size in (_spilled(log, record) or {}).items():
        complain(f"all of it, compressed ({size:,} bytes): {file}")
    if spec.options.follows:
        complain("what was followed is not kept, only how it ended")
    elif cut_on:
        complain(f"not all of the output was kept of {fold_names(cut_on)}")
    return 0


async def spec_of(log: JobStore, record: JobRecord) -> JobSpec:
    """A job as it was asked for. Raises ConfigError where this program cannot understand it."""
    spec = await log.spec(record.id)
    if spec is None:
        raise ConfigError(f"job {record.number} cannot be understood", hint="a newer atp-tui may have kept it")
    return spec


async def _results(log: JobStore, spec: JobSpec, record: JobRecord) -> AsyncIterator[CommandResult]:
    """The results with their outputs, of which equal ones are in memory once while they come one after the other."""
    texts: dict[bytes, tuple[bytes, bytes] | None] = {}
    for result, end in ends_of(spec.targets, await log.endings(record.id), record.state):
        if end is None:
            yield result
            continue
        if end.digest not in texts:
            texts[end.digest] = await log.text(end.digest)
        yield _with_output(result, end, texts[end.digest])


def _with_output(result: CommandResult, end: Ending, text: tuple[bytes, bytes] | None) -> CommandResult:
    if text is None:  # it was left out, or has gone to make room
        return replace(result, truncated=result.truncated or end.outcome not in _NO_OUTPUT)
    return replace(result, stdout=text[0], stderr=text[1])


def _spilled(log: JobStore, record: JobRecord) -> dict[str, int] | None:
    """The files with all that hosts said, and their sizes; None where there are none, or these cannot be read."""
    with suppress(OSError):
        return dict(log.spill.files(record.id)) or None if log.spill is not None else None
    return None


def _head(record: JobRecord) -> None:
    complain(f"job {record.number} of {moment(record.asked_at)} by {record.who} on {record.names}: {record.title}")
    if words := state_words(record):
        complain(words)


async def _one_by_one(results: AsyncIterator[CommandResult]) -> Sequence[str]:
    """Print each; gives the hosts of which output is missing."""
    cut: list[str] = []
    lines = HostLines(partial(emit)), HostLines(complain_line)
    async for result in results:
        name = str(result.target)
        for each, output in zip(lines, (result.stdout, result.stderr), strict=True):
            each.add(name, output)
            each.end(name)
        if result.outcome is not Outcome.OK:
            complain_line(line_of(f"atp-tui: {name}", ending(result)))
        if result.truncated:
            cut.append(name)
    return cut


async def _gathered(results: AsyncIterator[CommandResult]) -> Sequence[str]:
    fold = Fold()
    cut: list[str] = []
    async for result in results:
        fold.add(result)
        if result.truncated:
            cut.append(str(result.target))
    await fold.name()
    for group in gathered_of(fold.parts(), fold.output):
        emit(group)
    return cut


def _masked(results: Sequence[CommandResult], config: Path | None) -> Sequence[str]:
    for group in masked_groups(results, config):
        emit(group)
    return [str(result.target) for result in results if result.truncated]
