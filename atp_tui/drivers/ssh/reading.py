"""The way to a host: its sshd and the jump hosts before it, each as hosts.toml and ssh_config have it."""

from __future__ import annotations

from dataclasses import replace

from ...model.causes import Cause
from ...model.errors import ConfigError, ConnectFailed
from ...model.host import HostInfo
from ...model.jump import Hop, parse_jump
from ...model.quoting import redacted
from ...model.settings import SshSettings
from .config.reader import ConfigReader
from .config.said import Question
from .endpoint import Endpoint, endpoint_of, limited, question, question_of

_MOST_HOPS = 8


class PathReader:
    """Finds the way without holding up the event loop. One object for one event loop."""

    def __init__(self, config: ConfigReader | None = None) -> None:
        self._config = config or ConfigReader()

    def close(self) -> None:
        """End what is asked of ssh_config."""
        self._config.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was told of the files so far: lines that are not understood, and more of that kind."""
        return self._config.told

    async def path_to(self, host: HostInfo) -> list[Endpoint]:
        """The sshds to go through, the host's own last.

        What hosts.toml says of the host's files and policy holds for its jump hosts too; user and port do not, nor does
        what its URI says, as libvirt has it. Raises Unsupported for a host without SSH, ConnectFailed for settings of
        no use and for too long a path.
        """
        settings = host.ssh_settings
        path = [limited(await self._endpoint(question_of(host, settings), settings), settings)]
        before = path[0].jump
        while before:
            of_hops = replace(host.ssh or SshSettings(), user=None, port=None, proxy_jump=None)
            behind = path[0]
            for name, user, port in reversed(_hops(before)):
                hop = await self._endpoint(question(name, user, port, of_hops), of_hops)
                # `Host *` with a ProxyJump makes the jump host its own; with another HostKeyAlias it is another machine
                if (hop.name, hop.port, hop.key_name) != (path[0].name, path[0].port, path[0].key_name):
                    path.insert(0, hop)
            # ssh_config may put the first jump host behind another one
            before = path[0].jump if path[0] is not behind else None
            if len(path) - 1 > _MOST_HOPS:
                raise ConnectFailed(
                    f"more than {_MOST_HOPS} jump hosts in a row: is there a circle?",
                    permanent=True,
                    kind=Cause.BAD_JUMP,
                )
        return path

    async def _endpoint(self, asked: Question, settings: SshSettings) -> Endpoint:
        try:
            said = await self._config.ask(asked)
        except OSError as error:
            raise ConnectFailed(f"ssh_config cannot be read: {error}", permanent=True, kind=Cause.SSH_CONFIG) from error
        endpoint = endpoint_of(asked, said, settings)
        provider = dict(endpoint.unread).get("PKCS11Provider")
        if provider is not None:
            words = "is not loaded here; ssh-add -s puts the token's keys into an agent, which is asked"
            self._config.tell(f"ssh_config's PKCS11Provider {redacted(provider)} {words}")
        if "CheckHostIP" in dict(endpoint.unread):
            self._config.tell("ssh_config's CheckHostIP is not read here: keys are filed under the host's name alone")
        return endpoint


def _hops(way: str) -> tuple[Hop, ...]:
    try:
        return parse_jump(way)
    except ConfigError as error:  # ssh_config's: hosts.toml has been checked
        raise ConnectFailed(f"{error.message}: {error.hint}", permanent=True, kind=Cause.BAD_JUMP) from error
