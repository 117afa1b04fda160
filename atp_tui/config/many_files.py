"""A hosts.toml with the files that it includes, as they were read, and what edits make of all of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.quoting import quoted
from .carrying import carried_over
from .document import Document, edited, read
from .edits import Add, Change, Copy, Edit, EditOfFile, Move, Put, Remove, Table, Transfer
from .files import LARGEST
from .fleet import FleetConfig
from .includes import included_by
from .load import decode, parse, parse_again

_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class File:
    """One file. `data` None: it is not there. `name` is how it is shown and typed."""

    path: Path
    name: str
    data: bytes | None
    document: Document


@dataclass(frozen=True, slots=True)
class Files:
    """hosts.toml, then the files that it includes, and what they come to."""

    files: tuple[File, ...]
    config: FleetConfig


def bytes_of(path: Path) -> bytes | None:
    """All of a file that is edited; None where there is none. Raises ConfigError."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            hint = "name the file itself with --config"
            raise ConfigError("is no regular file, so its hosts cannot be edited", file=path, hint=hint)
        data = path.read_bytes()
    except FileNotFoundError:
        if path.is_symlink():
            hint = "remove the link, or make the file that it names"
            raise ConfigError("is a link to a file that is not there", file=path, hint=hint) from None
        return None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=path) from error
    if len(data) > LARGEST:
        raise ConfigError(f"has more than {LARGEST >> 20} MiB", file=path)
    return data


def read_files(path: Path, data: bytes | None) -> Files:
    """The files as they are; `data` are the bytes of the first. Raises ConfigErrors with all that is wrong."""
    found: dict[Path, bytes] = {}

    def text_of(included: Path) -> str:
        found[included] = bytes_of(included) or b""
        return decode(found[included], included)

    text = "" if data is None else decode(data, path)
    config = parse(text, path, read=text_of)
    included = (
        File(each.path, each.name, found[each.path], read(decode(found[each.path], each.path), each.path))
        for each in config.included
    )
    return Files((File(path, path.name, data, read(text, path)), *included), config)


def read_again(known: Files, data: bytes) -> Files | None:
    """As `read_files`, in a third of the time, where hosts of the first file are all that has changed since, and they
    are right; else None. `data` are the bytes of that file."""
    first, *included = known.files
    if first.data is None or not _included_are_now(known):
        return None
    try:
        document = read(decode(data, first.path), first.path)
    except ConfigError:
        return None
    before, now = first.document.tables, document.tables
    there = {str(host.get("id")): host for host in first.document.hosts}
    ids = [host.get("id") for file in included for host in file.document.hosts]
    ids += [host.get("id") for host in document.hosts]
    settings = (before.keys() | now.keys()) - {"hosts"}
    alone = all(isinstance(each, str) for each in ids) and len(set(ids)) == len(ids)
    if not alone or any(before.get(key) != now.get(key) for key in settings):
        return None
    touched = [str(host["id"]) for host in document.hosts if there.get(str(host["id"])) != host]
    config = parse_again(now, [each.document.tables for each in included], known.config, touched)
    return None if config is None else Files((replace(first, data=data, document=document), *included), config)


def is_now(known: Files, data: bytes | None) -> bool:
    """Whether nothing has changed since; `data` are the bytes of the first file now."""
    return known.files[0].data == data and _included_are_now(known)


def _included_are_now(known: Files) -> bool:
    first, *included = known.files
    now = included_by(known.config.include, first.path)
    return [each.path for each in now] == [each.path for each in included] and all(
        bytes_of(each.path) == each.data for each in included
    )


def files_after(before: Files, edits: Sequence[Edit]) -> tuple[Files, tuple[str, ...], tuple[int, ...]]:
    """The files after these edits, the hosts that were touched, and the order in which the files are to be written: one
    that takes a host before the one that loses it, so that a crash in between loses none.

    Raises ConfigError for an edit that is refused, as `document.edited` does.
    """
    shares, first = _shared(before, edits)
    files, touched = list(before.files), dict[str, None]()
    for number, share in enumerate(shares):
        if share:
            file = files[number]
            result = edited(file.document, share, file.path)
            touched.update(dict.fromkeys(result.touched))
            mark = _MARK if (file.data or b"").startswith(_MARK.encode()) else ""
            files[number] = replace(file, data=(mark + result.document.text).encode(), document=result.document)
    _require_one_each(before, files, touched)
    order = tuple(sorted(range(len(files)), key=lambda number: (number not in first, number)))
    return Files(tuple(files), _config(before, files, touched)), tuple(touched), order


def _config(before: Files, files: Sequence[File], touched: Iterable[str]) -> FleetConfig:
    first, *included = files
    config = parse_again(
        first.document.tables, [each.document.tables for each in included], before.config, frozenset(touched)
    )
    texts = {each.path: each.document.text for each in included}
    return parse(first.document.text, first.path, read=texts.__getitem__) if config is None else config


def _shared(before: Files, edits: Sequence[Edit]) -> tuple[list[list[EditOfFile]], set[int]]:
    """The edits of each file, and the files that take a host of another one."""
    places = {
        str(table.get("id")): (number, table)
        for number, file in enumerate(before.files)
        for table in file.document.hosts
    }
    home = {host: number for host, (number, _) in places.items()}
    shares: list[list[EditOfFile]] = [[] for _ in before.files]
    takes: set[int] = set()
    for edit in edits:
        match edit:
            case Add(values=values):
                number = home.get(edit.after, 0) if edit.after else _named(before, edit.file)
                home.update((str(value), number) for key, value in values if key == ("id",))
            case Transfer(host=host):
                to = _named(before, edit.file)
                number, table = _place(before, places, host)
                if to == number:
                    continue
                takes.add(to)
                shares[to].append(_carried(before.files[number], before.files[to], table))
                shares[number].append(Remove(host))
                continue
            case Move(host=host, other=other):
                number = home.get(host, 0)
                if host in home and other in home and home[other] != number:
                    raise ConfigError(
                        f"{quoted(other)} stands in another file, {before.files[home[other]].name}",
                        file=before.files[number].path, hint=f"move {quoted(host)} to that file first",
                    )  # fmt: skip
            case _:
                number = home.get(edit.host, 0)
                if isinstance(edit, Copy):
                    home[edit.new] = number
                elif isinstance(edit, Change):
                    home.update((str(value), number) for key, value in edit.values if key == ("id",))
        shares[number].append(edit)
    return shares, takes


def _named(before: Files, name: str) -> int:
    """The number of the file of that name; of hosts.toml itself where it is "". Raises ConfigError."""
    if not name:
        return 0
    for number, file in enumerate(before.files):
        if name == file.name or os.path.realpath(name) == os.path.realpath(file.path):
            return number
    names = [file.name for file in before.files]
    hint = f"there are {', '.join(names)}" if len(names) > 1 else 'it includes none: include = ["hosts.d/*.toml"]'
    raise ConfigError(f"{quoted(name)} is no file that it includes", file=before.files[0].path, hint=hint)


def _place(before: Files, places: dict[str, tuple[int, Table]], host: str) -> tuple[int, Table]:
    if host not in places:
        hint = "see atp-tui hosts list"
        raise ConfigError(f"there is no host {quoted(host)}", file=before.files[0].path, hint=hint)
    return places[host]


def _carried(source: File, target: File, table: Table) -> Put:
    """A host as it stands in one file, to be put into another one. Raises ConfigError."""
    number = next(number for number, each in enumerate(source.document.hosts) if each is table)
    try:
        return carried_over(table, number, source.document.layout, target.document.layout)
    except ConfigError as error:
        place = target if "in one line" in error.message else source
        raise ConfigError(error.message, file=place.path, hint=error.hint, host=str(table.get("id"))) from error


def _require_one_each(before: Files, files: Sequence[File], touched: Iterable[str]) -> None:
    """Raise ConfigError where a host that was touched stands in two files, with the one that has had it."""
    mine, seen = set(touched), set[str]()
    for host in (str(table.get("id")) for file in files for table in file.document.hosts):
        if host in mine and host in seen:
            had = [file for file in before.files if any(table.get("id") == host for table in file.document.hosts)]
            place = (*had, *before.files)[0].path
            hint = "choose another id"
            raise ConfigError(f"there is a host {quoted(host)} already", key="id", file=place, hint=hint)
        seen.add(host)
