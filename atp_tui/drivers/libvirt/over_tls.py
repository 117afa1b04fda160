"""The far end of a +tls connection: TLS by Python, with certificates from where libvirt keeps them."""

from __future__ import annotations

import asyncio
import os
import ssl
from functools import partial
from pathlib import Path

from ...model.causes import Cause
from ...model.errors import AuthFailed, ConnectFailed
from ...model.host import ConnectionUri
from ...model.message import Message, told
from ...model.say import Say
from ...model.uri_parameters import flag
from ...transport.driver import OpenRequest, RawStream, StreamReceiver
from ..readable import readable
from .failures import one_line, socket_failure
from .uris import TCP_PORT, TLS_PORT

_ACCEPTED = b"\x01"
"""libvirtd's first byte after the handshake: it takes our certificate. Otherwise it closes the connection."""

_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "UNEXPECTED_MESSAGE"})
"""OpenSSL's reasons where what comes is no TLS record; which of them it is depends on its version and on the bytes."""

_EXPIRED = 10
"""X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL's x509_vfy.h."""


def tls_context(uri: ConnectionUri, host: str) -> ssl.SSLContext:
    """Certificates as libvirt finds them: `?pkipath=`, else ~/.pki/libvirt, else /etc/pki; `?no_verify=1` honoured.

    All files of a `?pkipath=` must be there, as with libvirt (https://libvirt.org/uri.html).
    Raises ConnectFailed (permanent), naming the file, for one that is missing, bad, or a pipe.
    """
    ca, certificate, key = _files(uri)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if flag(uri.query, "no_verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        _load(context.load_verify_locations, Say.CA_UNUSABLE, ca, host=host)
    # elsewhere, without one, a daemon that asks for none may still take us
    if "pkipath" in uri.query or certificate.exists() or key.exists():
        load = partial(context.load_cert_chain, password=_no_passphrase)
        _load(load, Say.CERTIFICATE_UNUSABLE, certificate, key, host=host)
    return context


def _load(load: object, unusable: Say, *files: Path, host: str) -> None:
    assert callable(load)
    try:
        for file in files:
            readable(file)
        load(*map(str, files))
    except (OSError, ssl.SSLError) as error:
        named = error.filename or " and ".join(map(str, files))
        words = error.strerror if error.filename else one_line(error)
        reason = told(unusable, file=str(named), why=words or "")
        raise ConnectFailed(reason, host=host, permanent=True, kind=Cause.BAD_FILE) from error


def _no_passphrase() -> str:
    """Without it OpenSSL would ask for one over the screen, and hold the event loop until it has it."""
    raise OSError("the key needs a passphrase, and libvirt's clients have none: store it without")


def _files(uri: ConnectionUri) -> tuple[Path, Path, Path]:
    if path := uri.query.get("pkipath"):
        return _flat(Path(path))
    own = _flat(Path("~/.pki/libvirt").expanduser())
    if os.geteuid() != 0 and own[0].exists():
        return own
    pki = Path("/etc/pki")
    return pki / "CA/cacert.pem", pki / "libvirt/clientcert.pem", pki / "libvirt/private/clientkey.pem"


def _flat(directory: Path) -> tuple[Path, Path, Path]:
    return directory / "cacert.pem", directory / "clientcert.pem", directory / "clientkey.pem"


def _no_tls(error: ssl.SSLError, peer: str) -> Message:
    reason = (error.reason or "").replace("_", " ").lower() or one_line(error)
    if error.reason in _NOT_TLS:
        return told(Say.NO_TLS_THERE, peer=peer, tls=TLS_PORT, tcp=TCP_PORT, why=reason)
    return told(Say.NO_TLS, peer=peer, why=reason)


class _TlsStream(asyncio.Protocol):
    """RawStream over an asyncio transport; `accepted` is done once libvirtd has said that it takes us."""

    def __init__(self, receiver: StreamReceiver) -> None:
        self.accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._receiver = receiver
        self._transport: asyncio.Transport | None = None
        self._unsent = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self.accepted.done():
            if data[:1] != _ACCEPTED:
                self.accepted.set_exception(ConnectionError("something else than libvirtd answers"))
                return
            self.accepted.set_result(None)
            data = data[1:]
        if data:
            self._receiver.data(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self.accepted.done():
            self._receiver.ended(error)
        else:
            self.accepted.set_exception(EOFError(one_line(error) if error else "connection closed"))

    def pause_writing(self) -> None:
        self._receiver.pause_writing()

    def resume_writing(self) -> None:
        self._receiver.resume_writing()

    # -- RawStream -----------------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send each RPC message as a TLS record of its own, as libvirt's own client does.

        A libvirtd whose limit of requests is reached in the middle of a record forgets the rest of it until more bytes
        arrive (seen with 9.0: answers stood still until the next keepalive). A message begins with its own length in
        four bytes, most significant first: https://libvirt.org/kbase/internals/rpc.html.
        """
        if self._transport is None:
            return
        self._unsent += data
        while 4 <= (length := int.from_bytes(self._unsent[:4], "big")) <= len(self._unsent):
            self._transport.write(bytes(self._unsent[:length]))
            del self._unsent[:length]

    def write_eof(self) -> None:
        """TLS cannot close one direction alone."""

    def pause_reading(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def open_tls(
    context: ssl.SSLContext,
    uri: ConnectionUri,
    address: str,
    port: int,
    receiver: StreamReceiver,
    request: OpenRequest,
) -> RawStream:
    """A stream to a libvirtd that has taken our certificate. Raises ConnectFailed, AuthFailed."""
    peer, host = f"{address}:{port}", request.host.id
    stream = _TlsStream(receiver)
    taken = False
    try:
        await asyncio.get_running_loop().create_connection(
            lambda: stream, address, port, ssl=context, server_hostname=uri.host if context.check_hostname else None
        )
        request.progress.known = told(Say.TLS_AND_NOTHING, peer=peer)
        request.progress.kind = Cause.LIBVIRT_SILENT
        await stream.accepted
        request.progress.known = None
        taken = True
    except ssl.SSLCertVerificationError as error:
        reason = told(Say.CERTIFICATE_OF_PEER, peer=peer, why=error.verify_message)
        expired = error.verify_code == _EXPIRED
        kind = Cause.CERTIFICATE_EXPIRED if expired else Cause.CERTIFICATE_UNTRUSTED
        raise ConnectFailed(reason, host=host, permanent=True, kind=kind) from error
    except EOFError as error:
        reason = told(Say.OUR_CERTIFICATE, peer=peer, why=one_line(error))
        raise AuthFailed(reason, host=host, kind=Cause.OUR_CERTIFICATE) from error
    except ssl.SSLError as error:
        raise ConnectFailed(_no_tls(error, peer), host=host, kind=Cause.NO_TLS) from error
    except (ConnectionResetError, ConnectionAbortedError) as error:
        reason = told(Say.ENDED_IN_HANDSHAKE, peer=peer, tls=TLS_PORT, tcp=TCP_PORT)
        raise ConnectFailed(reason, host=host, kind=Cause.ENDED_EARLY) from error
    except OSError as error:
        raise socket_failure(error, peer, host) from error
    finally:
        if not taken:  # a cancel, too: it may come in the very moment that the daemon's word does
            stream.abort()
    return stream
