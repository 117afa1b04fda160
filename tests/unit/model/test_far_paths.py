"""Far paths: no name and no link of a host leads out of the folder that its files go into."""

from __future__ import annotations

import os
import posixpath
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.far_paths import (
    LONGEST_NAME,
    far_bytes,
    is_name,
    joined,
    matches,
    parent_of,
    part_name,
    shown,
    split_target,
    stays_within,
    steps_of,
    to_bytes,
    to_text,
)

PIECES = st.lists(st.sampled_from([b"..", b".", b"a", b"b\n", b"\xff", b"", b"c"]), max_size=6).map(b"/".join)


@given(st.binary(max_size=300))
def test_what_is_a_name_stays_in_its_folder(name: bytes) -> None:
    if is_name(name):
        assert posixpath.dirname(posixpath.normpath(posixpath.join(b"/folder", name))) == b"/folder"
        assert len(name) <= LONGEST_NAME and b"\0" not in name
    else:
        assert name in (b"", b".", b"..") or b"/" in name or b"\0" in name or len(name) > LONGEST_NAME


@given(PIECES.filter(lambda link: link and not link.startswith(b"/") and b".." not in link), PIECES)
def test_a_link_that_stays_leads_to_nothing_outside(link: bytes, target: bytes) -> None:
    where = posixpath.normpath(posixpath.join(b"/top", posixpath.dirname(link), target))
    within = where == b"/top" or where.startswith(b"/top/")
    if stays_within(link, target):
        assert within
    elif target and not target.startswith(b"/"):
        # a way that goes through the top and back is refused as well, and one that goes up from what may be a symlink
        up_again = b".." in target.lstrip(b"./").split(b"/")
        out = posixpath.normpath(posixpath.join(posixpath.dirname(link), target)).startswith(b"..")
        assert not within or out or up_again


@given(st.binary(max_size=80).filter(lambda path: b"\0" not in path))
def test_bytes_of_a_path_come_back_and_are_shown_in_one_safe_line(path: bytes) -> None:
    assert to_bytes(to_text(path)) == path
    assert shown(path).isprintable()


@given(st.binary(min_size=1, max_size=255).filter(is_name), st.integers())
def test_the_name_of_a_part_is_a_hidden_name_of_its_own(name: bytes, identity: int) -> None:
    part = part_name(name, identity)
    assert is_name(part) and part.startswith(b".") and part == part_name(name, identity)
    assert part != part_name(name, identity + 1)


@given(
    st.lists(st.binary(min_size=1, max_size=6).filter(lambda step: b"/" not in step), min_size=1, max_size=4),
    st.booleans(),
)
def test_the_steps_of_a_pattern_are_the_pattern(steps: list[bytes], absolute: bool) -> None:
    pattern = (b"/" if absolute else b"") + b"/".join(steps)
    start, rest = steps_of(pattern)
    whole = b"" if start == b"." and steps[0] != b"." else start
    for step in rest:
        whole = joined(whole, step)
    assert posixpath.normpath(whole) == posixpath.normpath(pattern)


@given(st.binary(min_size=1, max_size=8).filter(is_name), st.sampled_from([b"*", b"a*", b".*", b"?b", b"[ab]*"]))
def test_hidden_names_are_meant_where_a_pattern_says_so(name: bytes, step: bytes) -> None:
    wanted = fnmatchcase(name, step) and (not name.startswith(b".") or step.startswith(b"."))
    assert matches(name, step) == wanted


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("kvm01:/etc/x", ("kvm01", "/etc/x")),
        ("@rack1&state:failed:/etc/app/", ("@rack1&state:failed", "/etc/app/")),
        ("@all:~/x", ("@all", "~/x")),
        ("@all:./a:/b", ("@all", "./a:/b")),
        ("kvm01:", ("kvm01", "")),
        ("kvm01:~", ("kvm01", "")),
        ("kvm01", ("kvm01", "")),
        ("site:north", ("site:north", "")),
        (":/etc", ("", "/etc")),
    ],
)
def test_a_target_is_parted_from_its_path(word: str, parts: tuple[str, str]) -> None:
    assert split_target(word) == parts


def test_a_path_of_the_home_folder_is_relative() -> None:
    assert [far_bytes(path) for path in ("~/a/b", "~", "~/", "/a", "a")] == [b"a/b", b"./", b"./", b"/a", b"a"]
    assert [parent_of(path) for path in (b"a", b"/a", b"/a/b/", b"a/b")] == [b".", b"/", b"/a", b"a"]
    assert [joined(folder, b"x") for folder in (b"", b"/", b"a", b"a/")] == [b"x", b"/x", b"a/x", b"a/x"]


def test_links_are_judged_as_the_system_resolves_them(tmp_path: Path) -> None:
    (tmp_path / "top" / "deep").mkdir(parents=True)
    links = (("a", "deep"), ("deep/b", "../x"), ("deep/c", "../../x"), ("d", "/etc"), ("e", ".."))
    through = (("deep/top", ".."), ("deep/out", "top/../x"))  # as it is written, the second leads to deep/x
    for link, target in (*links, *through):
        os.symlink(target, tmp_path / "top" / link)
        where = os.path.realpath(tmp_path / "top" / link)
        within = where.startswith(f"{tmp_path}/top")
        assert stays_within(link.encode(), target.encode()) == within, link
