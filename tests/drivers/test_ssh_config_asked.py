"""What ssh_config says of questions, of time and of new keys: BatchMode, NumberOfPasswordPrompts, ConnectTimeout and
StrictHostKeyChecking."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.model.causes import Cause
from atp_tui.model.errors import HostKeyRejected
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import HostKeyPolicy, SshSettings

from ..daemons.asking_sshd import Asking, listening
from .ssh_config_place import Place, box, driver, place
from .ssh_links import answers, fails, open_link
from .test_ssh_answers import Person

__all__ = ["place"]

pytestmark = pytest.mark.daemons


def with_config(host: HostInfo, directory: Path, text: str) -> HostInfo:
    config = directory / "ssh_config"
    config.write_text(text)
    assert host.ssh is not None
    return replace(host, ssh=replace(host.ssh, config_file=str(config)))


async def test_batch_mode_has_nobody_asked(tmp_path: Path) -> None:
    server, person = Asking("secret"), Person("secret")
    async with listening(server):
        error = await fails(with_config(server.host(tmp_path), tmp_path, "BatchMode yes\n"), person.driver)
    assert (error.kind, server.told, person.asked) == (Cause.WANTS_PASSWORD, [], [])
    assert "BatchMode yes lets nobody be asked" in error.message


@pytest.mark.parametrize(("number", "told"), [(0, []), (1, ["a"]), (2, ["a", "b"]), (9, ["a", "b", "c"])])
async def test_a_password_is_asked_for_as_often_as_ssh_config_has_it(
    number: int, told: list[str], tmp_path: Path
) -> None:
    server, person = Asking("secret"), Person("a", "b", "c", "d")
    async with listening(server):
        host = with_config(server.host(tmp_path), tmp_path, f"NumberOfPasswordPrompts {number}\n")
        await fails(host, person.driver)
    assert server.told == told


@pytest.fixture
def full() -> Iterator[int]:
    """A port that takes no connection any more: those that want one wait."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port: int = listener.getsockname()[1]
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


async def test_a_connection_takes_no_longer_than_ssh_config_has_it(full: int, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("ConnectTimeout 1\n")
    host = HostInfo("peer", "127.0.0.1", uri=None, ssh=SshSettings(config_file=str(config), port=full))
    error = await fails(host)
    assert error.message == f"127.0.0.1 port {full}: no TCP connection within 1 s (ConnectTimeout in ssh_config)"
    assert (error.kind, error.permanent) == (Cause.NO_ANSWER, False)


LOGIN = "Host box\n HostName @HOST@\n Port @PORT@\n User @USER@\n IdentityFile @KEY@\n UserKnownHostsFile @DIR@/new\n"


@pytest.mark.parametrize("client", ["ssh", "own"])
async def test_a_new_key_is_taken_where_ssh_config_has_it_and_hosts_toml_says_nothing(
    place: Place, client: str
) -> None:
    known = place.directory / "new"
    known.unlink(missing_ok=True)
    for word in ("no", "off", "ask", "yes"):
        with pytest.raises(HostKeyRejected):
            await open_link(box(place.written(f"{LOGIN} StrictHostKeyChecking {word}\n")), driver(client))
    file = place.written(f"{LOGIN} StrictHostKeyChecking accept-new\n")
    with pytest.raises(HostKeyRejected, match="accept-new is not read here: host_key_policy"):
        await open_link(box(file, host_key_policy=HostKeyPolicy.STRICT), driver(client))
    assert not known.exists()
    assert await answers(box(file), driver(client))
    assert place.daemon.host_public_key in known.read_text()
