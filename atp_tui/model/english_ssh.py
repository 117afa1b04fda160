"""Sentences about SSH connections, commands and keys; see `english`, of which they are a part."""

from __future__ import annotations

from collections.abc import Mapping

from .say import Say

SENTENCES: Mapping[Say, str] = {
    # -- SSH: the way to its server ----------------------------------------------------------------------------------
    #
    Say.WRONG_FAMILY: "{name} has no address of the family that ssh_config asks for",
    Say.NO_BIND_ADDRESS: "this machine has no address {address} (BindAddress in ssh_config): {where} was not tried",
    Say.NO_SSHD: "{where} refuses connections: is sshd running there?",
    Say.FILE_AT: "{where}: {file}: {why}",
    Say.NOT_FROM_JUMP_HOST: "{where} cannot be reached from the jump host: {why}",
    Say.NOT_SSH: "{where} does not speak SSH ({why})",
    Say.BAD_SSH: "{where} does not speak SSH as it should ({why})",
    Say.NO_SSH_SERVER: "{where} is no SSH server, or one that turns us away: it said {line}",
    Say.UNHEARD: "{where} takes the connection and says nothing: it hangs, or is no SSH server",
    Say.ENDED_WITHOUT_A_WORD: "{where} ended the connection without a word: is it an SSH server?",
    Say.ENDED_BEFORE_LOGIN: "{where} ended the connection before the login",
    Say.ENDED_AFTER_LOGIN: "{where} ended the connection right after the login",
    Say.ENDED_SAYING: "{where} ended the connection: {why}",
    Say.NO_COMMON_ALGORITHM: "no {kind} algorithm in common: it has {there}; here {here} ({keyword} in ssh_config)",
    Say.BEFORE_FAILED: "not connected to: the command that is run before ({program}, [ssh] before) failed: {why}",
    Say.PROXY_MUTE: "{where}: the ProxyCommand {end} and said nothing (it was: {command})",
    Say.PROXY_SAID: "{where}: the ProxyCommand {end}: {said} (it was: {command})",
    Say.PROXY_MUTE_AND_SENT: (
        "{where}: the ProxyCommand {end} and said nothing (it was: {command}; what came in the place of SSH: {came})"
    ),
    Say.PROXY_SAID_AND_SENT: (
        "{where}: the ProxyCommand {end}: {said} (it was: {command}; what came in the place of SSH: {came})"
    ),
    Say.PROXY_BRINGS_NOTHING: "brings no SSH",
    Say.PROXY_CLOSED: "closed the connection before SSH was up",
    Say.PROXY_KILLED: "was killed by {signal}",
    Say.PROXY_ENDED: "ended with exit status {status} before SSH was up",
    #
    # -- SSH: who we are ---------------------------------------------------------------------------------------------
    #
    Say.LOGIN_REFUSED: "{why} port {port}",
    Say.LOGIN_REFUSED_TAKES: "{why} port {port}: the host takes {ways}",
    Say.LOGIN_REFUSED_NO_KEYS: "{why} port {port}: the host takes {ways}, and no key",
    Say.LOGIN_WANTS_MORE: (
        "{why} port {port}: one login was taken, and the host wants {ways} as well (AuthenticationMethods)"
    ),
    Say.TOO_MANY_KEYS: "{where}: {why}: too many keys were offered; name one in identity_files",
    Say.NO_SUCH_FILE: "{file}: no such file",
    Say.OTHERS_MAY_READ: "{file} is not used, since others may read or change it (mode {mode}): chmod 600 {file}",
    Say.NEEDS_PASSPHRASE: "{file} needs a passphrase and no agent holds it",
    Say.PASSWORD_EXPIRED: "the password has expired at {where}, and a new one is wanted; it says: {said}",
    Say.WANTS_ANSWERS: "{where} asks for {what}, and nobody has answered",
    Say.ASKS_ON: "{where} asks on and on, which nobody would answer",
    Say.BATCH_MODE: "ssh_config's BatchMode yes lets nobody be asked",
    Say.PUBLIC_KEY_ALONE: "{file} is a public key, and no agent holds its private key",
    Say.NEEDS_AGENT: "{file} is of a security key, which needs an agent here: ssh-add {file}",
    Say.KEY_TOO_SHORT: "{key} has {bits} bits, and ssh_config's RequiredRSASize wants {least}",
    Say.RSA_KEY: "an RSA key",
    Say.CERTIFICATE_UNREADABLE: "{file} has no certificate that this program can read ({why})",
    Say.CERTIFICATE_OVER: "{file} has expired: its last second was {at}",
    Say.CERTIFICATE_ENDS: "{file} ends at {at}: have it renewed before, it is read anew at each connect",
    Say.CERTIFICATE_EARLY: "{file} is not valid yet: its first second is {at}",
    Say.AGENT_SILENT: "the agent at {agent} takes connections and says nothing (SSH_AUTH_SOCK)",
    Say.AGENT_UNREACHABLE: "the agent at {agent} does not answer: {why}",
    Say.AGENT_GIVES_NONE: "the agent gives no keys: {why}",
    Say.AGENT_SIGNS: "the agent at {agent} has been asked to sign with {key} and has not answered",
    Say.AGENT_SIGNS_NOT: "the agent at {agent} refused to sign with {key}",
    Say.SOME_KEY: "a key",
    Say.NO_KEY_OFFERED: "no key was offered: {agent}, and no key file counts for this host",
    Say.NO_KEY_OFFERED_OR_THERE: "no key was offered: {agent}, and no key file in ~/.ssh",
    Say.NO_AGENT: "there is no agent",
    Say.AGENT_EMPTY: "the agent at {agent} holds none",
    Say.AGENT_LEFT_OUT: "IdentitiesOnly leaves the agent's out",
    #
    # -- SSH: host keys ----------------------------------------------------------------------------------------------
    #
    Say.KEY_UNKNOWN: "host key not known: {name} shows {key}, which is not in {files}",
    Say.KEY_CHANGED: "host key CHANGED: {name} shows {key}, which is not the one in {files}",
    Say.KEY_REVOKED: (
        "host key REVOKED: {name} shows {key}, which is {why}: a stolen key may be used in this host's name"
    ),
    Say.KEY_UNUSABLE: "{name} shows {key}: {why}",
    Say.ANY_FILE: "any file, since ssh_config names none",
    Say.MARKED_REVOKED: "marked @revoked in {place}",
    Say.LISTED_REVOKED: "listed in {file}",
    Say.HOST_KEY_TOO_SHORT: "its RSA key has {bits} bits, and {least} are the least (RequiredRSASize)",
    Say.AUTHORITY_UNKNOWN: "the authority of its certificate is not known",
    Say.NOT_A_HOSTS_CERTIFICATE: "its certificate is not one for hosts",
    Say.HOST_CERTIFICATE_EARLY: "its certificate is not yet valid",
    Say.HOST_CERTIFICATE_OVER: "its certificate has expired",
    Say.HOST_CERTIFICATE_OF_OTHER: "its certificate is not for {name}",
    Say.HOST_CERTIFICATE_OPTIONS: "its certificate has options that hosts' ones do not have",
    Say.HOST_CERTIFICATE_SIGNED: (
        "its certificate is signed with {algorithm}, which CASignatureAlgorithms does not have"
    ),
    Say.ANOTHER_KIND_OF_KEY: "it shows another kind of host key than the one agreed on ({agreed})",
    Say.HOST_KEY_UNREADABLE: "it shows a host key that cannot be read ({why})",
    Say.NO_KEY_PROVED: "{where} proved no host key ({why})",
    Say.STRICTNESS_UNREAD: (
        "ssh_config's StrictHostKeyChecking {value} is not read here: host_key_policy in hosts.toml decides"
    ),
    Say.LOCALHOST_UNREAD: (
        "ssh_config's NoHostAuthenticationForLocalhost is not read here: keys of this machine are checked too"
    ),
    #
    # -- SSH: commands -----------------------------------------------------------------------------------------------
    #
    Say.DID_NOT_ANSWER: "{host} did not answer within {limit:g} s",
    Say.COMMAND_TOO_LATE: "the command on {host} took longer than {limit:g} s",
    Say.COMMAND_MAY_GO_ON: (
        "the command on {host} took longer than {limit:g} s; "
        "it may go on there: nothing on this host ends it (see command_guard in the README)"
    ),
    Say.COMMAND_MAY_STILL_RUN: (
        "the command on {host} took longer than {limit:g} s; its end was not confirmed: it may still run"
    ),
    Say.NO_STATUS: "{host} ended the command without an exit status",
    Say.CANNOT_OPEN: "cannot open {path} there: {why}",
    Say.FOUND_BY_LOGIN: "a login shell there finds {path}: --login runs the command in one",
    Say.NO_ACCOUNT_THERE: "this user may run nothing there: its login shell is nologin",
    Say.SFTP_ALONE: "this user may run nothing there: its sshd gives it SFTP alone (push and pull work)",
    Say.CANNOT_START: "cannot start {line}: {why}",
    Say.COMMAND_ENDED: "{line} ended with {end}: {said}",
    Say.EXIT_STATUS: "exit status {status}",
    Say.SIGNAL: "signal {signal}",
    Say.SAID_NOTHING: "it said nothing",
    Say.RUNS_NOTHING_ELSE: "{host} runs nothing but what is asked for (command_guard, or a command= of the key)",
    Say.MAY_END_AS_IT_STARTS: "{host} may end {line} as it starts, with a command",
    Say.NO_SESSION_FOR: "{host} has no session for {line}: {why}",
    Say.SESSION_NEEDED: "{host} needs its session for a command",
    Say.LINE_TOO_LONG: "the command line has {size:,} bytes; a host takes {most:,}: put data into its stdin",
    Say.LINE_REFUSED: "{host} refuses the command line ({size:,} bytes)",
    Say.SESSION_UNANSWERED: (
        "{host} closed the session of the command without an answer: the command may have run, its output is lost"
    ),
    Say.DROPBEAR_DOES_SO: "dropbear before 2024.84 does so where another command ends at that moment",
    Say.SESSION_CLOSED_EARLY: "{host} closes each session before a command is asked for",
    Say.NO_MORE_SESSIONS: "{why}: sshd refuses another session; its MaxSessions must be 9 or more",
    #
    # -- SSH: the end of a connection --------------------------------------------------------------------------------
    #
    Say.SSH_ENDED_SAYING: "{host} ended the SSH connection: {why}",
    Say.SSH_FELL_SILENT: "{host} no longer answers (SSH keepalive)",
    Say.SSH_LOST: "the SSH connection to {host} was lost",
    Say.SSH_LOST_SINCE: "the SSH connection to {host} was lost: {why}",
    Say.FLOODED: "{host} floods us, and the SSH connection was ended: {what}",
    Say.FLOOD_UNASKED: "more than {number:,} packets that nobody had asked for",
    Say.FLOOD_UNTAKEN: "{size} MiB of answers that it does not take",
    Say.FLOOD_DEFERRED: "{number:,} packets wait for a key exchange that does not end",
    Say.FLOODED_BEFORE: "{where} flooded us {passed:.0f} s ago, and is left alone for {most:g} s",
    #
    # -- SSH: the stages of an attempt that a person watches ---------------------------------------------------------
    #
    Say.WAY: "{user} at {where}",
    Say.WAY_THROUGH: "{user} at {where}, through {hops}",
    Say.BEHIND: "behind {hop}",
    Say.BY_PROXY_COMMAND: "by ssh_config's ProxyCommand",
    Say.ADDRESS_AND_PORT: "{address} port {port}",
    Say.NEW_KEY: "{key} (new: a connection that is kept stores it)",
    Say.LOGGED_IN_AS: "as {user}",
}
