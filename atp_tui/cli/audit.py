"""`atp-tui audit`: what was done, and whether the record of it holds."""

from __future__ import annotations

from collections import deque
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..config.paths import state_dir
from ..executor.folding import fold_names
from ..executor.spec import JobOptions
from ..model.errors import ConfigError
from ..model.text import printed, safe
from ..storage.audit_file import AuditFile, Verified
from ..storage.chain import Kind
from .arguments import Arguments
from .output import Each, complain, emit, emit_json
from .tables import table

BROKEN = 1
"""The exit status where the record does not hold."""

_NAMED = 200
"""Targets that are folded for a line; of more their number is told."""

OPTIONS = frozenset({"sudo", *(field.name for field in fields(JobOptions))})
"""Arguments that are shown with their names: a line that has the words alone reads as it was typed."""

LIMITS = (
    "This shows that no record was changed, taken out or put in by a person who did not write all later ones anew.",
    'A person who may write these files can do that: keep the newest number and hash elsewhere (audit = "syslog").',
)


def audit(arguments: Arguments) -> int:
    """Show the last records, or hold all of them against each other; the exit status. Raises ConfigError."""
    file = AuditFile(state_dir())
    try:
        return _verify(arguments, file) if arguments.given == "verify" else _show(arguments, file)
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror or error}", file=Path(error.filename or file.path)
        ) from error


def _show(arguments: Arguments, file: AuditFile) -> int:
    found = deque(file.records(), arguments.number or None)
    if arguments.json:
        emit_json({"records": Each(dict, tuple(found))})
        return 0
    if not found:
        complain(f"nothing is recorded yet: {file.path}")
        return 0
    emit(table(("NUMBER", "WHEN", "WHO", "WHAT", "ON"), [_row(record) for record in found]))
    return 0


def _row(record: dict[str, Any]) -> tuple[object, ...]:
    by = record.get("by")
    return record.get("n"), record.get("at"), _who(by if isinstance(by, dict) else {}), *_what(record)


def _who(by: dict[str, Any]) -> str:
    name = f"{by['sudo_user']} as {by.get('user')}" if by.get("sudo_user") else str(by.get("user", "-"))
    return f"{name} from {by['address']}" if by.get("address") else name


def _what(record: dict[str, Any]) -> tuple[str, str]:
    kind, of = record.get("kind"), record.get("of")
    match kind:
        case Kind.ASKED | Kind.REFUSED:
            why = f": refused, {record.get('why')}" if kind == Kind.REFUSED else ""
            return f"{record.get('act')} {_arguments(record)}".rstrip() + why, _targets(record.get("targets"))
        case Kind.ENDED:
            why = f": {record['why']}" if record.get("why") else ""
            return f"{of} {record.get('outcome')}{why}", "-"
        case Kind.JOB_ENDED:
            counts = record.get("counts")
            told = (
                ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) if isinstance(counts, dict) else ""
            )
            gates = f"; its gate's command was run on {record['gate_runs']} hosts" if record.get("gate_runs") else ""
            return f"{of} ended: {told}{gates}", "-"
        case Kind.JOB_STEERED:
            job = f"the job of {of}" if of is not None else f"job {record.get('job')}"
            return f"{job}: {record.get('act')}", _targets(record.get("targets"))
        case Kind.BEGAN:
            return f"a file begins: {record.get('why')}", "-"
        case Kind.TORN:
            return f"{record.get('bytes')} bytes of a record before were cut short by a crash", "-"
        case Kind.GAP:
            return f"records were gone: the newest had been number {record.get('lost')}", "-"
    return str(kind), "-"


def _arguments(record: dict[str, Any]) -> str:
    found = record.get("arguments")
    shown = [f"{name}={value}" if name in OPTIONS else str(value) for name, value in _pairs(found)]
    masked = record.get("masked")
    hidden = [f"({name} not kept: it may hold a secret)" for name in masked] if isinstance(masked, list) else []
    agreed = [f"({record['agreed']}: nobody was asked)"] if record.get("agreed") else []
    return " ".join([*shown, *hidden, *agreed])


def _pairs(found: object) -> list[tuple[str, object]]:
    """The words of an act first, its options behind them."""
    return sorted(found.items(), key=lambda pair: pair[0] in OPTIONS) if isinstance(found, dict) else []


def _targets(targets: object) -> str:
    if not isinstance(targets, list) or not targets:
        return "-"
    names = [str(target) for target in targets]
    return fold_names(names) if len(names) <= _NAMED else f"{len(names)} hosts"


def _verify(arguments: Arguments, file: AuditFile) -> int:
    found = file.verify()
    if arguments.json:
        emit_json(_encoded(found))
    else:
        emit(printed([safe(line) for line in (*_told(found, file.path), *LIMITS)]))
    return 0 if found.holds else BROKEN


def _told(found: Verified, path: Path) -> list[str]:
    if found.head is None and found.holds:
        return [f"nothing is recorded yet: {path}"]
    lines = [f"{found.records} records hold, number {found.first} to {found.head.number}"] if found.head else []
    if found.first is not None and found.first > 1:
        lines.append(f"those before number {found.first} are not here: files of them are named audit-*.jsonl")
    if found.fault is not None:
        lines.append(f"{found.file}, line {found.fault.line}: {found.fault.why}")
    if found.beyond is not None:
        lines.append(f"{path} ends too early: {path.with_name('audit.head')} names number {found.beyond.number}")
    return [*lines, *([f"its hash is {found.head.hash}"] if found.head else [])]


def _encoded(found: Verified) -> dict[str, Any]:
    head, fault = found.head, found.fault
    return {
        "holds": found.holds,
        "records": found.records,
        "first": found.first,
        "last": None if head is None else head.number,
        "hash": None if head is None else head.hash,
        "file": None if found.file is None else str(found.file),
        "line": None if fault is None else fault.line,
        "why": fault.why if fault is not None else None if found.beyond is None else "it ends too early",
        "named": None if found.beyond is None else found.beyond.number,
    }
