"""The scanner finds what tomllib finds, on the lines where it was written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from atp_tui.config.positions import KeyPath, find_extents, find_positions, line_of

TRICKY = '''a.b.c = 1 # x
"q\\u0041" = """x
[no]
# ""\\""" key = 1
"""""
d = 1979-05-27 07:32:00 # [x]
arr = [ 1, [2, {k = "]", 'l.m'.n = '}'}], # ]
  \'\'\'
  x\'\'\'\'\'
, 3,]
[t.u]
[t]
x=[]
y = {}
[[h]]
i=1
[h.ssh]
port=1
[[h.sub]]
[[h.sub]]
z=1
[[h]]
 [ h . "ss h" ]
 k = ""'''

VALUES = [
    "1",
    "-0.5e3",
    "true",
    "1979-05-27 07:32:00Z",
    '"a # b = [c]"',
    r'"\" \\"',
    r"'C:\'",
    '"""\n[x]\n"y" = """',
    '"""a""\\""""""',
    "'''\n''x''\n'''''",
    "[]",
    "[1, 2,\n 3, # four, ]\n]",
    "[[1], ['#']]",
    "{}",
    "{ a = 1, 'b c' = [1, {d = 2}], e.f = '}' }",
]


def paths_of(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, element in inside:
        yield from paths_of(element, (*path, key))


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, int]]:
    """A TOML text, and the line of each key in it as the text was put together."""
    text = ""
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    arrays: dict[str, int] = {}
    for number in range(draw(st.integers(0, 12))):
        text += draw(st.sampled_from(["", "\n", "# [x] = 'y\n", " \t", "\r\n"]))
        line = text.count("\n") + 1
        kind = draw(st.sampled_from(["pair", "pair", "quoted", "dotted", "table", "array", "below"]))
        key = f"k{number}"
        if kind == "table":
            text += draw(st.sampled_from([f"[{key}]", f"[ '{key}' ] # x"]))
            table = (key,)
            lines[table] = line
        elif kind == "array":
            name = draw(st.sampled_from(["x", "y"]))
            arrays[name] = arrays.get(name, -1) + 1
            text += f"[[{name}]]"
            table = (name, arrays[name])
            lines[table] = line
        elif kind == "below" and arrays:
            name = draw(st.sampled_from(sorted(arrays)))
            text += f'[{name} . "{key}"]'
            table = (name, arrays[name], key)
            lines[table] = line
        elif kind == "dotted":
            text += f"{key} . 'p q' = {draw(st.sampled_from(VALUES))}"
            lines[(*table, key, "p q")] = line
        else:
            text += f'"\\u006b{number}"' if kind == "quoted" else key
            text += f"={draw(st.sampled_from(VALUES))}"
            lines[(*table, key)] = line
        text += draw(st.sampled_from(["\n", " # c\n", "\r\n"]))
    return text, lines


@given(documents())
def test_every_key_is_on_the_line_it_was_written_on(document: tuple[str, dict[KeyPath, int]]) -> None:
    text, lines = document
    positions = find_positions(text)
    assert {path: line_of(text, positions[path]) for path in lines} == lines
    assert set(positions) == set(paths_of(tomllib.loads(text)))


def one_line(parts: list[str]) -> str:
    return "[" + ", ".join(parts) + "]"


def inline_table(parts: list[str]) -> str:
    return "{" + ", ".join(f"k{number} = {part}" for number, part in enumerate(parts)) + "}"


space = st.sampled_from(["", " ", "\t"])
strings = st.text("ab[]{}#=,.\"'\\\n \U0001f40d", max_size=8).map(
    lambda text: '"""' + text.replace("\\", "\\\\").replace('"""', '""\\"') + '"""'
)
values = st.recursive(
    st.sampled_from(VALUES) | strings,
    lambda inner: st.lists(inner, max_size=3).map(one_line) | st.lists(inner, max_size=3).map(inline_table),
    max_leaves=5,
)
keys = st.lists(st.sampled_from(["a", "b", "1", '"c.d"', "' '", '"\\u00e9"', "-"]), min_size=1, max_size=3)
dotted = st.tuples(keys, space).map(lambda drawn: f"{drawn[1]}.{drawn[1]}".join(drawn[0]))
statements = st.one_of(
    st.builds("{0}{1}{0}={0}{2}{0}".format, space, dotted, values),
    st.builds("[{0}{1}{0}]".format, space, dotted),
    st.builds("[[{0}{1}{0}]]".format, space, dotted),
    st.text("[]#'\"= ", max_size=4).map("#{}".format),
)


@settings(suppress_health_check=[HealthCheck.filter_too_much])  # many clash: two of one key
@given(st.lists(statements, max_size=8).map("\n".join))
@example(TRICKY)
@example("")
@example("a=1")
def test_it_finds_what_tomllib_finds(text: str) -> None:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)
    assert set(find_positions(text)) == set(paths_of(document))


def value_at(document: Any, path: KeyPath) -> Any:
    for part in path:
        document = document[part]
    return document


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(statements, max_size=8).map("\n".join))
@example(TRICKY)
def test_the_extent_of_a_value_is_its_text(text: str) -> None:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)
    extents = find_extents(text)
    for path, extent in extents.pairs.items():
        assert tomllib.loads(f"k = {text[extent.value : extent.end]}")["k"] == value_at(document, path)
        assert extent.start <= extent.value < extent.end
        if extent.table is not None:
            assert text[: extent.start].rpartition("\n")[2].strip(" \t") == ""
            value_at(document, extent.table)
    for path, start, end in extents.headers:
        value_at(document, path)
        assert text[start] == "[" and text[end - 1] == "]"


def test_the_tricky_document_line_by_line() -> None:
    positions = find_positions(TRICKY)
    lines = {path: line_of(TRICKY, offset) for path, offset in positions.items()}
    expected: dict[KeyPath, int] = {
        ("a", "b", "c"): 1,
        ("qA",): 2,
        ("d",): 6,
        ("arr", 1, 1, "l.m", "n"): 7,
        ("arr", 2): 8,
        ("arr", 3): 10,
        ("t",): 12,  # its own header, though [t.u] mentions it before
        ("h", 0): 15,
        ("h", 0, "ssh", "port"): 18,
        ("h", 0, "sub", 1, "z"): 21,
        ("h", 1): 22,
        ("h", 1, "ss h", "k"): 24,
    }
    assert {path: lines[path] for path in expected} == expected
