"""Files of hosts in odd layouts, as people write them, put together of pieces whose owner is known."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from atp_tui.config.edits import Add, Change, Copy, EditOfFile, Move, Remove, Tag
from atp_tui.config.pairs import Key, Plain

Piece = tuple[str | None, str]
"""The id of the host that some lines belong to (None: nobody's), and these lines, without the blank ones around."""


@dataclass(frozen=True)
class HostsFile:
    """A file, with its pieces in their order."""

    text: str
    pieces: tuple[Piece, ...]
    ids: tuple[str, ...]

    def around(self, host: str) -> tuple[str, str]:
        """The text before the first line of a host and behind its last one."""
        at, begin, end = 0, -1, -1
        for owner, lines in self.pieces:
            at = self.text.index(lines, at)
            if owner == host:
                begin, end = at if begin < 0 else begin, at + len(lines)
            at += len(lines)
        return self.text[:begin], self.text[end:]


STRANGE = [
    '"""\n[[hosts]]\n# no comment\nid = "no"\n"""',
    "'''\n[hosts.ssh]\n'''",
    '"a # b"',
    "'C:\\\\x'",
    '"\\u00e9 [[hosts]]"',
]
MORE = [
    "", ", ssh.user = 'x'", ", tags = ['prod', \"lab\"]", ', metadata = {site = "[{,"}', ", ssh = false",
    ", tags = [ # all\n    'prod', # one\n    'lab'\n  ]",
]  # fmt: skip
ids = st.integers(0, 6).map("kvm{:02}".format)
strange = st.sampled_from(STRANGE)
tags = st.lists(st.sampled_from(["prod", "rack1", "lab", "x/y"]), max_size=3, unique=True)


@st.composite
def _tags(draw: st.DrawFn) -> str:
    names = draw(tags)
    quote = draw(st.sampled_from(['"', "'"]))
    if draw(st.booleans()):
        return (
            "tags = [" + ", ".join(f"{quote}{name}{quote}" for name in names) + draw(st.sampled_from(["]", " ] # why"]))
        )
    comma = "," if draw(st.booleans()) else ""
    lines = [f"  {quote}{name}{quote},  # for {name}" for name in names]
    if lines and not comma:
        lines[-1] = f"  {quote}{names[-1]}{quote}"
    return "\n".join(["tags = [ # all", "  # above", *lines, "]"])


@st.composite
def _tables(draw: st.DrawFn, indent: str) -> tuple[list[str], list[str]]:
    """The lines of a host's further keys: those among its own, and those below headers of their own."""
    own, below = [], []
    match draw(st.sampled_from(["none", "dotted", "inline", "table", "false", "empty"])):
        case "dotted":
            own += ['ssh.user = "root" # who', "ssh . port=22"]
        case "inline":
            own.append('ssh = { user = "root", port = 22 }')
        case "table":
            below += ["# of ssh", f"{indent}[hosts.ssh] # here", 'user = "root"', "# port = 23", "port = 22"]
        case "false":
            own.append("ssh = false")
        case "empty":
            own.append("ssh = {}")
        case _:
            pass
    match draw(st.sampled_from(["none", "dotted", "inline", "table"])):
        case "dotted":
            own.append(f"metadata.site = {draw(strange)}")
        case "inline":
            own.append("metadata={site='north', \"a b\" = 'x'}")
        case "table":
            below += ["", "[ hosts . metadata ]", f"site = {draw(strange)}"]
        case _:
            pass
    match draw(st.sampled_from(["none", "dotted", "table", "both"])):
        case "dotted":
            own += ["transport.call_timeout = 5", "transport.pool.idle_timeout = 60.0"]
        case "table":
            below += ["[hosts.transport.pool]", "idle_timeout = 60.0"]
        case "both":
            below += ["[hosts.transport]", "call_timeout = 5", "", "[hosts.transport.pool]", "idle_timeout = 60.0"]
        case _:
            pass
    return own, below


@st.composite
def _host(draw: st.DrawFn, name: str, foreign: list[str]) -> list[Piece]:
    """The pieces of one host below a header of its own; another table may stand in between."""
    indent = draw(st.sampled_from(["", "", "  ", "\t"]))
    own, below = draw(_tables(indent))
    keys = [f'id = "{name}" # its name', f"host='192.0.2.{name[-1]}'", *own]
    if draw(st.booleans()):
        keys.append(draw(_tags()))
    order: list[str] = draw(st.permutations(keys))
    keys = [indent + key for key in order]
    if draw(st.booleans()):
        keys.insert(draw(st.integers(0, len(keys))), f"{indent}# inside {name}")
    header = draw(st.sampled_from(["[[hosts]]", "[[hosts]] # x", '[[ "hosts" ]]', " [[hosts]]"]))
    above = [f"# about {name}", "# uri = 'x'"][: draw(st.integers(0, 2))]
    between: bool = draw(st.booleans())
    if foreign and below and between:
        return [(name, "\n".join([*above, header, *keys])), (None, foreign.pop()), (name, "\n".join(below).strip("\n"))]
    return [(name, "\n".join([*above, header, *keys, *below]))]


def _is_comment(piece: Piece) -> bool:
    """Whether it is a block of comments that would be another's without a blank line beside it."""
    return piece[0] is None and all(line.lstrip().startswith("#") for line in piece[1].split("\n"))


@st.composite
def tables(draw: st.DrawFn) -> HostsFile:
    """A file whose hosts have headers, with other tables and comments between them."""
    names = draw(st.lists(ids, min_size=1, max_size=5, unique=True))
    foreign = ["[tags.prod.ssh]\nport = 2222 # all of them", "# the screen\n[ui]\nrefresh = 2.0", "[ssh]\nuser = 'bob'"]
    pieces: list[Piece] = []
    if draw(st.booleans()):
        pieces.append((None, foreign.pop()))
    for number, name in enumerate(names):
        if draw(st.booleans()):
            pieces.append((None, f"# parted {number}\n# [[hosts]]"))
        pieces += draw(_host(name, foreign))
    if draw(st.booleans()):
        pieces.append((None, "# the end"))
    text = draw(st.sampled_from(["", "\n", "# top\n\n"]))
    for number, (owner, lines) in enumerate(pieces):
        if number:
            before = pieces[number - 1]
            line = draw(st.sampled_from(["\n", "\n", " \t\n"]))
            parted = any(map(_is_comment, (before, (owner, lines)))) or _is_comment((None, before[1].split("\n")[-1]))
            text += "\n" + line * draw(st.integers(1 if parted else 0, 2))
        text += lines
    text += draw(st.sampled_from(["", "\n", "\n\n", "\n# last"])) if pieces[-1][1] == "# the end" else "\n"
    if draw(st.booleans()):
        text = text.rstrip("\n")
    return _ended(draw, text, pieces, names)


@st.composite
def arrays(draw: st.DrawFn) -> HostsFile:
    """A file whose hosts are the elements of one array."""
    names = draw(st.lists(ids, min_size=1, max_size=5, unique=True))
    pieces: list[Piece] = []
    for name in names:
        more = draw(st.sampled_from(MORE))
        pieces.append((name, f"{{ id = '{name}', host = \"h\"{more} }}"))
    layout: str = draw(st.sampled_from(["one line", "a line each", "some lines"]))
    if layout == "one line":
        inside = ", ".join(lines for _, lines in pieces)
        text: str = f"hosts = [{inside}]"
    elif layout == "some lines":
        text = "hosts = ["
        for number, (_, element) in enumerate(pieces):
            text += draw(st.sampled_from([" ", "\n  ", "\n\n"])) + element + ("," if number + 1 < len(pieces) else "")
        text += draw(st.sampled_from(["]", "\n]", ",\n]", " ,]"]))
    else:
        last = draw(st.sampled_from(["", ","]))
        lines = [f"  # above {name}\n  {element}," for name, element in pieces]
        lines[-1] = lines[-1].removesuffix(",") + last
        lines = [line + draw(st.sampled_from(["", " # why"])) for line in lines]
        text = "hosts = [ # all of them\n" + "\n".join(lines) + "\n  # none below\n]"
    text = draw(st.sampled_from(["", "# top\n"])) + text + draw(st.sampled_from(["", "\n", "\n[ui]\nrefresh = 2.0\n"]))
    return _ended(draw, text, pieces, names)


def _ended(draw: st.DrawFn, text: str, pieces: list[Piece], names: list[str]) -> HostsFile:
    if draw(st.booleans()):
        text, pieces = text.replace("\n", "\r\n"), [(owner, lines.replace("\n", "\r\n")) for owner, lines in pieces]
    mark = draw(st.sampled_from(["", "", "\ufeff"]))
    return HostsFile(mark + text, tuple(pieces), tuple(names))


CHANGES: list[tuple[Key, Plain | None]] = [
        (("host",), "h.example.org"), (("uri",), False), (("uri",), "test:///default"), (("uri",), None),
        (("tags",), ("a", "b")), (("tags",), None), (("metadata", "site"), 'no"rth\n\\'), (("metadata", "site"), None),
        (("metadata", "a.b c"), "d"), (("metadata",), None), (("ssh",), None), (("ssh",), False),
        (("ssh", "user"), "alice"), (("ssh", "user"), None), (("ssh", "port"), 2200), (("ssh", "port"), None),
        (("ssh", "identity_files"), ("~/a", "~/b")), (("transport", "call_timeout"), 7.5),
        (("transport", "connect_timeout"), 9.0), (("transport", "pool", "idle_timeout"), None),
        (("transport", "pool", "max_connections_per_host"), 3), (("transport", "reconnect", "max_attempts"), 0),
        (("transport",), None), (("transport", "pool"), None), (("enabled",), False), (("enabled",), None),
]  # fmt: skip
values = st.sampled_from(CHANGES)


@st.composite
def edits(draw: st.DrawFn, names: tuple[str, ...]) -> EditOfFile:
    """Something that can be done to a file with these hosts."""
    host, other = draw(st.sampled_from(names)), draw(st.sampled_from(names))
    kind = draw(st.sampled_from(["change", "change", "tag", "add", "copy", "remove", "move", "rename"]))
    match kind:
        case "tag":
            return Tag(host, tuple(draw(tags)), tuple(draw(tags)))
        case "add":
            keys = (
                (("id",), "new"),
                (("host",), "n"),
                (("tags",), ("a",)),
                (("ssh", "user"), "u"),
                (("ssh", "port"), 2),
            )
            return Add(keys[: draw(st.integers(2, 5))], draw(st.sampled_from([None, host])))
        case "copy":
            return Copy(host, "new", draw(st.sampled_from([(), ((("host",), "copied"),)])))
        case "remove":
            return Remove(host)
        case "move":
            return Move(host, other, draw(st.booleans()))
        case "rename":
            return Change(host, ((("id",), "new"),))
        case _:
            return Change(host, tuple(draw(st.lists(values, min_size=1, max_size=3))))
