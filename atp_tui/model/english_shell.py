"""What is said of sessions that a person types into."""

from __future__ import annotations

from collections.abc import Mapping

from .say import Say

SENTENCES: Mapping[Say, str] = {
    Say.SSH_OPENS_NO_SHELL: "{host}: its SSH connection opens no shell",
    Say.VIRT_OPENS_NO_SHELL: "{host}: its hypervisor connection opens no shell; its SSH connection may",
    Say.NO_TERMINAL: "{host} gives no terminal: PermitTTY in its sshd_config forbids it, or no-pty before the key",
    Say.SHELL_REFUSED: "{host} starts no session for a person",
    Say.NO_TERMINAL_HERE: "a shell needs a terminal as standard input and output (without: name a command after --)",
}
