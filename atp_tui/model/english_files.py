"""What is said of files that are sent and fetched, and of forwards."""

from __future__ import annotations

from collections.abc import Mapping

from .say import Say

SENTENCES: Mapping[Say, str] = {
    Say.SSH_MOVES_NO_FILES: "{host}: its SSH connection moves no files",
    Say.VIRT_MOVES_NO_FILES: "{host}: its hypervisor connection moves no files; its SSH connection may",
    Say.SSH_REACHES_NOTHING: "{host}: its SSH connection forwards nothing",
    Say.VIRT_REACHES_NOTHING: "{host}: its hypervisor connection forwards nothing; its SSH connection may",
    Say.NO_SFTP: "{host} takes no files: its sshd has no SFTP subsystem (Subsystem sftp in sshd_config)",
    Say.SFTP_NO_START: "{host} takes no files: what its sshd names as SFTP subsystem does not start ({why})",
    Say.SFTP_NOT_SPOKEN: "{host} takes no files: something else than SFTP answers there, with: {said}",
    Say.SFTP_BROKEN: "what {host} sends is no SFTP: {why}",
    Say.SFTP_ENDED: "{host} has ended its SFTP session",
    Say.FILES_CUT: "{why}; {done:,} of {total:,} bytes had come over (--resume goes on)",
    Say.FILES_PARTLY: "{failed} of {number} failed, the first: {why}",
    Say.FILE_FULL: "disk full: {path}",
    Say.FILE_DENIED: "permission denied: {path}",
    Say.FILE_READ_ONLY: "read-only file system: {path}",
    Say.FILE_EXISTS: "exists already, and is left: {path}",
    Say.FILE_NO_FOLDER: "no such folder: {path}",
    Say.FILE_NOT_FOLDER: "not a folder: {path}",
    Say.FILE_IS_FOLDER: "a folder is there: {path} (a / at the end puts the file into it)",
    Say.FILE_SPECIAL: "{what} is there, which is never written to: {path}",
    Say.FILE_MISSING: "no such file: {path}",
    Say.FILE_NO_MATCH: "nothing matches {path}",
    Say.FILE_REFUSED: "{path}: {why}",
    Say.FILE_CHANGED: "it has changed while it was read, and was not put in place: {path}",
    Say.FILE_SHRANK: "it became shorter while it was read, and was not put in place: {path}",
    Say.FILE_DIFFERS: "its checksum is another one, and it was not put in place: {path}",
    Say.FILE_TWICE: "two of these would be one file: {path}",
    Say.FILE_TOO_MANY: "more than {number:,} entries: {path}",
    Say.FILE_UNSAFE: "a name that leads out of its folder: {path}",
    Say.NEAR_FILE_FAILED: "{path} on this machine: {why}",
    Say.NEAR_FILE_STALE: "{path} on this machine has changed since it was asked for",
    Say.NEAR_NOT_A_FILE: "{path} on this machine is no file or folder",
    Say.MOVE_NEEDS_FOLDER: "several files go into a folder: end the path there with /",
    Say.REACH_FORBIDDEN: "{host} forwards nothing to {target}: its sshd forbids it (AllowTcpForwarding, PermitOpen)",
    Say.REACH_REFUSED: "{host} does not reach {target}: {why}",
    Say.REACH_NO_SOCKET: (
        "{host} does not reach {target}: no such socket is there, nothing listens on it, or its sshd forbids it "
        "(AllowStreamLocalForwarding)"
    ),
    Say.NEAR_TAKEN: "something else listens on {near} here already: choose another port, or 0 for one that is free",
    Say.NEAR_EXISTS: "{near} is there already, and is left: choose another path, or remove it first",
    Say.NEAR_NOT_ALLOWED: "{near}: this user may not listen there",
    Say.NEAR_NO_ADDRESS: "{near} is no address of this machine",
    Say.NEAR_NO_SOCKET: "{near} cannot be listened on: {why}",
    Say.FORWARD_LOST: "{near} waits for the connection to {host}: {why}",
    Say.FORWARD_BACK: "{near} goes on: {host} is connected again",
    Say.FORWARD_FULL: "{near} carries {most:,} connections: further ones wait until one of them ends",
    Say.FORWARD_EXPOSED: "other machines can connect to {near}, and so to {far} by way of {host}",
}
