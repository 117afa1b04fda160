"""Specs of jobs as text and back.

The standard input of a command may be a password. It is never written: in the spec that comes back it is empty. The
command line is written, since a person looks for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..executor.away import WhenBack
from ..executor.spec import JobOptions, JobSpec, Work
from ..executor.works import WORKS
from ..model.data_class import dataclass
from ..model.target import TargetId
from .plain import from_plain, to_plain

Kinds = Mapping[str, type[Any]]
"""The dataclass of each kind of work."""

KINDS: Kinds = {kind.name: kind.type for kind in WORKS}


@dataclass(frozen=True, slots=True)
class OpaqueWork:
    """Work that this program cannot read: a newer program kept it. `fields` is its JSON, kept as it was."""

    kind: str
    title: str
    fields: str


def encode_spec(spec: JobSpec) -> str:
    """A spec as JSON, in ASCII. Of work whose fields cannot be kept, the kind and the title are."""
    return json.dumps(
        {
            "id": spec.id,
            "who": spec.who,
            "asked_at": spec.asked_at,
            "targets": [str(target) for target in spec.targets],
            "options": to_plain(spec.options),
            "when_back": to_plain(spec.when_back),
            "work": {"kind": spec.work.kind, "title": spec.work.title, "fields": _fields_of(spec.work)},
        }
    )


def decode_spec(text: str, kinds: Kinds = KINDS) -> JobSpec:
    """The spec that was written so, without the options that this program does not know. Raises ValueError."""
    try:
        found = json.loads(text)
        return JobSpec(
            targets=tuple(TargetId.parse(target) for target in found["targets"]),
            work=_work(found["work"], kinds),
            who=found["who"],
            asked_at=found["asked_at"],
            options=from_plain(JobOptions, found["options"]),
            id=found["id"],
            when_back=None if (back := found.get("when_back")) is None else from_plain(WhenBack, back),
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"is no job: {error!r}") from error


def _fields_of(work: Work) -> Any:
    if isinstance(work, OpaqueWork):
        return json.loads(work.fields)
    try:
        return to_plain(work)
    except TypeError:
        return None


def _work(found: Mapping[str, Any], kinds: Kinds) -> Work:
    kind = found["kind"]
    try:
        work: Work = from_plain(kinds[kind], found["fields"])
    except (KeyError, TypeError, ValueError):
        return OpaqueWork(kind, found["title"], json.dumps(found["fields"]))
    return work
