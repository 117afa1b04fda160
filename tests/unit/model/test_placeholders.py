"""Placeholders: what is taken for one, how values are quoted, and that a real shell reads back what was meant."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atp_tui.model.errors import ActionFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.placeholders import parsed


def host(**metadata: str) -> HostInfo:
    return HostInfo("kvm01", "192.0.2.1", metadata=metadata)


def filled(text: str, **metadata: str) -> str:
    return parsed(text).filled(host(**metadata))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("echo {host} {address}", "echo kvm01 192.0.2.1"),
        ("echo {meta.rack}", "echo 'a b'"),
        ("ls /srv/{host}.img", "ls /srv/kvm01.img"),
        ("echo '{host}' \"{host}\" $(echo {host})", "echo 'kvm01' \"kvm01\" $(echo kvm01)"),
        ("echo {{host} {host}", "echo {host} kvm01"),
        ("echo {{host}", "echo {host}"),
        ("awk '{{print}' {host}", "awk '{print}' kvm01"),
        ("echo ${host} {host}", "echo ${host} kvm01"),
        ("echo {a,b} {host} {} {1..3}", "echo {a,b} kvm01 {} {1..3}"),
        ("echo ${x}{host}", "echo ${x}kvm01"),
    ],
)
def test_what_is_filled_in(text: str, shown: str) -> None:
    assert filled(text, rack="a b") == shown


@pytest.mark.parametrize(
    "text",
    [
        "awk '{print $1}' /etc/passwd",
        "awk '{print}' f",
        "echo ${host} ${#host} {a,b} {1..3} {}",
        "docker ps --format '{{.Names}}'",
        "sed -n '/x/{p}'",
        "git log HEAD@{upstream}",
        "find . -exec echo {} +",
        "echo 'M\\374nchen' {",
    ],
)
def test_a_text_without_a_placeholder_goes_as_it_is(text: str) -> None:
    assert parsed(text).is_plain
    assert filled(text) == text


@pytest.mark.parametrize(
    ("text", "column", "nearest"),
    [
        ("echo {hsot}", 6, "{host}"),
        ("echo {hostname}", 6, "{host}"),
        ("echo {adress} x", 6, "{address}"),
        ("echo {metadata.rack}", 6, "{meta.rack}"),
        ("echo {host} {print}", 13, "{host}, {address} or {meta.KEY}"),
        ("echo {meta}", 6, "{meta.KEY}"),
    ],
)
def test_an_unknown_one_is_refused_with_its_column(text: str, column: int, nearest: str) -> None:
    with pytest.raises(ActionFailed) as caught:
        parsed(text)
    assert str(caught.value).startswith(f"column {column}: ")
    assert f"{nearest} is one" in str(caught.value)


def test_a_variables_name_does_not_grow_by_a_value() -> None:
    with pytest.raises(ActionFailed, match="part of the variable's name"):
        parsed('echo "$dir{host}"')


def test_a_host_without_the_value_is_named() -> None:
    with pytest.raises(ActionFailed, match=r"kvm01 has no 'rack' in its metadata"):
        filled("echo {meta.rack}")


@pytest.mark.parametrize(
    "text",
    ["echo '{meta.x}'", 'echo "{meta.x}"', "echo $(echo {meta.x})", "echo `{meta.x}`", "cat <<E\n{meta.x}\nE",
     "echo \\{meta.x}", "echo # it's {meta.x}", "echo $'\\'{meta.x}", "echo $(({meta.x}))", "(( {meta.x} ))"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["a b", "$(id)", "';id;'", "a\nb", "`id`", "é"])
def test_where_nothing_can_be_quoted_a_value_with_signs_is_refused(text: str, value: str) -> None:
    with pytest.raises(ActionFailed, match="signs that mean something"):
        filled(text, x=value)
    assert "r-1.2" in filled(text, x="r-1.2")


_VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12) | st.text(
    "'\"\\$`;&|<>(){}#!~*?\n\t ab", max_size=12
)
_AROUND = st.sampled_from(["", "a", "'q'", '"d q"', "\\ ", "''", '"\\""', "'\\'", "/x/", "--o=", '"it\'s"'])


@given(st.lists(st.tuples(_AROUND, _VALUES, _AROUND), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_a_shell_reads_each_value_as_it_is(words: list[tuple[str, str, str]]) -> None:
    template = " ".join(f"{before}{{meta.v{n}}}{after}" for n, (before, _, after) in enumerate(words))
    line = filled(f"printf '%s\\0' {template}", **{f"v{n}": value for n, (_, value, _) in enumerate(words)})
    read = subprocess.run(["sh", "-c", line], capture_output=True, check=True).stdout.decode().split("\0")[:-1]
    around = [(shlex.split(f"{before}x")[0][:-1], shlex.split(f"x{after}")[0][1:]) for before, _, after in words]
    assert read == [before + value + after for (_, value, _), (before, after) in zip(words, around, strict=True)]


@given(st.text("ab'\"\\$`(){}<#;&|[ \n", max_size=20), st.sampled_from([";echo BAD;", "'", '"', "$(echo BAD)", "\n"]))
@settings(max_examples=200, deadline=None)
def test_no_text_around_a_value_makes_a_command_of_it(before: str, value: str) -> None:
    before = before.rstrip("{$")
    try:
        line = parsed(f"echo {before}{{meta.v}}").filled(host(v=value))
    except ActionFailed:
        return
    quoted = shlex.quote(value)
    assert line.endswith(quoted)
    done = subprocess.run(["bash", "-n", "-c", line[: -len(quoted)] + "x"], capture_output=True)
    if done.returncode == 0:  # with the value it is still read to its end: its quotes stand where quotes can stand
        assert subprocess.run(["bash", "-n", "-c", line], capture_output=True).returncode == 0
