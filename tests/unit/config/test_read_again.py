"""A file that was changed is read in part where that is enough, and says the same as if all of it were read."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.config.many_files import Files, is_now, read_again, read_files
from atp_tui.model.errors import ConfigError

HEADS = (
    "",
    '[ssh]\nuser = "root"\n',
    'include = ["d/*.toml"]\n[tags.prod.ssh]\nport = 2222\n',
    "[monitor]\nperiod = 5\n",
)
HOSTS = (
    '[[hosts]]\nid = "a"\nhost = "a.example"\ntags = ["prod"]\n',
    '# of b\n[[hosts]]\nid = "b"\nhost = "192.0.2.2"\n[hosts.ssh]\nport = 22\n',
    '[[hosts]]\nid = "b"\nhost = "192.0.2.3"\nenabled = false\n',
    '[[hosts]]\nid = "c"\nhost = "192.0.2.4"\n',
    '[[hosts]]\nhost = "192.0.2.5"\n',
    '[[hosts]]\nid = "in"\nhost = "192.0.2.6"\n',
    "[[hosts]]\nid = 5\n",
    "[[hosts\n",
)

texts = st.builds(
    lambda head, hosts: head + "".join(hosts), st.sampled_from(HEADS), st.lists(st.sampled_from(HOSTS), max_size=4)
)


@pytest.fixture(scope="module")
def folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="atp-read-again-"))
    (folder / "d").mkdir()
    (folder / "d" / "more.toml").write_text('[[hosts]]\nid = "in"\nhost = "192.0.2.9"\n')
    return folder


def whole(path: Path, text: str) -> Files | None:
    try:
        return read_files(path, text.encode())
    except ConfigError:
        return None


@given(texts, texts)
def test_what_is_read_in_part_says_the_same(folder: Path, before: str, now: str) -> None:
    path = folder / "hosts.toml"
    known = whole(path, before)
    again = None if known is None else read_again(known, now.encode())
    if again is not None:
        anew = whole(path, now)
        assert anew is not None and is_now(again, now.encode())
        assert again.files == anew.files
        assert replace(again.config, warnings=()) == replace(anew.config, warnings=())


def test_a_host_that_was_changed_is_enough_to_be_read_and_settings_are_not(folder: Path) -> None:
    path = folder / "hosts.toml"
    known = whole(path, HEADS[2] + HOSTS[0] + HOSTS[1])
    assert known is not None
    assert read_again(known, (HEADS[2] + HOSTS[1] + HOSTS[3]).encode()) is not None
    assert read_again(known, (HEADS[1] + HOSTS[0] + HOSTS[1]).encode()) is None, "hosts inherit from them"
    assert read_again(known, (HEADS[2] + HOSTS[5]).encode()) is None, "the included file has a host of that id"
    (folder / "d" / "other.toml").write_text("")
    assert read_again(known, (HEADS[2] + HOSTS[1]).encode()) is None, "another file is included now"
    (folder / "d" / "other.toml").unlink()
