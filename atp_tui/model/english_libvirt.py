"""Sentences about libvirt connections; see `english`, of which they are a part."""

from __future__ import annotations

from collections.abc import Mapping

from .say import Say

SENTENCES: Mapping[Say, str] = {
    # -- libvirt: the way to its daemon ------------------------------------------------------------------------------
    #
    Say.NO_BINDING: (
        "libvirt's Python binding cannot be loaded ({why}); install the package python3-libvirt, "
        "or libvirt-python with pip"
    ),
    Say.REFUSED_BY: "connection refused by {peer}",
    Say.NO_SOCKET_AT: "no libvirt socket at {peer}",
    Say.NO_PERMISSION_AT: "no permission to connect to {peer}",
    Say.NO_ROUTE_TO: "no route to {peer}",
    Say.NO_ANSWER_BY: "no answer from {peer}",
    Say.ENDED_WHILE_OPENING: "{peer} ended the connection while it was being opened",
    Say.ENDED_OR_ANOTHER: "{peer} ended the connection while it was being opened, or speaks another protocol",
    Say.NOT_LIBVIRT: "{peer} does not speak libvirt's protocol: {why}",
    Say.BEGINS_WITH: "it begins with {first!r}",
    Say.BEGINS_AS_SSH: "it begins with {first!r}, as SSH servers do",
    Say.BEGINS_AS_WEB: "it begins with {first!r}, as web servers do",
    Say.BEGINS_AS_MAIL: "it begins with {first!r}, as mail servers do",
    Say.TCP_PORT: "libvirtd's TCP port is {port}",
    Say.SAYS_NOTHING: "{peer} takes the connection and says nothing: it hangs, or is no libvirtd",
    Say.CANNOT_READ: "cannot read {file}",
    #
    # -- libvirt: who we are -----------------------------------------------------------------------------------------
    #
    Say.LIBVIRT_REFUSES_US: "{peer} refused us: {why}",
    Say.ASK_POLKIT: "let its polkit allow it, or be in its group libvirt",
    Say.NO_MECHANISM: (
        "the SASL mechanisms that it offers are not installed here "
        "(Debian: libsasl2-modules, for Kerberos libsasl2-modules-gssapi-mit)"
    ),
    Say.ASKED_FOR_NOTHING: (
        "it asked for nothing: over plain tcp libvirt takes only SASL mechanisms that encrypt, so use +tls"
    ),
    Say.ASKS_SOMETHING: "{peer} asks {prompt!r}, to which there is no answer from here",
    Say.WANTS_PASSWORD: "{peer} wants a password, and {why}; {remedy}",
    Say.WANTS_PASSWORD_OF: "{peer} wants a password of {user}, and {why}; {remedy}",
    Say.FILE_UNREADABLE: "{file} cannot be read: {why}",
    Say.NO_AUTH_CONF: "there is no auth.conf",
    Say.NOT_IN_AUTH_CONF: "{file} has none for {host}",
    Say.TYPED_PASSWORD_REFUSED: ("{peer} does not take the name {user} with the password that was typed; {remedy}"),
    Say.FILED_PASSWORD_REFUSED: "{peer} does not take the name {user} with the password of {file}; {remedy}",
    Say.WRITE_OR_TYPE_IT: "write it to {file} (mode 0600), or press P on the screen",
    #
    # -- libvirt over TLS --------------------------------------------------------------------------------------------
    #
    Say.CA_UNUSABLE: "the CA certificate {file}: {why}",
    Say.CERTIFICATE_UNUSABLE: "the client certificate or key {file}: {why}",
    Say.TLS_AND_NOTHING: "{peer} speaks TLS and then says nothing: it hangs, or is no libvirtd",
    Say.CERTIFICATE_OF_PEER: "the certificate of {peer} is not accepted: {why}",
    Say.OUR_CERTIFICATE: "{peer} does not take our TLS certificate: {why}",
    Say.NO_TLS_THERE: (
        "{peer} does not speak TLS there. Check the port: libvirtd's TLS port is {tls}, {tcp} is for +tcp ({why})"
    ),
    Say.NO_TLS: "no TLS with {peer} ({why})",
    Say.ENDED_IN_HANDSHAKE: (
        "{peer} ended the connection in the TLS handshake: does it speak TLS there? "
        "Check the port: libvirtd's TLS port is {tls}, {tcp} is for +tcp"
    ),
    #
    # -- libvirt over SSH --------------------------------------------------------------------------------------------
    #
    Say.NEEDS_SSH: "{uri} needs the host's SSH connection, and the host has none: give it one, or another uri",
    Say.NO_DAEMON: "no libvirt daemon answers at {first}: {why}",
    Say.NO_DAEMON_AT_EITHER: "no libvirt daemon answers at {first} or {second}: {why}",
    Say.NO_DAEMON_OF_SESSION: "no libvirt daemon answers at the session's socket: {why}",
    Say.IN_LIBVIRTS_PLACE: "in libvirt's place the host says: {said}",
    Say.LIBVIRT_COMMAND: "the command that connects to libvirt's socket",
    #
    # -- libvirt: the end of a connection ----------------------------------------------------------------------------
    #
    Say.BROKE: "the connection broke",
    Say.HOST_CLOSED_IT: "the host closed the connection",
    Say.HOST_FELL_SILENT: "the host no longer answers",
    Say.PEER_ENDED: "{peer} ended the connection",
    Say.PEER_ENDED_SINCE: "{peer} ended the connection: {why}",
}
