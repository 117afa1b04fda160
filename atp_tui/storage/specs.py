"""Specs of jobs as text and back.

The standard input of a command may be a password. It is never written: in the spec that comes back it is empty. The
command line is written, since a person looks for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..executor.spec import CommandWork, JobOptions, JobSpec, Work
from ..model.outcome import Command
from ..model.target import TargetId


@dataclass(frozen=True, slots=True)
class OpaqueWork:
    """Work of a kind that this program does not know: a newer program kept it. `fields` is its JSON, kept as it was."""

    kind: str
    title: str
    fields: str = "{}"


@dataclass(frozen=True, slots=True)
class _Codec:
    """How work of a kind becomes plain data and comes back."""

    encode: Callable[[Any], dict[str, Any]]
    decode: Callable[[Mapping[str, Any]], Work]


_CODECS: Mapping[str, _Codec] = {
    "command": _Codec(
        encode=lambda work: {"line": work.command.line},
        decode=lambda found: CommandWork(Command(found["line"])),
    ),
}


def encode_spec(spec: JobSpec) -> str:
    """A spec as JSON, in ASCII. Work of a kind without a codec keeps its kind and title alone."""
    return json.dumps(
        {
            "id": spec.id,
            "who": spec.who,
            "asked_at": spec.asked_at,
            "targets": [str(target) for target in spec.targets],
            "options": asdict(spec.options),
            "work": {"kind": spec.work.kind, "title": spec.work.title, "fields": _fields_of(spec.work)},
        }
    )


def decode_spec(text: str) -> JobSpec:
    """The spec that was written so, without the options that this program does not know. Raises ValueError."""
    try:
        found = json.loads(text)
        known = {field.name for field in fields(JobOptions)}
        return JobSpec(
            targets=tuple(TargetId.parse(target) for target in found["targets"]),
            work=_work(found["work"]),
            who=found["who"],
            asked_at=found["asked_at"],
            options=JobOptions(**{name: value for name, value in found["options"].items() if name in known}),
            id=found["id"],
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"is no job: {error!r}") from error


def _fields_of(work: Work) -> dict[str, Any]:
    if isinstance(work, OpaqueWork):
        fields: dict[str, Any] = json.loads(work.fields)
        return fields
    codec = _CODECS.get(work.kind)
    return {} if codec is None else codec.encode(work)


def _work(found: Mapping[str, Any]) -> Work:
    codec = _CODECS.get(found["kind"])
    if codec is None:
        return OpaqueWork(found["kind"], found["title"], json.dumps(found["fields"]))
    return codec.decode(found["fields"])
