"""Answers of a job as files: text, JSON or Markdown, each group once, or one file a host. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..executor.fold import Part
from ..model.data_class import dataclass
from ..model.file_names import host_file_name
from ..model.text import continued, every_line, safe
from .words import outcome_word, sentence

LONGEST_NAME = 240
"""Bytes of the name of a host's file: file systems take 255, and the one that takes its place has some more."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group with its hosts in order, and what they said."""

    part: Part
    hosts: tuple[str, ...]
    output: bytes

    @property
    def ended(self) -> str:
        """How they ended, in a word or two."""
        status = self.part.exit_status
        return outcome_word(self.part.outcome) if status is None else f"exit {status}"


def written(path: Path, title: str, groups: Iterable[Group]) -> Iterator[bytes]:
    """What is to stand in a file, piece by piece; its name says as what: .json, .md, else text."""
    match path.suffix.lower():
        case ".json":
            return _json(title, groups)
        case ".md" | ".markdown":
            return _markdown(title, groups)
    return _text(title, groups)


def file_name(host: str) -> str:
    """The name of a host's file."""
    return host_file_name(host, ".txt", LONGEST_NAME)


def _head(group: Group) -> str:
    joined = f", masked: {group.part.variants} answers" if group.part.variants > 1 else ""
    more = ", more was said than is kept" if group.part.cut else ""
    more += ", not all of it shown" if group.part.clipped else ""
    return safe(f"{group.part.label} ({group.part.count}{joined}): {group.ended}{more}")


def _error(group: Group) -> str:
    return "" if group.part.error is None else sentence(group.part.error)


def _text(title: str, groups: Iterable[Group]) -> Iterator[bytes]:
    yield f"{safe(title)}\n".encode()
    for group in groups:
        error = f"  {_error(group)}\n" if _error(group) else ""
        said = continued(safe("  "), every_line(group.output, safe("  "))) if group.output else continued()
        yield f"\n{_head(group)}\n{error}{said}{'' if said.endswith(chr(10)) or not said else chr(10)}".encode()


def _markdown(title: str, groups: Iterable[Group]) -> Iterator[bytes]:
    yield f"# {_unmarked(title)}\n".encode()
    for group in groups:
        said = every_line(group.output, safe(""))
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", said)), default=0))  # none in the output ends it
        error = f"\n{_unmarked(_error(group))}\n" if _error(group) else ""
        block = f"\n{fence}\n{said}\n{fence}\n" if said else ""
        yield f"\n## {_unmarked(_head(group))}\n{error}{block}".encode()


def _unmarked(text: str) -> str:
    """A line in which nothing means anything to Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", safe(text))


def _json(title: str, groups: Iterable[Group]) -> Iterator[bytes]:
    """ASCII alone: what a terminal would act on is written as an escape."""
    yield f'{{"command": {json.dumps(_valid(title))}, "groups": ['.encode()
    for number, group in enumerate(groups):
        part = group.part
        entry = {
            "hosts": list(group.hosts),
            "outcome": str(part.outcome),
            "exit_status": part.exit_status,
            "signal": part.signal,
            "error": _valid(_error(group)) or None,
            "masked_answers": part.variants if part.variants > 1 else None,
            "truncated": part.cut > 0 or part.clipped,
            "output": group.output.decode("utf-8", "replace"),
        }
        yield f"{',' if number else ''}\n{json.dumps(entry)}".encode()
    yield b"\n]}\n"


def _valid(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
