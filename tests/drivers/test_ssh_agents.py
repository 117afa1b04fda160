"""Many keys and few tries: an agent with twenty keys against an sshd that takes three."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.model.causes import Cause
from atp_tui.model.settings import SshSettings

from ..daemons.sshd import PrivateSshd, running_sshd
from .ssh_links import answers, fails, host_of, new_key
from .test_ssh_certificates import keygen
from .test_ssh_logins import agent, empty_agent

pytestmark = pytest.mark.daemons


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd"), options=["MaxAuthTries 3"]) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Path]:
    return [new_key(tmp_path_factory.mktemp("keys") / f"key{number}") for number in range(20)]


@pytest.fixture
def own_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with agent(tmp_path) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        yield


def add(*keys: Path) -> None:
    subprocess.run(["ssh-add", "-q", *keys], check=True, capture_output=True)


def config(directory: Path, daemon: PrivateSshd, lines: str) -> SshSettings:
    file = directory / "config"
    file.write_text(lines)
    return replace(daemon.ssh_settings(identity_files=None), config_file=str(file))


@pytest.mark.usefixtures("own_agent")
async def test_of_an_agent_with_twenty_keys_the_named_one_alone_is_offered(
    strict: PrivateSshd, others: Sequence[Path], tmp_path: Path
) -> None:
    add(*others, strict.client_key)
    named = f"IdentityFile {strict.client_key}.pub\n"
    assert await answers(host_of(strict, config(tmp_path, strict, f"{named}IdentitiesOnly yes\n")))
    assert await answers(host_of(strict, config(tmp_path, strict, named))), "it comes before the agent's others"
    error = await fails(host_of(strict, config(tmp_path, strict, "")))
    assert error.kind is Cause.TOO_MANY_KEYS


@pytest.mark.usefixtures("own_agent")
async def test_the_agents_key_that_worked_is_offered_first_the_next_time(
    strict: PrivateSshd, others: Sequence[Path], tmp_path: Path
) -> None:
    driver, host = SshDriver(), host_of(strict, config(tmp_path, strict, ""))
    add(strict.client_key)
    assert await answers(host, driver)
    empty_agent()
    add(*others, strict.client_key)
    assert await answers(host, driver)
    assert (await fails(host)).kind is Cause.TOO_MANY_KEYS, "another driver does not know it"


async def test_the_file_that_worked_is_offered_first_the_next_time(strict: PrivateSshd, others: Sequence[Path]) -> None:
    driver = SshDriver()
    few = replace(strict.ssh_settings(), identity_files=(*map(str, others[:2]), str(strict.client_key)))
    many = replace(few, identity_files=(*map(str, others), str(strict.client_key)))
    assert await answers(host_of(strict, few), driver)
    assert await answers(host_of(strict, many), driver)
    assert (await fails(host_of(strict, many))).kind is Cause.TOO_MANY_KEYS


@pytest.mark.usefixtures("own_agent")
async def test_the_end_of_a_certificate_that_the_agent_alone_has_is_told(strict: PrivateSshd, tmp_path: Path) -> None:
    shutil.copy(strict.client_key, tmp_path / "key")
    shutil.copy(f"{strict.client_key}.pub", tmp_path / "key.pub")
    new_key(tmp_path / "ca")
    keygen("-s", tmp_path / "ca", "-I", "test", "-V", "-1d:+10m", tmp_path / "key.pub")
    add(tmp_path / "key")
    driver, noted = SshDriver(), list[str]()
    driver.key_store.note = lambda host, message: noted.append(str(message))
    for _ in range(2):
        assert await answers(host_of(strict, config(tmp_path, strict, "")), driver)
    (words,) = noted
    assert words.startswith("the agent's certificate ")
