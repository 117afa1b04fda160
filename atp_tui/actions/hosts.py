"""Hosts of hosts.toml added, changed, removed, and all that taken back: the running fleet follows what was written."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..model.errors import ActionFailed
from ..model.message import told
from ..model.quoting import redacted
from ..model.say import Say
from .action import Action, Argument, Context, Invocation, Subject
from .told_whole import told_whole

if TYPE_CHECKING:
    from ..config.edits import Edit
    from ..config.fleet import FleetConfig
    from ..config.hosts_file import Written
    from ..config.imports.offer import ImportAsked
    from ..config.pairs import Key, Plain
    from .action import HostsFile

    Pairs = tuple[tuple[Key, Plain], ...]
    PairsToTake = tuple[tuple[Key, Plain | None], ...]

_log = logging.getLogger(__name__)


async def edits_on(invocation: Invocation, file: HostsFile) -> tuple[Edit, ...]:
    """What an invocation of this family means for this file. Raises as `edits_of`, and for an unreadable source."""
    if invocation.action == "import":
        return await file.import_edits(import_asked(invocation), invocation.text("hosts").split())
    return edits_of(invocation, await file.known() if invocation.action == "enable-host" else None)


def import_asked(invocation: Invocation) -> ImportAsked:
    """The import that an invocation is about."""
    from ..config.imports.offer import ImportAsked

    given = invocation.text
    return ImportAsked(given("source"), given("where"), tuple(given("tags").split()), given("user"))


def edits_of(invocation: Invocation, config: FleetConfig | None = None) -> tuple[Edit, ...]:
    """What an invocation of this family, but for an import, means for the file. `config` is what the file says, which
    enable-host needs.

    Raises ActionFailed or ConfigError for words that mean nothing.
    """
    from ..config import edits

    hosts = invocation.hosts
    match invocation.action:
        case "add-host":
            return (edits.Add(_new(invocation), file=invocation.text("file")),)
        case "copy-host":
            return (edits.Copy(hosts[0], invocation.text("id"), _given(invocation)),)
        case "edit-host":
            values, seen = _pairs(invocation, "keys"), _pairs(invocation, "seen")
            if len(hosts) > 1 and any(key == ("id",) for key, _ in values):
                raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action="edit-host", why="an id is one host's"))
            return tuple(edits.Change(host, values, seen) for host in hosts)
        case "move-host":
            where = invocation.text("where")
            if where not in ("before", "after"):
                raise ActionFailed(
                    told(Say.CANNOT_BE_DONE_SO, action="move-host", why=f"{redacted(where)} is not before or after")
                )
            return (edits.Move(hosts[0], invocation.text("other"), where == "before"),)
        case "move-to-file":
            return tuple(edits.Transfer(host, invocation.text("file")) for host in hosts)
        case "remove-host":
            return tuple(map(edits.Remove, hosts))
        case "tag-host":
            add, remove = _tags(invocation)
            return tuple(edits.Tag(host, add, remove) for host in hosts)
        case "disable-host":
            return tuple(edits.enabled(host, False) for host in hosts)
        case _:
            return tuple(edits.enabled(host, True) for host in _disabled(invocation, config))


def _new(invocation: Invocation) -> Pairs:
    """The keys of a new host, in the order in which the example has them."""
    from ..config.hosts import HOST_KEYS

    asked = ((("id",), invocation.text("id")), (("host",), invocation.text("host")), *_given(invocation))
    return tuple(sorted(asked, key=lambda pair: HOST_KEYS.index(pair[0][0])))


def _given(invocation: Invocation) -> Pairs:
    from ..config.key_values import given

    return given(_pairs(invocation, "keys"))


def _pairs(invocation: Invocation, name: str) -> PairsToTake:
    from ..config.key_values import pairs_of

    return pairs_of(_words(invocation, name))


def _words(invocation: Invocation, name: str) -> list[str]:
    try:
        return shlex.split(invocation.text(name))
    except ValueError as error:
        why = f"{error}".lower()
        raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action=invocation.action, why=why)) from error


def _tags(invocation: Invocation) -> tuple[tuple[str, ...], tuple[str, ...]]:
    words = _words(invocation, "tags")
    for word in words:
        if word[:1] not in ("+", "-") or not word[1:]:
            tag = redacted(word.lstrip("+-")) or "tag"
            why = f"write +{tag} or -{tag}"
            raise ActionFailed(told(Say.CANNOT_BE_DONE_SO, action=invocation.action, why=why))
    return tuple(word[1:] for word in words if word[0] == "+"), tuple(word[1:] for word in words if word[0] == "-")


def _disabled(invocation: Invocation, config: FleetConfig | None) -> tuple[str, ...]:
    from ..executor.targets import Targets
    from ..monitor.file_facts import FileFacts

    if config is None:
        return ()
    hosts = (*config.disabled, *config.hosts)
    return Targets(hosts, FileFacts(hosts), sets=config.sets).resolve(invocation.text("hosts"))


def _what(invocation: Invocation, edits: Sequence[Edit]) -> str:
    """What is done, in a few words: of many hosts the first, and how many more."""
    first, *others = invocation.hosts or [_host_of(edit) for edit in edits] or [""]
    more = f" and {len(others)} more" if others else ""
    return f"{invocation.action} {first}{more}".rstrip()


def _host_of(edit: Edit) -> str:
    from ..config.edits import Add

    return str(dict(edit.values)["id",]) if isinstance(edit, Add) else edit.host


async def _edit(context: Context, invocation: Invocation) -> None:
    file = context.file
    with told_whole():
        edits = await edits_on(invocation, file)
        written = await file.edit(edits, _what(invocation, edits))
    await _followed(context, written)


async def _undo(context: Context, invocation: Invocation) -> None:
    with told_whole():
        written = await context.file.undo()
    await _followed(context, written)


async def _redo(context: Context, invocation: Invocation) -> None:
    with told_whole():
        written = await context.file.redo()
    await _followed(context, written)


async def _followed(context: Context, written: Written) -> None:
    if written.note:
        _log.warning("%s: %s", written.path, written.note)
    if context.follow is not None:
        await context.follow(written.config, written.touched)


_KEYS = "KEY=VALUE, such as ssh.port=2222 tags=prod,rack1 metadata.site=north"

ADD_HOST = Action(
    "add-host",
    "add host",
    "+",
    "write a new host: add-host kvm07 192.0.2.7 tags=prod",
    Subject.NOTHING,
    changes=True,
    run=_edit,
    arguments=(
        Argument("id", "the id of the new host"),
        Argument("host", "its name or address"),
        Argument("keys", _KEYS, required=False, rest=True),
        Argument("file", "the included file that it goes into, and not hosts.toml itself", required=False),
    ),
    prompts=True,
)
COPY_HOST = Action(
    "copy-host",
    "copy host",
    "d",
    "write it once more: copy-host kvm08 host=192.0.2.8",
    Subject.HOSTS,
    changes=True,
    run=_edit,
    of_file=True,
    arguments=(Argument("id", "the id of the copy"), Argument("keys", _KEYS, required=False, rest=True)),
    single=True,
    prompts=True,
)
EDIT_HOST = Action(
    "edit-host",
    "edit host",
    "e",
    "change its keys: edit-host ssh.port=2222 uri=",
    Subject.HOSTS,
    changes=True,
    run=_edit,
    of_file=True,
    lets_go=True,
    arguments=(
        Argument("keys", _KEYS, rest=True),
        Argument("seen", "the values that were seen before, as KEY=VALUE", required=False),
    ),
    prompts=True,
)
MOVE_HOST = Action(
    "move-host",
    "move host",
    None,
    "put it elsewhere in hosts.toml: move-host after kvm02",
    Subject.HOSTS,
    changes=True,
    run=_edit,
    of_file=True,
    arguments=(Argument("where", "before or after"), Argument("other", "the id of another host")),
    single=True,
)
MOVE_TO_FILE = Action(
    "move-to-file",
    "move to file",
    None,
    "put it into another file that hosts.toml includes: move-to-file hosts.d/rack1.toml",
    Subject.HOSTS,
    changes=True,
    run=_edit,
    of_file=True,
    arguments=(Argument("file", "the name of a file that hosts.toml includes, or its own", rest=True),),
)
REMOVE_HOST = Action(
    "remove-host",
    "remove host",
    "D",
    "take it out of hosts.toml",
    Subject.HOSTS,
    changes=True,
    run=_edit,
    of_file=True,
    lets_go=True,
    prompts=True,
)
TAG_HOST = Action(
    "tag-host",
    "tag host",
    "T",
    "give it tags, take some away: tag-host +new -old",
    Subject.HOSTS,
    changes=True,
    run=_edit,
    of_file=True,
    arguments=(Argument("tags", "tags, such as +new -old", rest=True),),
    prompts=True,
)
DISABLE_HOST = Action(
    "disable-host",
    "disable host",
    "X",
    "keep it in hosts.toml, and contact it no more",
    Subject.HOSTS,
    changes=True,
    run=_edit,
    of_file=True,
    lets_go=True,
)
ENABLE_HOST = Action(
    "enable-host",
    "enable host",
    "E",
    "watch what was disabled again: enable-host kvm07",
    Subject.NOTHING,
    changes=True,
    run=_edit,
    arguments=(Argument("hosts", "the hosts: ids, kvm[01-04], @tag, a set", rest=True),),
    prompts=True,
)
IMPORT = Action(
    "import",
    "import hosts",
    "I",
    "take hosts over: import ansible inv.yml, import list kvm[01-40]",
    Subject.NOTHING,
    changes=True,
    run=_edit,
    arguments=(
        Argument("source", "where they come from: ssh-config, libvirt, ansible, clustershell, csv, list, known-hosts"),
        Argument("where", "the file, or the names of a list", required=False, rest=True),
        Argument("hosts", "the ids of the hosts that are wanted", required=False),
        Argument("tags", "tags for all", required=False),
        Argument("user", "the SSH user of all", required=False),
    ),
    prompts=True,
)
UNDO = Action(
    "undo",
    "undo",
    "z",
    "take the last change of hosts.toml back",
    Subject.NOTHING,
    changes=True,
    run=_undo,
    lets_go=True,
)
REDO = Action(
    "redo",
    "redo",
    "Z",
    "do again what was undone in hosts.toml",
    Subject.NOTHING,
    changes=True,
    run=_redo,
    lets_go=True,
)

HOSTS_FILE = (
    ADD_HOST,
    EDIT_HOST,
    COPY_HOST,
    TAG_HOST,
    ENABLE_HOST,
    DISABLE_HOST,
    MOVE_HOST,
    MOVE_TO_FILE,
    REMOVE_HOST,
    IMPORT,
    UNDO,
    REDO,
)
