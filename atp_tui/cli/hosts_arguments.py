"""The words of `atp-tui hosts …`: what hosts.toml says, and how its hosts are edited."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from .hosts_import import add_import
from .target_arguments import add_targets, targets_of

_MARK = "\0"
"""Stands before a word that begins with - and is no option. No argument of a process can hold it."""

_SET = "kvm[01-18], @tag, a set, @all, site:north, with , & ! ^; hosts that are disabled count too"
_KEYS = "keys of hosts.toml: host=192.0.2.7 tags=prod,rack1 ssh.port=2222 metadata.site=north; KEY= takes one away"

_ID = ("id", "ID", "the id of the new host")


def add_hosts(
    hosts: argparse.ArgumentParser, shared: argparse.ArgumentParser, as_json: argparse.ArgumentParser
) -> None:
    """Give `hosts` its verbs. `shared` has the options of all verbs, `as_json` --json."""
    added = hosts.add_subparsers(dest="hosts_verb", required=True, metavar="VERB", title="verbs")
    dry = argparse.ArgumentParser(add_help=False)
    dry.add_argument("--dry-run", action="store_true", help="show how the file would differ, and write nothing")

    def verb(name: str, what: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        return added.add_parser(
            name, help=what, description=what, parents=[shared, as_json, *parents], allow_abbrev=False
        )

    listing = verb("list", "list the hosts")
    add_targets(listing, _SET, "SET")
    _add(verb("add", "write a new host", dry))
    edit = verb("edit", "change keys of hosts", dry)
    _words(edit, ("set", "SET", _SET), ("+keys", "KEY=VALUE", _KEYS))
    copy = verb("copy", "write a host once more", dry)
    _words(copy, ("set", "HOST", "the host that is copied"), _ID, ("*keys", "KEY=VALUE", _KEYS))
    tag = verb("tag", "give hosts tags, and take some away", dry)
    _words(tag, ("set", "SET", _SET), ("+keys", "+TAG|-TAG", "tags to give and to take away"))
    for name, what in (("enable", "watch hosts again"), ("disable", "keep hosts in the file, and leave them alone")):
        _words(verb(name, what, dry), ("set", "SET", _SET))
    move = verb("move", "put a host elsewhere in its file, or hosts into another file", dry)
    where = ("+keys", "PLACE", "before OTHER, after OTHER, or the name of a file that hosts.toml includes")
    _words(move, ("set", "SET", "the host that moves, or the hosts that go into another file"), where)
    remove = verb("remove", "take hosts out of the file", dry)
    _words(remove, ("set", "SET", _SET))
    remove.add_argument("--yes", action="store_true", help="do not ask where there are more than 3")
    add_import(added, shared, as_json)
    verb("undo", "take the last edit back", dry)
    verb("redo", "do again what was undone", dry)
    check = verb("check", "say what is wrong with the file")
    check.add_argument("set", nargs="?", metavar="SET", help=_SET)
    check.add_argument(
        "--connect", action="store_true", help="connect to the hosts, and say why where it does not work"
    )


def _add(add: argparse.ArgumentParser) -> None:
    _words(add, _ID, ("host", "HOST", "its name or address"), ("*keys", "KEY=VALUE", _KEYS))
    add.add_argument("--uri", metavar="U", help="its connection URI; false: SSH alone")
    add.add_argument("--tag", action="append", metavar="T", help="a group that it belongs to; may be given again")
    add.add_argument("--user", metavar="U", help="the user to log in as over SSH")
    add.add_argument("--port", metavar="N", help="the port of its sshd")
    add.add_argument(
        "--file", dest="into", metavar="FILE", help="the file that it goes into, of those that hosts.toml includes"
    )


def _words(parser: argparse.ArgumentParser, *words: tuple[str, str, str]) -> None:
    for name, shown, what in words:
        many = name[0] if name[0] in "*+" else None
        parser.add_argument(name.lstrip("*+"), nargs=many, metavar=shown, help=what)


def shielded(words: list[str], verb: int, first: Callable[[list[str]], int]) -> list[str]:
    """The words so that argparse takes no tag that is to go (`-old`) for an option, nor what stands behind `--`.

    `verb` is the place of the program's verb, `first` finds that of the verb of `hosts` among the words behind it.
    """
    rest = words[verb + 1 :]
    of_tags = rest[first(rest) :][:1] == ["tag"]
    kept: list[str] = []
    for number, word in enumerate(rest):
        if word == "--":
            return [*words[: verb + 1], *kept, *(_MARK + each for each in rest[number + 1 :])]
        is_tag = of_tags and word.startswith("-") and word[1:2] != "-" and word not in ("-", "-h", "-v")
        kept.append(_MARK + word if is_tag else word)
    return [*words[: verb + 1], *kept]


def taken_in(found: argparse.Namespace, unknown: list[str]) -> list[str]:
    """What is left of unknown words: those behind an option belong to those before it, where a verb takes many."""
    if "keys" not in vars(found):
        return unknown
    found.keys = [*(found.keys or []), *(word for word in unknown if not word.startswith("-"))]
    return [word for word in unknown if word.startswith("-")]


def hosts_values(found: argparse.Namespace) -> dict[str, Any]:
    """The fields of Arguments that the words of `hosts` come to: all words in their order, and options as KEY=VALUE."""
    given = vars(found)
    options = (("uri", "uri"), ("user", "ssh.user"), ("port", "ssh.port"))
    words = [given[name] for name in ("set", "id", "host") if given.get(name) is not None]
    words += given.get("keys") or []
    words += [f"{key}={given[name]}" for name, key in options if given.get(name) is not None]
    if given.get("tag"):
        words.append(f"tags={','.join(given['tag'])}")
    return {
        "hosts_words": tuple(word.removeprefix(_MARK) for word in words),
        **(targets_of(found) if found.hosts_verb == "list" else {"targets": tuple(given.get("targets") or ())}),
        "into": given.get("into") or "",
    }
