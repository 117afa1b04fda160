"""Tables of a hosts.toml whose hosts are the suite's own daemons."""

from __future__ import annotations

import json

from .sshd import PrivateSshd


def ssh_table(sshd: PrivateSshd, **more: object) -> str:
    """How an sshd is reached; `more` are further keys, or other values of these."""
    values: dict[str, object] = {
        "user": sshd.user,
        "port": sshd.port,
        "identity_files": [str(sshd.client_key)],
        "known_hosts": [str(sshd.known_hosts)],
        "config_file": str(sshd.config_file),
    }
    return "[hosts.ssh]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in (values | more).items())


def host_table(
    name: str, uri: str | None, ssh: str | None, tags: tuple[str, ...] = (), *, host: str = "127.0.0.1"
) -> str:
    """A host; without `uri` it has no hypervisor, without `ssh` it takes no commands."""
    lines = [f'[[hosts]]\nid = "{name}"\nhost = "{host}"\ntags = {json.dumps(list(tags))}']
    lines.append("uri = false" if uri is None else f'uri = "{uri}"')
    lines.append("ssh = false\n" if ssh is None else ssh)
    return "\n".join(lines)
