"""The registry, and each action over the real transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from atp_tui.actions.action import Context, Invocation
from atp_tui.actions.registry import ACTIONS, perform
from atp_tui.actions.trust_key import refused_key
from atp_tui.executor.runner import JobRunner
from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import ActionFailed, AuthFailed, ConnectFailed, HostKeyRejected, HostUnknown
from atp_tui.model.host import HostInfo
from atp_tui.transport.manager import TransportManager
from tests.fakes.loopback import LoopbackDriver

KEY = HostKeyRejected("unknown host key", fingerprint="SHA256:abc", public_key="ssh-ed25519 AAAA", known=True)


class Trusted:
    """Remembers what was trusted, and lets the host in from then on."""

    def __init__(self, driver: LoopbackDriver) -> None:
        self.calls: list[tuple[str, str, bool]] = []
        self._driver = driver

    async def __call__(self, host: HostInfo, public_key: str, replace: bool) -> Path:
        self.calls.append((host.id, public_key, replace))
        self._driver.refuse.pop(host.id, None)
        return Path("known_hosts")


@asynccontextmanager
async def context_for(driver: LoopbackDriver, *ids: str) -> AsyncIterator[tuple[Context, Trusted]]:
    async with TransportManager(None, lambda host, channel: driver) as manager:
        for name in ids:
            await manager.add_host(HostInfo(name, "192.0.2.1", uri=None))
        jobs = JobRunner(manager)
        trusted = Trusted(driver)
        try:
            async with asyncio.timeout(30):
                await asyncio.sleep(0.05)
                yield Context(manager, jobs, trusted), trusted
        finally:
            await jobs.close()


async def state_of(context: Context, host: str, state: ConnectionState) -> None:
    with context.manager.hub.subscribe() as news:
        while context.manager.host_state(host).state is not state:
            await news.batch()


def test_names_and_keys_are_unique() -> None:
    names = [action.name for action in ACTIONS]
    keys = [action.key for action in ACTIONS if action.key]
    assert len(set(names)) == len(names)
    assert len(set(keys)) == len(keys)
    assert all(action.help and action.title for action in ACTIONS)


async def test_a_refused_host_comes_back_when_a_person_retries() -> None:
    driver = LoopbackDriver()
    driver.refuse["a"] = AuthFailed("permission denied")
    async with context_for(driver, "a") as (context, _):
        await state_of(context, "a", ConnectionState.FAILED)
        driver.refuse.clear()
        await perform(context, Invocation("retry", ("a",)))
        await state_of(context, "a", ConnectionState.CONNECTED)


async def test_disconnect_holds_until_connect() -> None:
    async with context_for(LoopbackDriver(), "a", "b") as (context, _):
        await perform(context, Invocation("disconnect", ("a", "b")))
        assert context.manager.host_state("a").state is ConnectionState.DISCONNECTED
        await perform(context, Invocation("connect", ("a", "b")))
        assert context.manager.host_state("b").state is ConnectionState.CONNECTED


async def test_connect_says_why_not() -> None:
    driver = LoopbackDriver()
    driver.refuse = {"a": ConnectFailed("refused"), "b": ConnectFailed("refused")}
    async with context_for(driver, "a", "b", "c") as (context, _):
        with pytest.raises(ConnectFailed, match="refused"):
            await perform(context, Invocation("connect", ("a",)))
        with pytest.raises(ActionFailed, match="connect failed on 2 of 3 hosts; a: refused"):
            await perform(context, Invocation("connect", ("a", "b", "c")))


async def test_run_starts_a_job() -> None:
    async with context_for(LoopbackDriver(), "a") as (context, _):
        job = await perform(context, Invocation("run", ("a",), "uname -r"))
        assert job is not None
        (result,) = await job.wait()
        assert result.stdout == b"a: uname -r\n"
        with pytest.raises(ActionFailed, match="needs a command"):
            await perform(context, Invocation("run", ("a",), " "))


async def test_a_key_is_trusted_by_the_fingerprint_that_was_seen() -> None:
    driver = LoopbackDriver()
    driver.refuse["a"] = KEY
    async with context_for(driver, "a", "b") as (context, trusted):
        await state_of(context, "a", ConnectionState.FAILED)
        refused = refused_key(context.manager, "a")
        assert refused is not None
        assert refused.fingerprint == "SHA256:abc"
        for bad in (
            Invocation("trust-key", ("a",)),
            Invocation("trust-key", ("a",), "SHA256:other"),
            Invocation("trust-key", ("b",), "SHA256:abc"),
            Invocation("trust-key", ("a", "b"), "SHA256:abc"),
        ):
            with pytest.raises(ActionFailed):
                await perform(context, bad)
        assert not trusted.calls
        await perform(context, Invocation("trust-key", ("a",), "SHA256:abc"))
        await state_of(context, "a", ConnectionState.CONNECTED)
        assert trusted.calls == [("a", "ssh-ed25519 AAAA", True)]
        assert refused_key(context.manager, "a") is None


async def test_what_is_not_there() -> None:
    async with context_for(LoopbackDriver(), "a") as (context, _):
        with pytest.raises(ActionFailed, match="no action 'fly'; there are retry"):
            await perform(context, Invocation("fly", ("a",)))
        with pytest.raises(ActionFailed, match="needs hosts"):
            await perform(context, Invocation("retry"))
        with pytest.raises(HostUnknown):
            await perform(context, Invocation("retry", ("nosuch",)))
