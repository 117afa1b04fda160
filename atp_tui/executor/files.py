"""Work of the kinds "push" and "pull": files sent to a host, and fetched from it, over SFTP."""

from __future__ import annotations

import os

from ..model.data_class import dataclass
from ..model.errors import Unsupported
from ..model.far_paths import shown, to_bytes
from ..model.file_names import host_file_name
from ..model.host import HostInfo
from ..model.message import told
from ..model.moving import AS_USUAL, MoveRules, MoveSink, NearFile, Pull, Push
from ..model.outcome import ExitStatus
from ..model.placeholders import parsed
from ..model.say import Say
from ..model.target import TargetId
from ..transport.connection import HostConnection
from .kind import Kind


@dataclass(frozen=True, slots=True)
class PushWork:
    """Near files for a far path. `sources` and `far` may have placeholders; `files` are what the sources come to on all
    hosts, each once, by absolute paths."""

    sources: tuple[str, ...]
    files: tuple[NearFile, ...]
    far: str
    rules: MoveRules = AS_USUAL

    @property
    def kind(self) -> str:
        return "push"

    @property
    def title(self) -> str:
        few = [*self.sources[:3], *(["…"] if len(self.sources) > 3 else [])]
        return f"push {' '.join(shown(to_bytes(each)) for each in few)} {shown(to_bytes(self.far))}"


@dataclass(frozen=True, slots=True)
class PullWork:
    """A far path, perhaps a pattern, and the near folder with a folder for each host; both may have placeholders."""

    far: str
    near: str
    rules: MoveRules = AS_USUAL

    @property
    def kind(self) -> str:
        return "pull"

    @property
    def title(self) -> str:
        return f"pull {shown(to_bytes(self.far))} {shown(to_bytes(self.near))}"


def filled(path: str, host: HostInfo) -> str:
    """A path for that host. Raises ActionFailed where it has no value for a placeholder, or one that cannot be."""
    return parsed(path, is_shell=False).filled(host)


def near_folder(path: str, host: HostInfo) -> str:
    """The folder of a host within the near folder of a pull."""
    return os.path.join(filled(path, host), host_file_name(host.id, ""))


async def _push(connection: HostConnection, target: TargetId, work: PushWork, sink: MoveSink) -> ExitStatus:
    _require_host(target)
    host, known = connection.host_info, {file.path: file for file in work.files}
    sources = tuple(known[path] for text in work.sources if (path := filled(text, host)) in known)
    if len(sources) != len(work.sources):  # hosts.toml has another value by now
        missing = next(path for text in work.sources if (path := filled(text, host)) not in known)
        raise Unsupported(told(Say.NEAR_FILE_STALE, path=shown(to_bytes(missing))), host=host.id)
    return await connection.move(Push(sources, filled(work.far, host), work.rules), sink)


async def _pull(connection: HostConnection, target: TargetId, work: PullWork, sink: MoveSink) -> ExitStatus:
    _require_host(target)
    host = connection.host_info
    return await connection.move(Pull(filled(work.far, host), near_folder(work.near, host), work.rules), sink)


def _require_host(target: TargetId) -> None:
    if target.domain is not None:
        raise Unsupported(told(Say.HOSTS_ONLY), host=target.host)


PUSH: Kind[PushWork] = Kind("push", PushWork, "ssh", _push)
PULL: Kind[PullWork] = Kind("pull", PullWork, "ssh", _pull)
