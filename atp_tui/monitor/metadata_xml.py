"""What a domain's XML says about it for people: title, description, operating system, tags. Pure.

libvirt writes these before everything else, so the beginning is enough: https://libvirt.org/formatdomain.html. What a
host sends need not be whole, nor XML at all: what was read until then counts. A document type, and with it any entity
of the host's own, ends the reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from itertools import islice
from sys import intern
from typing import Any, NoReturn
from urllib.parse import urlsplit
from xml.parsers import expat

from ..model.node import NO_METADATA, DomainMetadata

TAGS = "urn:atp-tui:tags"
"""The namespace of this program's tags: the words in elements of it, below the domain's `<metadata>`."""

LIBOSINFO = "http://libosinfo.org/xmlns/libvirt/domain/1.0"

MOST_READ = 1 << 16
"""Characters of the XML that are looked at. What stands before the devices has 1,000 where no description is long."""
MOST_SAID = 1_000
"""Characters of a title or a description that are kept."""
MOST_TAGS = 16
LONGEST_WORD = 64
"""Characters of a tag, and of the short name of an operating system, that are kept."""
MOST_KEPT = 16
"""Addresses of a domain that are kept."""
MOST_ADDRESSES = 256
"""Interfaces, and addresses of each, that are looked at."""


class _Enough(Exception):
    """What follows is of no concern."""


class _Reader:
    """Takes what expat finds. Names are `namespace name`, as expat writes them with a blank between."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._texts: dict[str, list[str]] = {"title": [], "description": []}
        self._words: list[str] = []
        self._os = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        depth = len(self._path)
        if depth == 1 and name == "devices":
            raise _Enough
        self._path.append(name)
        if depth == 3 and name == f"{LIBOSINFO} os" and self._path[1] == "metadata" and not self._os:
            self._os = _short_name(attributes.get("id", ""))

    def end(self, name: str) -> None:
        self._path.pop()
        self._words.append(" ")  # words of two elements are two

    def text(self, text: str) -> None:
        path = self._path
        if len(path) == 2 and path[1] in self._texts:
            self._texts[path[1]].append(text)
        elif len(path) > 2 and path[1] == "metadata" and path[2].startswith(f"{TAGS} "):
            self._words.append(text)

    def found(self) -> DomainMetadata:
        words = dict.fromkeys([word[:LONGEST_WORD] for word in "".join(self._words).replace(",", " ").split()])
        title, description = (" ".join("".join(texts).split())[:MOST_SAID] for texts in self._texts.values())
        # thousands of domains have a handful of these
        return DomainMetadata(title, description, intern(self._os), tags=tuple(map(intern, islice(words, MOST_TAGS))))


def read_metadata_xml(xml: str) -> DomainMetadata:
    """What stands in the XML of a domain; the address is not in it."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = reader.text, _refuse
    with suppress(_Enough, expat.ExpatError, ValueError):  # ValueError: a lone surrogate is no text
        parser.Parse(xml[:MOST_READ], False)
    found = reader.found()
    return NO_METADATA if found == NO_METADATA else found


def usable_addresses(answer: object) -> tuple[str, ...]:
    """What libvirt's interfaceAddresses gave, MOST_KEPT at most, IPv4 before IPv6. Those that lead nowhere from another
    machine do not count."""
    four: dict[str, None] = {}
    six: dict[str, None] = {}
    for each in _addresses(answer):
        try:
            address = ip_address(each)
        except ValueError:
            continue
        if address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast:
            continue
        (four if address.version == 4 else six)[str(address)] = None
    return (*four, *six)[:MOST_KEPT]


def _addresses(answer: object) -> list[str]:
    found: list[str] = []
    interfaces = answer.values() if isinstance(answer, dict) else ()
    for interface in islice(interfaces, MOST_ADDRESSES):
        listed: Any = interface.get("addrs") if isinstance(interface, dict) else None
        for each in listed[:MOST_ADDRESSES] if isinstance(listed, list) else ():
            address = each.get("addr") if isinstance(each, dict) else None
            if isinstance(address, str) and "%" not in address:  # behind it a zone may be called anything
                found.append(address)
    return found


def _short_name(id: str) -> str:
    """`debian12` of `http://debian.org/debian/12`: the path without its slashes is libosinfo's short name of nearly all
    of them."""
    try:
        path = urlsplit(id).path
    except ValueError:
        return ""
    return "".join(path.split("/"))[:LONGEST_WORD].strip()


def _refuse(*_: object) -> NoReturn:
    raise _Enough
