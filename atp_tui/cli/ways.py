"""`atp-tui info HOST`: how hosts are reached by SSH, and what of ssh_config does not hold there."""

from __future__ import annotations

from typing import Any

from ..drivers.ssh.ways import Step, Way, find_ways
from ..model.errors import ConfigError
from ..model.text import printed, safe
from ..transport.clock import run_awake
from .arguments import Arguments
from .doctor.verdict import Asked
from .encode import valid
from .output import emit, emit_json
from .tables import table
from .words import sentence

FAILED = 1
"""The exit status where some host has no way."""


def show_ways(arguments: Arguments) -> int:
    """Show the ways to the hosts that are meant; the exit status. Raises ConfigError where hosts.toml, or the set of
    hosts, cannot be used."""
    asked = Asked(arguments.config, arguments.given)
    if asked.fleet is None:
        raise next(iter(asked.read.errors), ConfigError("there is no hosts.toml", hint="atp-tui hosts add"))
    found, notes = run_awake(find_ways(asked.hosts))
    if arguments.json:
        emit_json(valid({"hosts": [_encoded(way) for way in found], "notes": list(notes)}))
    else:
        for way in found:
            _show(way)
        if notes:
            emit(printed([safe("of the files:"), *(safe(f"  {note}") for note in notes)]))
    return FAILED if any(way.problem for way in found) else 0


def _show(way: Way) -> None:
    if way.problem is not None:
        emit(printed([safe(f"{way.host}: {sentence(way.problem)}")]))
    for number, step in enumerate(way.steps, 1):
        through = "" if number == len(way.steps) else ", a jump host"
        emit(printed([safe(f"{way.host}: {step.where}{through}")]))
        emit(table(("WHAT", "VALUE"), [*step.facts, *(("passed over", words) for words in step.odd)]))
        if step.unmet:
            rows = [(each.keyword, each.value, each.standing, each.why) for each in step.unmet]
            emit(table(("SSH_CONFIG", "VALUE", "HOLDS", "WHY"), rows))


def _encoded(way: Way) -> dict[str, Any]:
    return {
        "host": way.host,
        "way": [_step(step) for step in way.steps],
        "error": None if way.problem is None else sentence(way.problem),
    }


def _step(step: Step) -> dict[str, Any]:
    unmet = [
        {"keyword": each.keyword, "value": each.value, "holds": str(each.standing), "why": each.why}
        for each in step.unmet
    ]
    facts: dict[str, str] = {}
    for what, value in step.facts:  # one may come several times: a line each, as of certificates
        facts[what] = f"{facts[what]}\n{value}" if what in facts else value
    return {"where": step.where, "facts": facts, "not_honoured": unmet, "passed_over": list(step.odd)}
