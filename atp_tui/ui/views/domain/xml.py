"""XML as coloured lines. Pure. It is not parsed: what a host sends need not be whole, nor XML at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ...text import cut, safe
from ...widgets.lines import Piece, Spans, drawn

_TOKEN = re.compile(
    r"""
    (?P<comment><!--.*?(?:-->|$))
  | (?P<open></?|<\?)(?P<name>[^\s/>]*)
  | (?P<close>/?>|\?>)
  | (?P<value>"[^"]*"?|'[^']*'?)
  | (?P<attribute>[\w:.-]+)(?==)
  | (?P<other>[^<>"'\w/?]+|[\w:.-]+|.)
    """,
    re.VERBOSE,
)


class XmlLine(NamedTuple):
    """One line. `inside` is what it begins in: "" for text, "tag" or "comment"."""

    key: str
    text: str
    inside: str


def xml_lines(xml: str) -> Sequence[XmlLine]:
    """The lines of a text, each with what it begins in."""
    found: list[XmlLine] = []
    inside = ""
    for number, text in enumerate(xml.expandtabs(2).splitlines()):
        found.append(XmlLine(str(number), text, inside))
        inside = _after(text, inside)
    return found


def draw_xml(line: XmlLine, width: int) -> Spans:
    """One line: names of elements, names of attributes and their values, comments."""
    text = cut(safe(line.text), max(0, width - 1))
    pieces: list[Piece] = [(" ", "text")]
    in_tag = line.inside == "tag"
    if line.inside == "comment":
        end = text.find("-->")
        end = len(text) if end < 0 else end + 3
        pieces.append((text[:end], "dim"))
        text = safe(text[end:])
    for token in _TOKEN.finditer(text):
        kind, word = token.lastgroup, token[0]
        if kind == "comment":
            pieces.append((word, "dim"))
        elif kind == "name":
            in_tag = True
            pieces += [(token["open"], "dim"), (token["name"], "title")]
        elif kind == "close" and in_tag:
            in_tag = False
            pieces.append((word, "dim"))
        elif kind == "value" and in_tag:
            pieces.append((word, "chart"))
        else:
            pieces.append((word, "text" if kind == "attribute" or in_tag else "strong"))
    return drawn(*pieces)


def _after(text: str, inside: str) -> str:
    """What the line after this one begins in."""
    if inside == "comment" and "-->" not in text:
        return inside
    last = text.rfind("<!--")
    if last >= 0 and text.find("-->", last) < 0:
        return "comment"
    opened, closed = text.rfind("<"), text.rfind(">")
    if opened > closed:
        return "tag"
    return "tag" if inside == "tag" and closed < 0 else ""
