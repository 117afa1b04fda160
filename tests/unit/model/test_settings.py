"""Settings check themselves: a wrong value is a ConfigError with its key, and the defaults are the specified ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.config.fleet import MonitorSettings, UiSettings
from atp_tui.model.errors import ConfigError
from atp_tui.model.settings import (
    HostKeyPolicy,
    Jitter,
    PoolConfig,
    ReconnectConfig,
    SelectionStrategy,
    SshSettings,
    TransportConfig,
)


def test_the_defaults_are_those_of_the_specification() -> None:
    config = TransportConfig()
    assert (config.connect_timeout, config.heartbeat_interval, config.heartbeat_timeout) == (30, 60, 10)
    assert (config.call_timeout, config.auto_reconnect, config.max_concurrent_connects) == (30, True, 16)
    assert (config.keepalive_interval, config.keepalive_count) == (5, 3)
    pool = config.pool
    assert (pool.max_connections_per_host, pool.min_connections_per_host, pool.idle_timeout) == (10, 1, 300)
    assert (pool.selection_strategy, pool.management_interval) == (SelectionStrategy.ROUND_ROBIN, 30)
    assert (pool.high_load_threshold, pool.high_load_ratio, pool.requests_per_connection) == (5, 0.8, 5)
    assert (pool.checkout_timeout, pool.max_waiters, pool.max_lifetime) == (30, 1000, 3600)
    reconnect = config.reconnect
    assert (reconnect.max_attempts, reconnect.initial_delay, reconnect.max_delay) == (5, 1, 60)
    assert (reconnect.backoff_multiplier, reconnect.jitter, reconnect.slow_lane) == (2.0, Jitter.FULL, 300)


@pytest.mark.parametrize(
    ("settings", "values", "key"),
    [
        (TransportConfig, {"connect_timeout": 0}, "transport.connect_timeout"),
        (TransportConfig, {"heartbeat_interval": -1}, "transport.heartbeat_interval"),
        (TransportConfig, {"heartbeat_timeout": float("nan")}, "transport.heartbeat_timeout"),
        (TransportConfig, {"call_timeout": float("inf")}, "transport.call_timeout"),
        (TransportConfig, {"call_timeout": 10**400}, "transport.call_timeout"),
        (TransportConfig, {"call_timeout": True}, "transport.call_timeout"),
        (TransportConfig, {"auto_reconnect": 1}, "transport.auto_reconnect"),
        (TransportConfig, {"keepalive_interval": 0.5}, "transport.keepalive_interval"),
        (TransportConfig, {"keepalive_count": 2**31}, "transport.keepalive_count"),
        (TransportConfig, {"max_concurrent_connects": 0}, "transport.max_concurrent_connects"),
        (TransportConfig, {"pool": {}}, "transport.pool"),
        (TransportConfig, {"reconnect": None}, "transport.reconnect"),
        (PoolConfig, {"max_connections_per_host": 0}, "transport.pool.max_connections_per_host"),
        (PoolConfig, {"min_connections_per_host": -1}, "transport.pool.min_connections_per_host"),
        (PoolConfig, {"min_connections_per_host": 11}, "transport.pool.min_connections_per_host"),
        (PoolConfig, {"idle_timeout": 0}, "transport.pool.idle_timeout"),
        (PoolConfig, {"selection_strategy": "fastest"}, "transport.pool.selection_strategy"),
        (PoolConfig, {"high_load_ratio": 1.1}, "transport.pool.high_load_ratio"),
        (PoolConfig, {"high_load_threshold": -1}, "transport.pool.high_load_threshold"),
        (PoolConfig, {"requests_per_connection": 0}, "transport.pool.requests_per_connection"),
        (PoolConfig, {"max_waiters": -1}, "transport.pool.max_waiters"),
        (PoolConfig, {"max_lifetime": -1}, "transport.pool.max_lifetime"),
        (ReconnectConfig, {"max_attempts": -1}, "transport.reconnect.max_attempts"),
        (ReconnectConfig, {"initial_delay": 0}, "transport.reconnect.initial_delay"),
        (ReconnectConfig, {"initial_delay": 5, "max_delay": 4}, "transport.reconnect.initial_delay"),
        (ReconnectConfig, {"backoff_multiplier": 0.9}, "transport.reconnect.backoff_multiplier"),
        (ReconnectConfig, {"jitter": "half"}, "transport.reconnect.jitter"),
        (ReconnectConfig, {"slow_lane": -1}, "transport.reconnect.slow_lane"),
        (SshSettings, {"port": 0}, "ssh.port"),
        (SshSettings, {"port": 65536}, "ssh.port"),
        (SshSettings, {"port": True}, "ssh.port"),
        (SshSettings, {"user": ""}, "ssh.user"),
        (SshSettings, {"user": "-l"}, "ssh.user"),
        (SshSettings, {"proxy_jump": "a\nb"}, "ssh.proxy_jump"),
        (SshSettings, {"proxy_jump": "a b"}, "ssh.proxy_jump"),
        (SshSettings, {"proxy_jump": "a,,b"}, "ssh.proxy_jump"),
        (SshSettings, {"proxy_jump": "a:0"}, "ssh.proxy_jump"),
        (SshSettings, {"proxy_jump": "a:65536"}, "ssh.proxy_jump"),
        (SshSettings, {"proxy_jump": "a:ssh"}, "ssh.proxy_jump"),
        (SshSettings, {"proxy_jump": "u@"}, "ssh.proxy_jump"),
        (SshSettings, {"proxy_jump": "[::1"}, "ssh.proxy_jump"),
        (SshSettings, {"proxy_jump": "http://a"}, "ssh.proxy_jump"),
        (SshSettings, {"config_file": 3}, "ssh.config_file"),
        (SshSettings, {"identity_files": "~/.ssh/id"}, "ssh.identity_files"),
        (SshSettings, {"known_hosts": [1]}, "ssh.known_hosts"),
        (SshSettings, {"host_key_policy": "never"}, "ssh.host_key_policy"),
        (SshSettings, {"command_guard": "off"}, "ssh.command_guard"),
    ],
)
def test_a_wrong_value_names_its_key(settings: type, values: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(**values)
    assert caught.value.key == key


TIMES: list[tuple[Callable[..., object], str, bool]] = [
    *((TransportConfig, f"transport.{key}", False) for key in ("connect_timeout", "call_timeout")),
    *((TransportConfig, f"transport.heartbeat_{key}", False) for key in ("interval", "timeout")),
    *((PoolConfig, f"transport.pool.{key}", False) for key in ("idle_timeout", "management_interval")),
    (PoolConfig, "transport.pool.checkout_timeout", False),
    (PoolConfig, "transport.pool.max_lifetime", True),
    (partial(ReconnectConfig, max_delay=5), "transport.reconnect.initial_delay", False),
    (partial(ReconnectConfig, initial_delay=0.001), "transport.reconnect.max_delay", False),
    (ReconnectConfig, "transport.reconnect.slow_lane", True),
    (MonitorSettings, "monitor.interval", False),
    (UiSettings, "ui.refresh", False),
]
"""Every setting that is a length of time but keepalive_interval, which is whole seconds: and whether it may be 0."""


@pytest.mark.parametrize(("settings", "key", "zero"), TIMES)
def test_a_time_is_a_millisecond_or_more(settings: Callable[..., object], key: str, zero: bool) -> None:
    name = key.rpartition(".")[2]
    assert getattr(settings(**{name: 0.001}), name) == 0.001
    for value in (1e-9, 5e-324, 0.000999, -0.001, -1, *(() if zero else (0, 0.0))):
        with pytest.raises(ConfigError) as caught:
            settings(**{name: value})
        assert caught.value.key == key
        assert caught.value.hint == f"it must be {'0, or ' if zero else ''}0.001 or more, in seconds"


def test_every_time_is_among_them() -> None:
    kinds = (TransportConfig, PoolConfig, ReconnectConfig, MonitorSettings, UiSettings)
    numbers = {field.name for kind in kinds for field in fields(kind) if field.type == "float"}
    assert numbers - {"high_load_ratio", "backoff_multiplier"} == {key.rpartition(".")[2] for _, key, _ in TIMES}


@pytest.mark.parametrize(
    "way",
    ["none", "a", "u@a", "a:22", "u@a.b:2222", "a,b", "u@a:1, v@b:2", "[::1]:22", "::1", "u@fe80::1%e0", "u@d@a"],
)
def test_ways_through_jump_hosts(way: str) -> None:
    assert SshSettings(proxy_jump=way).proxy_jump == way


def test_what_may_be_zero() -> None:
    assert PoolConfig(min_connections_per_host=0, max_lifetime=0, max_waiters=0, high_load_threshold=0)
    assert ReconnectConfig(max_attempts=0, slow_lane=0)


def test_choices_may_be_written_as_text() -> None:
    assert PoolConfig(selection_strategy="random").selection_strategy is SelectionStrategy.RANDOM  # type: ignore[arg-type]
    assert SshSettings(host_key_policy="accept-new").host_key_policy is HostKeyPolicy.ACCEPT_NEW  # type: ignore[arg-type]


ssh_settings = st.builds(
    SshSettings,
    user=st.sampled_from([None, "root", "bob"]),
    port=st.sampled_from([None, 22, 2222]),
    identity_files=st.sampled_from([None, (), ("a",)]),
    proxy_jump=st.sampled_from([None, "none", "jump"]),
)


@given(ssh_settings, ssh_settings, ssh_settings)
def test_ssh_settings_merge_as_layers(first: SshSettings, second: SshSettings, third: SshSettings) -> None:
    assert first.over(second).over(third) == first.over(second.over(third))
    assert first.over(SshSettings()) == first == SshSettings().over(first)
    merged = first.over(second)
    assert merged.user == (first.user if first.user is not None else second.user)
    assert merged.identity_files == (
        first.identity_files if first.identity_files is not None else second.identity_files
    )
