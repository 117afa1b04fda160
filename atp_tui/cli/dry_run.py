"""`run --dry-run`: what would run where, and what would be asked first. No host is contacted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..actions.action import Invocation
from ..actions.policy import Admission
from ..engine.engine import Engine
from ..engine.targets import Reading
from ..executor.folding import fold_names
from ..model.errors import ActionFailed
from ..model.target import on_hosts
from ..model.text import printed, safe
from .arguments import Arguments
from .encode import valid
from .output import emit, emit_json
from .words import sentence


def dry_run(arguments: Arguments, engine: Engine, reading: Reading, invocation: Invocation) -> int:
    """Show it; the exit status. Raises ActionFailed where the door would not let it pass on hosts that are certain."""
    certain, all_of_them = (
        engine.fleet.admit(replace(invocation, targets=on_hosts(*hosts)))
        for hosts in (reading.ids, (*reading.ids, *reading.undecided))
    )
    if certain.problem is not None and reading.ids:
        raise ActionFailed(certain.problem.reason)
    if arguments.json:
        emit_json(valid(_encoded(arguments, reading, all_of_them)))
    else:
        emit(printed([safe(line) for line in _lines(arguments, reading, all_of_them)]))
    return 0


def _encoded(arguments: Arguments, reading: Reading, found: Admission) -> dict[str, Any]:
    asked, asks = None, found.confirm
    if asks is not None:
        dangers = [arguments.command.strip()[begin:end] for begin, end in asks.spans]
        asked = {"typed": asks.typed, "reasons": [sentence(why) for why in asks.reasons], "dangers": dangers}
    return {
        "dry_run": True,
        "hosts": list(reading.ids),
        "undecided": list(reading.undecided),
        "number": len(reading.ids),
        "command": arguments.command,
        "running_domains": None,
        "asks": asked,
        "refused": None if found.problem is None else sentence(found.problem.reason),
    }


def _lines(arguments: Arguments, reading: Reading, found: Admission) -> list[str]:
    asks, number, perhaps = found.confirm, len(reading.ids), len(reading.undecided)
    lines = [f"would run on {_hosts(number)}: {fold_names(reading.ids)}"] if number else []
    if perhaps:
        lines += [f"hangs on what {_hosts(perhaps)} would say: {fold_names(reading.undecided)}"]
    lines += [f"command: {arguments.command}", "VMs that run there: not known without connecting"]
    meant = ", were all of them meant" if perhaps else ""
    if found.problem is not None:
        lines += [f"would be refused{meant}: {sentence(found.problem.reason)}"]
    elif asks is None:
        lines += ["nothing would be asked first"]
    else:
        how = f"for {asks.number} to be typed" if asks.typed else "for a yes"
        lines += [f"would ask first {how}{meant} (--yes agrees to it):"]
        lines += [f"  {sentence(why)}" for why in asks.reasons]
    return [*lines, "nothing was run, and no host was contacted"]


def _hosts(number: int) -> str:
    return f"{number} host{'s' * (number != 1)}"
