"""A libvirtd of ours that answers what it likes: it speaks libvirt's RPC, with typed parameters of a test's choice.

Framing and procedures: https://libvirt.org/kbase/internals/rpc.html and libvirt's remote_protocol.x; the encoding is
XDR (RFC 4506). What it has no answer for, it answers with "no support", as a hypervisor driver that lacks it does.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from types import TracebackType

_PROGRAM = 0x20008086
_REPLY, _OK, _ERROR = 1, 0, 1

OPEN, CLOSE, TYPE, VERSION, NODE_INFO, HOSTNAME, FEATURE = 1, 2, 3, 4, 6, 59, 60
XML, BY_UUID, AUTH_LIST, LIB_VERSION, ALL_STATS, REGISTER_CLOSE, UNREGISTER_CLOSE = 14, 24, 66, 157, 344, 360, 361

Parameters = Mapping[str, int | float | str]


def text(value: bytes) -> bytes:
    """An XDR string."""
    return struct.pack(">I", len(value)) + value + b"\0" * (-len(value) % 4)


def stats(*domains: tuple[bytes, Parameters]) -> bytes:
    """The answer to virConnectGetAllDomainStats: of each domain its name and its figures, of whatever type."""
    records = [text(name) + bytes(16) + struct.pack(">i", 1) + _parameters(figures) for name, figures in domains]
    return struct.pack(">I", len(records)) + b"".join(records)


def _parameters(figures: Parameters) -> bytes:
    return struct.pack(">I", len(figures)) + b"".join(text(name.encode()) + _typed(figures[name]) for name in figures)


def _typed(value: int | float | str) -> bytes:
    """A typed parameter: an unsigned 64-bit number, a double or a string (virTypedParameterType)."""
    if isinstance(value, str):
        return struct.pack(">I", 7) + text(value.encode())
    return struct.pack(">Id", 5, value) if isinstance(value, float) else struct.pack(">IQ", 4, value)


def node_info(memory: int = 1 << 20, cpus: int = 4) -> bytes:
    """The answer to virNodeGetInfo; `memory` in KiB. XDR has each character of the model in four bytes."""
    return b"".join(struct.pack(">i", sign) for sign in b"x86_64".ljust(32, b"\0")) + struct.pack(
        ">Qiiiiii", memory, cpus, 2400, 1, 1, cpus, 1
    )


class HostileLibvirtd:
    """Listens on a free port of 127.0.0.1 while it is entered. `answers` go over those of a peaceful one.

    `asked` are the procedures that it has heard. `spoil` makes of an answer to ALL_STATS, as it would go over the wire,
    what goes there in its place; the connection ends behind it where `hangs_up`.
    """

    def __init__(
        self,
        answers: Mapping[int, bytes],
        spoil: Callable[[bytes], bytes] | None = None,
        *,
        hangs_up: bool = False,
    ) -> None:
        self._spoil = spoil
        self._hangs_up = hangs_up
        self._answers = {
            OPEN: b"",
            CLOSE: b"",
            REGISTER_CLOSE: b"",
            UNREGISTER_CLOSE: b"",
            FEATURE: struct.pack(">i", 0),
            AUTH_LIST: struct.pack(">Ii", 1, 0),
            LIB_VERSION: struct.pack(">Q", 9_000_000),
            VERSION: struct.pack(">Q", 7_002_000),
            TYPE: text(b"QEMU"),
            BY_UUID: text(b"quiet") + bytes(16) + struct.pack(">i", 1),
            XML: text(b"<domain><name>quiet</name></domain>"),
            HOSTNAME: text(b"hostile"),
            NODE_INFO: node_info(),
            ALL_STATS: stats(),
        } | dict(answers)
        self.asked: list[int] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    @property
    def uri(self) -> str:
        return f"qemu+tcp://127.0.0.1:{self.port}/system"

    def __enter__(self) -> HostileLibvirtd:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, EOFError), connection.makefile("rb") as stream:
            while head := stream.read(4):
                body = stream.read(struct.unpack(">I", head)[0] - 4)
                program, version, procedure, _, serial, _ = struct.unpack(">IIiiIi", body[:24])
                if program != _PROGRAM:
                    continue  # keepalive
                self.asked.append(procedure)
                answer = self._answers.get(procedure)
                status, payload = (_ERROR, _no_support()) if answer is None else (_OK, answer)
                reply = struct.pack(">IIiiIi", program, version, procedure, _REPLY, serial, status) + payload
                frame = struct.pack(">I", len(reply) + 4) + reply
                if self._spoil is None or procedure != ALL_STATS:
                    connection.sendall(frame)
                    continue
                connection.sendall(self._spoil(frame))
                if self._hangs_up:
                    return


def _no_support() -> bytes:
    code, domain, level = 3, 7, 2  # VIR_ERR_NO_SUPPORT, VIR_FROM_REMOTE, VIR_ERR_ERROR
    words = struct.pack(">I", 1) + text(b"this function is not supported")
    return struct.pack(">ii", code, domain) + words + struct.pack(">iIIIIiiI", level, 0, 0, 0, 0, 0, 0, 0)
