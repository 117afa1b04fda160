"""All that the program hands on as data survives copy and pickle: one day hosts live in another process."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import atp_tui.model
from atp_tui.executor.spec import CommandWork
from atp_tui.model.amount import Amount
from atp_tui.model.answers import AnswerSettings
from atp_tui.model.causes import Cause
from atp_tui.model.credential import Secret
from atp_tui.model.errors import AtpError, ConfigError, ConfigErrors, FailedOnHosts, TransportError
from atp_tui.model.frozen import FrozenDict
from atp_tui.model.guard import GuardSettings
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command
from atp_tui.model.ring import JobsSettings, Ring
from atp_tui.model.settings import PoolConfig, ReconnectConfig, SshSettings, TransportConfig
from atp_tui.model.target import TargetId
from atp_tui.model.uri import ConnectionUri, parse_uri

URIS = st.sampled_from(["qemu+tcp://192.0.2.1/system?no_verify=1", "sim://a/", "qemu:///system"])
HOSTS = st.builds(
    HostInfo,
    st.sampled_from(["kvm01", "a-b.c"]),
    st.just("192.0.2.1"),
    uri=URIS,
    tags=st.just(("prod", "rack1")),
    metadata=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)
st.register_type_strategy(float, st.floats(allow_nan=False))
st.register_type_strategy(HostInfo, HOSTS)
st.register_type_strategy(ConnectionUri, URIS.map(parse_uri))
# settings refuse what makes no sense, so that arbitrary ones would nearly all be refused
st.register_type_strategy(Amount, st.builds(Amount, st.integers(1, 100), st.booleans()))
st.register_type_strategy(AnswerSettings, st.builds(AnswerSettings, mask=st.lists(st.just(r"job-\d+")).map(tuple)))
st.register_type_strategy(
    GuardSettings,
    st.builds(GuardSettings, preview_above=st.integers(0, 3), count_above=st.integers(3, 9), danger=st.just(("rm",))),
)
st.register_type_strategy(
    JobsSettings, st.builds(JobsSettings, ring=st.sampled_from(Ring), ring_after=st.floats(0.001, 1e6))
)
st.register_type_strategy(PoolConfig, st.builds(PoolConfig, max_connections_per_host=st.integers(3, 9)))
st.register_type_strategy(ReconnectConfig, st.builds(ReconnectConfig, max_attempts=st.integers(0, 9)))
st.register_type_strategy(
    TransportConfig,
    st.builds(TransportConfig, pool=st.from_type(PoolConfig), reconnect=st.from_type(ReconnectConfig)),
)
st.register_type_strategy(
    SshSettings, st.builds(SshSettings, user=st.none() | st.just("root"), identity_files=st.just(("~/.ssh/id",)))
)
st.register_type_strategy(TargetId, st.builds(TargetId, st.just("kvm01"), st.none() | st.text(min_size=1)))


def data_types(*packages: Any) -> Iterator[type]:
    """Every frozen dataclass and NamedTuple of these packages that is public."""
    for package in packages:
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            for name, found in vars(importlib.import_module(module.name)).items():
                if not isinstance(found, type) or found.__module__ != module.name or name.startswith("_"):
                    continue
                frozen = dataclasses.is_dataclass(found) and found.__setattr__ is not object.__setattr__
                if frozen or (issubclass(found, tuple) and hasattr(found, "_fields")):
                    yield found


TYPES = [found for found in data_types(atp_tui.model) if found.__name__ not in ("TaskResult", "Credential")]
"""A task's result carries whatever the task gave; a credential holds a secret, which is not written anywhere."""


def test_the_walk_finds_them() -> None:
    assert {"HostInfo", "ConnectionUri", "HostSampled", "DomainReading", "TransportConfig"} <= {
        found.__name__ for found in TYPES
    }


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: str(kind.__name__))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_data_of_the_model_survives_copy_and_pickle(kind: type, data: st.DataObject) -> None:
    value: Any = data.draw(st.from_type(kind))
    for again in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value), copy.copy(value)):
        assert again == value and type(again) is type(value)


def error_types(root: type[AtpError] = AtpError) -> Iterator[type[AtpError]]:
    if root.__module__ == AtpError.__module__:
        yield root
    for each in root.__subclasses__():
        yield from error_types(each)


@pytest.mark.parametrize("kind", sorted(set(error_types()), key=str))
def test_errors_survive_pickle_and_copy_with_all_they_know(kind: type[AtpError]) -> None:
    error: AtpError
    if kind is ConfigErrors:
        error = ConfigErrors([ConfigError("no", key="uri", file=Path("hosts.toml"), line=7, hint="yes", host="a")] * 2)
    elif kind is FailedOnHosts:
        error = FailedOnHosts("connect failed on 1 of 2 hosts", {"a": ConfigError("no", host="a")})
    elif issubclass(kind, TransportError):
        error = kind("refused", host="a", kind=Cause.PORT_REFUSED, detail="5 s") if _takes_kind(kind) else kind("no")
    else:
        error = kind("refused", host="a")
    for again in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error), copy.copy(error)):
        assert type(again) is kind and str(again) == str(error) and vars(again).keys() == vars(error).keys()
        assert again.message == error.message and again.host == error.host
        if isinstance(error, TransportError) and isinstance(again, TransportError):
            assert again.trouble == error.trouble


def _takes_kind(kind: Callable[..., TransportError]) -> bool:
    try:
        kind("x", host="a", kind=Cause.FAILED, detail="")
    except TypeError:
        return False
    return True


def test_a_frozen_dict_is_a_dict_that_nobody_changes() -> None:
    frozen = FrozenDict({"a": "1"})
    changes: list[Callable[[], object]] = [
        lambda: frozen.__setitem__("b", "2"), lambda: frozen.pop("a"), lambda: frozen.update(b="2"),
        frozen.clear, frozen.popitem, lambda: frozen.setdefault("b", "2"), lambda: frozen.__ior__({"b": "2"}),
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(TypeError):
            change()
    assert frozen == {"a": "1"} == pickle.loads(pickle.dumps(frozen))
    assert dataclasses.asdict(HostInfo("a", "192.0.2.1", metadata={"site": "north"}))["metadata"] == {"site": "north"}


def test_what_may_hold_a_secret_is_not_shown_and_not_written() -> None:
    assert "qr-7e7e" not in repr(CommandWork(Command("sudo -S id", stdin=b"qr-7e7e")))
    with pytest.raises(TypeError, match="not written"):
        pickle.dumps(Secret("qr-7e7e"))


def test_tags_are_given_one_by_one_or_together() -> None:
    host = HostInfo("a", "192.0.2.1")
    assert host.with_tags("x", "y").tags == host.with_tags(["x", "y"]).tags == host.with_tags(("x",), "y").tags
