"""A spec that is kept comes back equal; what may be a password is not in the text."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from hypothesis import given

from atp_tui.executor.spec import CommandWork, JobSpec
from atp_tui.executor.works import WORKS
from atp_tui.model.outcome import Command
from atp_tui.storage.specs import KINDS, OpaqueWork, decode_spec, encode_spec

from .drawn import specs
from .records import job


@given(specs)
def test_a_spec_comes_back_equal(spec: JobSpec) -> None:
    text = encode_spec(spec)
    assert text.isascii()
    assert decode_spec(text) == spec


def test_standard_input_is_not_kept() -> None:
    spec = replace(job("a"), work=CommandWork(Command("sudo -S true", b"hunter2")))
    text = encode_spec(spec)
    assert "hunter2" not in text
    assert decode_spec(text) == replace(spec, work=CommandWork(Command("sudo -S true")))


@dataclass(frozen=True, slots=True)
class Reboot:
    """A kind of work to come."""

    gently: bool
    kind: ClassVar[str] = "reboot"
    title: ClassVar[str] = "reboot gently"


def test_every_kind_of_work_that_can_be_carried_out_can_be_read_again() -> None:
    assert {kind.name: kind.type for kind in WORKS} == KINDS


def test_a_new_kind_of_work_needs_its_name_alone() -> None:
    spec = replace(job("a"), work=Reboot(True))
    assert decode_spec(encode_spec(spec), {"reboot": Reboot}) == spec


def test_work_of_an_unknown_kind_still_shows_its_title_and_is_kept_as_it_was() -> None:
    found = json.loads(encode_spec(replace(job("a"), work=Reboot(True))))
    found["options"]["colour"] = "of a newer program"
    spec = decode_spec(json.dumps(found))
    assert spec.work == OpaqueWork("reboot", "reboot gently", '{"gently": true}')
    assert decode_spec(encode_spec(spec)) == spec
    assert decode_spec(encode_spec(spec), {"reboot": Reboot}).work == Reboot(True)


def test_work_whose_fields_cannot_be_kept_or_read_still_shows_its_title() -> None:
    strange = replace(job("a"), work=Reboot(object()))  # type: ignore[arg-type]
    assert decode_spec(encode_spec(strange), {"reboot": Reboot}).work == OpaqueWork("reboot", "reboot gently", "null")


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "\x00", '{"targets": 1}', "[" * 100_000])
def test_what_is_no_spec_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_spec(text)
    found = json.loads(encode_spec(job("a")))
    with pytest.raises(ValueError, match="needs targets"):
        decode_spec(json.dumps({**found, "targets": []}))
