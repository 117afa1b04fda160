"""libvirt's numbers and objects as the program knows them, held against the real binding."""

from __future__ import annotations

import inspect

import pytest

from atp_tui.model import libvirt as ours

binding = pytest.importorskip("libvirt")

NUMBERS = {name: value for name, value in vars(ours).items() if name.isupper() and isinstance(value, int)}


def test_every_number_has_the_name_and_the_value_of_the_binding() -> None:
    assert len(NUMBERS) > 30, "the walk must find them"
    assert all(name.startswith("VIR_") for name in NUMBERS)
    assert {name: getattr(binding, name, None) for name in NUMBERS} == NUMBERS


@pytest.mark.parametrize(("protocol", "name"), [(ours.VirtConnect, "virConnect"), (ours.VirtDomain, "virDomain")])
def test_the_protocols_ask_for_what_the_binding_has(protocol: type, name: str) -> None:
    theirs = getattr(binding, name)
    methods = [method for method in vars(protocol) if callable(vars(protocol)[method]) and not method.startswith("_")]
    assert methods
    for method in methods:
        asked = list(inspect.signature(getattr(protocol, method)).parameters)
        assert list(inspect.signature(getattr(theirs, method)).parameters) == asked, method
