"""Answers of a job that was kept, joined in spite of what is masked: as text, and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..config.load import load
from ..config.paths import find_config
from ..engine.answers import names_alone
from ..executor.fold import Fold, Part
from ..executor.masked_fold import MaskedFold, Names, masked_parts
from ..executor.masking import Mask, own_names
from ..model.answers import AnswerSettings
from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.order import natural
from ..model.outcome import CommandResult
from ..model.target import TargetId
from ..model.text import Printed
from .encode import valid
from .gather import gathered_of
from .output import Each, complain
from .words import sentence


@dataclass(frozen=True, slots=True)
class _Joined:
    """The groups of results. A group that has joined nothing shows its output as it came."""

    masked: MaskedFold
    as_came: Fold

    def output(self, digest: bytes) -> bytes:
        found = self.masked.output(digest)
        return self.as_came.output(digest) if found is None else found


def masked_groups(results: Sequence[CommandResult], config: Path | None) -> Iterator[Printed]:
    """The groups as `run --gather --mask` prints them; `config` is the hosts.toml that was named."""
    joined = _join(results, config)
    return gathered_of(joined.masked.parts(), joined.output)


def masked_entries(results: Sequence[CommandResult], config: Path | None) -> Each:
    """The groups for "groups" of JSON."""
    joined = _join(results, config)
    return Each(lambda part: _entry(part, joined), joined.masked.parts())


def _join(results: Sequence[CommandResult], config: Path | None) -> _Joined:
    names, settings = _known(config)
    as_came = Fold()
    as_came.add(*results)
    return _Joined(masked_parts(results, Mask(settings.mask), names), as_came)


def _entry(part: Part, joined: _Joined) -> dict[str, Any]:
    return valid(
        {
            "hosts": sorted(map(str, joined.masked.members(part.group)), key=natural),
            "folded": part.label,
            "outcome": str(part.outcome),
            "exit_status": part.exit_status,
            "signal": part.signal,
            "error": None if part.error is None else sentence(part.error),
            "answers": part.variants,
            "output": joined.output(part.digest).decode("utf-8", "replace"),
            "truncated": part.cut > 0 or part.clipped,
        }
    )


def _known(config: Path | None) -> tuple[Names, AnswerSettings]:
    """The names that hosts may say of themselves, and a person's own patterns, as far as hosts.toml tells them now."""
    path = find_config(config)
    if path is None:
        return names_alone, AnswerSettings()
    try:
        found = load(path)
    except ConfigError as error:
        complain(f"warning: {error}; addresses of hosts and patterns of [answers] are not known, and not masked")
        return names_alone, AnswerSettings()
    addresses = {host.id: host.host for host in (*found.hosts, *found.disabled)}

    def names(target: TargetId) -> tuple[str, ...]:
        return own_names(*filter(None, (target.domain, target.host, addresses.get(target.host))))

    return names, found.answers
