"""The words of `atp-tui hosts import`: its parser, and what it was told. Light: --help loads what stands here."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..model.data_class import dataclass

VERB = "import"

SOURCES = ("ssh-config", "libvirt", "ansible", "clustershell", "csv", "list", "known-hosts")
"""The names in the table of config/imports/sources, which is not loaded for --help. A test holds both together."""

_ABOUT = """Add the hosts of another program's file to hosts.toml. What it would do is shown, with the file's
difference, and asked for at a terminal. Nothing is contacted, and nothing is run. Hosts that are in hosts.toml
already are left as they are, but with --update; what differs is told."""

_EXAMPLES = """sources, with the files that are read where none is named:
  ssh-config    Host lines of ~/.ssh/config, names without wildcards
  libvirt       uri_aliases of ~/.config/libvirt/libvirt.conf and /etc/libvirt/libvirt.conf
  ansible       an inventory, INI or YAML (/etc/ansible/hosts); groups become tags
  clustershell  groups.d of ~/.config/clustershell and /etc/clustershell; groups become tags
  csv           a table with a line of heads: id, host, uri, tags, user, port; others become metadata (standard input)
  list          names and node sets such as kvm[01-40].example.org (standard input)
  known-hosts   the plain names of ~/.ssh/known_hosts

exit status: 0 imported, or nothing to do; 1 it was answered no; 2 usage, or a file that cannot be read."""


@dataclass(frozen=True, slots=True)
class ImportWords:
    """What `hosts import` was told. `file` None: the source's own files; `Path("-")`: standard input."""

    source: str
    file: Path | None = None
    tags: tuple[str, ...] = ()
    user: str | None = None
    update: bool = False
    dry_run: bool = False
    yes: bool = False


def add_import(listing: Any, *parents: argparse.ArgumentParser) -> None:
    """Add the verb to those of `hosts`. `listing` is what add_subparsers() gives, for which argparse has no type."""
    parser = listing.add_parser(
        VERB,
        help="add the hosts of another program's file",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=list(parents),
        allow_abbrev=False,
    )
    parser.add_argument("source", choices=SOURCES, metavar="SOURCE", help=", ".join(SOURCES))
    parser.add_argument("file", nargs="?", type=_file, metavar="FILE", help="the file to read, - for standard input")
    parser.add_argument("--tag", dest="tags", action="append", metavar="T", help="a tag for all; several add up")
    parser.add_argument("--user", metavar="U", help="the SSH user of all")
    parser.add_argument(
        "-w", dest="targets", action="append", default=[], metavar="SET", help="only these of the source, as for run"
    )
    parser.add_argument(
        "--update", action="store_true", help="also change hosts of which the source says something else"
    )
    parser.add_argument("--dry-run", action="store_true", help="only show what it would do")
    parser.add_argument("--yes", action="store_true", help="ask nothing")


def words_of(found: argparse.Namespace) -> ImportWords | None:
    """What was told of an import; None where none was asked for."""
    values = vars(found)
    if values.get("verb") != "hosts" or values.get("hosts_verb") != VERB:
        return None
    return ImportWords(
        found.source, found.file, tuple(found.tags or ()), found.user, found.update, found.dry_run, found.yes
    )


def _file(text: str) -> Path:
    if not text:  # a variable that is not set; Path would take it for the working directory
        raise argparse.ArgumentTypeError("no file is named")
    return Path(text)
