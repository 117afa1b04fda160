"""Hosts of libvirt.conf: its `uri_aliases`, by which virsh -c and virt-manager know connections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...model.errors import ConfigError
from ...model.uri import parse_uri
from .found import Given, Imported
from .gathering import Gathering

LOCAL = "localhost"
"""The host of a URI that names none."""

_TOKEN = re.compile(
    r'(?P<blank>[ \t\r\n]+|\#[^\n]*)|(?P<text>"""[\s\S]*?"""|"[^"\n]*"|\'[^\'\n]*\')'
    r"|(?P<word>[A-Za-z0-9_./-]+)|(?P<sign>[=\[\],;])|(?P<odd>.)"
)


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def read(texts: Iterable[Given]) -> Imported:
    """The hosts of uri_aliases, each with its alias as id and its URI.

    An alias in an earlier file hides that of a later one, as the user's own libvirt.conf hides the system's. Raises
    ConfigError for a list that is not closed.
    """
    gathering = Gathering()
    seen: set[str] = set()
    for given in texts:
        mine: set[str] = set()
        for token in _aliases(given):
            alias, equals, uri = (part.strip() for part in token.text.partition("="))
            if not equals:
                hint = 'write "alias=qemu+ssh://root@host/system"'
                gathering.leave_out(alias, "is no alias", given, token.line, hint)
            elif alias in seen or alias in mine:
                gathering.leave_out(alias, "stands there a second time", given, token.line)
            else:
                mine.add(alias)
                _take(alias, uri, given, token.line, gathering)
        seen |= mine
    return gathering.imported()


def _take(alias: str, uri: str, given: Given, line: int, gathering: Gathering) -> None:
    try:
        host = parse_uri(uri).host or LOCAL
    except ConfigError as error:
        gathering.wrong(alias, error, given, line)
        return
    entry = gathering.entry(alias, given, line)
    entry.host, entry.uri = host, uri


def _aliases(given: Given) -> Iterator[_Token]:
    """The elements of `uri_aliases = […]`."""
    tokens = _tokens(given.text)
    for token in tokens:
        if token.text != "uri_aliases" or token.kind != "word":
            continue
        equals, begin = next(tokens, None), next(tokens, None)
        if equals is None or begin is None or (equals.text, begin.text) != ("=", "["):
            raise _wrong("is no list", given, token)
        for each in tokens:
            if each.text == "]" and each.kind == "sign":
                break
            if each.kind == "text":
                yield each._replace(text=each.text.strip("\"'"))
            elif each.text != ",":
                raise _wrong("has something else than texts in quotes in it", given, each)
        else:
            raise _wrong("is not closed", given, token)


def _wrong(what: str, given: Given, token: _Token) -> ConfigError:
    hint = 'write uri_aliases = [ "alias=qemu+ssh://root@host/system", … ]'
    return ConfigError(f"uri_aliases {what}", file=given.file, line=token.line, hint=hint)


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "odd"
        if kind != "blank":
            yield _Token(kind, found[0], line)
        line += found[0].count("\n")
