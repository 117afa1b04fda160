"""`run --dry-run`: what would run where, and what would be asked first. No host is contacted, but with `--check`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..actions.action import Invocation
from ..actions.policy import Admission
from ..engine.engine import Engine, Select
from ..engine.fleet import Wanted
from ..engine.person import user_name
from ..engine.targets import Reading
from ..executor.carrying import line_for
from ..executor.folding import fold_names
from ..executor.waves import Waves
from ..model.data_class import dataclass
from ..model.errors import ActionFailed
from ..model.problem import Problem
from ..model.target import on_hosts
from ..model.text import printed, safe
from ..monitor.rows import OFF
from .arguments import Arguments
from .asked import NOT_ALL
from .encode import valid
from .output import emit, emit_json
from .waves import plan_lines, planned
from .words import sentence, whole


@dataclass(frozen=True, slots=True)
class Reached:
    """Each host that was tried with why it was not reached, None where it was; and how many VMs run on each host that
    has said so."""

    hosts: Mapping[str, Problem | None]
    running: Mapping[str, int]


async def dry_run(
    arguments: Arguments,
    engine: Engine,
    reading: Reading,
    invocation: Invocation,
    select: Select,
    waves: Waves | None = None,
) -> int:
    """Show it; the exit status: NOT_ALL where a host that was tried is not reached.

    Raises ActionFailed where the door would not let it pass on hosts that are certain.
    """
    await engine.look()
    certain, all_of_them = (
        engine.fleet.admit(replace(invocation, targets=on_hosts(*hosts)))
        for hosts in (reading.ids, (*reading.ids, *reading.undecided))
    )
    if certain.problem is not None and reading.ids:
        raise ActionFailed(certain.problem.reason)
    reached = await _reached(engine, reading, select) if arguments.check else None
    plan = () if waves is None else planned(waves, reading.ids, engine.source.config.hosts)
    if arguments.json:
        encoded = _encoded(arguments, reading, all_of_them, reached) | {"sudo": invocation.text("sudo") or None}
        emit_json(valid(encoded if waves is None else {**encoded, "waves": [list(hosts) for hosts in plan]}))
    else:
        of_waves = () if waves is None else plan_lines(waves, plan)
        beside = [*of_waves, *_beside(arguments, engine, reading, invocation)]
        emit(printed([safe(line) for line in _lines(arguments, reading, all_of_them, reached, beside)]))
    return NOT_ALL if reached is not None and any(reached.hosts.values()) else 0


async def _reached(engine: Engine, reading: Reading, select: Select) -> Reached:
    """Connect to every host that is meant, or may be, each by its own connection, and ask which VMs run there. No
    command runs."""
    hosts = (*reading.ids, *reading.undecided)
    async with engine.running(watch=False, select=select):
        problem = (await engine.fleet.perform(Invocation("connect", on_hosts(*hosts), {}, user_name()))).problem
        # an error of no host in particular is that of all
        failed = {} if problem is None else dict(problem.hosts) or dict.fromkeys(hosts, problem)
        answers = await engine.fleet.ask([host for host in hosts if host not in failed], Wanted.DOMAINS)
    said = [answer.detail.host for answer in answers if answer.problem is None and answer.detail.host.row.has_virt]
    running = {host.row.id: sum(each.reading.state not in OFF for each in host.domains) for host in said}
    return Reached({host: failed.get(host) for host in hosts}, running)


def _encoded(arguments: Arguments, reading: Reading, found: Admission, reached: Reached | None) -> dict[str, Any]:
    asked, asks = None, found.confirm
    if asks is not None:
        dangers = [arguments.command.strip()[begin:end] for begin, end in asks.spans]
        asked = {"typed": asks.typed, "reasons": [sentence(why) for why in asks.reasons], "dangers": dangers}
    tried = None
    if reached is not None:
        tried = [
            {"host": host, "reached": why is None, "error": None if why is None else whole(why)}
            for host, why in reached.hosts.items()
        ]
    return {
        "dry_run": True,
        "hosts": list(reading.ids),
        "undecided": list(reading.undecided),
        "number": len(reading.ids),
        "command": arguments.command,
        "running_domains": sum(reached.running.values()) if reached is not None and reached.running else None,
        "asks": asked,
        "refused": None if found.problem is None else sentence(found.problem.reason),
        "check": tried,
    }


def _beside(arguments: Arguments, engine: Engine, reading: Reading, invocation: Invocation) -> Iterator[str]:
    """What differs from host to host, on the first one, and what goes along with the command."""
    delivery = invocation.delivery
    if user := invocation.text("sudo"):
        yield f"as: {user}, by sudo"
    yield from arguments.notes
    hosts = {host.id: host for host in engine.source.config.hosts}
    if reading.ids and (line := line_for(arguments.command, delivery, hosts[reading.ids[0]])) != arguments.command:
        yield f"on {reading.ids[0]}: {line}"
    options = dict(arguments.job_options)
    if options.get("login"):
        yield "shell: the login shell, with its profile"
    if options.get("tty"):
        yield "terminal: one there; output and errors come as one"
    if delivery.chdir:
        yield f"directory: {delivery.chdir}"
    if delivery.names:
        yield f"environment: {', '.join(delivery.names)}"
    if delivery.script:
        yield f"script: {delivery.script}, SHA-256 {delivery.digest}"
    if delivery.input_size is not None:
        yield f"standard input: {delivery.input_size:,} bytes"


def _lines(
    arguments: Arguments, reading: Reading, found: Admission, reached: Reached | None, beside: Iterable[str]
) -> list[str]:
    asks, number, perhaps = found.confirm, len(reading.ids), len(reading.undecided)
    lines = [f"would run on {_hosts(number)}: {fold_names(reading.ids)}"] if number else []
    if perhaps:
        lines += [f"hangs on what {_hosts(perhaps)} would say: {fold_names(reading.undecided)}"]
    lines += [
        f"command: {arguments.command}",
        *beside,
        _running(reached),
    ]
    meant = ", were all of them meant" if perhaps else ""
    if found.problem is not None:
        lines += [f"would be refused{meant}: {sentence(found.problem.reason)}"]
    elif asks is None:
        lines += ["nothing would be asked first"]
    else:
        how = f"for {asks.number} to be typed" if asks.typed else "for a yes"
        lines += [f"would ask first {how}{meant} (--yes agrees to it):"]
        lines += [f"  {sentence(why)}" for why in asks.reasons]
    if reached is None:
        return [*lines, "nothing was run, and no host was contacted"]
    there = [host for host, why in reached.hosts.items() if why is None]
    lines += [f"can be reached now: {_hosts(len(there))}{': ' * bool(there)}{fold_names(there)}"]
    lines += [f"not reached: {host}: {whole(why)}" for host, why in reached.hosts.items() if why is not None]
    return [*lines, "nothing was run"]


def _running(reached: Reached | None) -> str:
    if reached is None:
        return "VMs that run there: not known without asking the hosts (--check)"
    if not reached.running:
        return "VMs that run there: not known of any host"
    silent = len(reached.hosts) - len(reached.running)
    without = f", without those of {_hosts(silent)} that did not say" if silent else ""
    return f"VMs that run there: {sum(reached.running.values())}{without}"


def _hosts(number: int) -> str:
    return f"{number} host{'s' * (number != 1)}"
