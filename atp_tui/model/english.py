"""The program's own sentences, each once: what the log, `str(error)` and the library say, and what surfaces start from.

A sentence stands here under the id of its message. Its fields are the message's parameters, with Python's formats
(`{limit:g}`). Another language is another table of the same ids; a surface that says something differently, since it
has other keys or words for it, has that line in its own table (`ui/words`, `cli/words`).
"""

from __future__ import annotations

from collections.abc import Mapping

from . import english_files, english_libvirt, english_shell, english_ssh, english_sudo
from .say import Say

_GENERAL: Mapping[Say, str] = {
    Say.TEXT: "{text}",
    Say.ABOUT: "{subject}: {message}",
    Say.WITH_NOTE: "{message} ({note})",
    Say.AND: "{message}; {more}",
    Say.ALL_OF: "{messages}",
    #
    # -- limits of this machine, and defects -------------------------------------------------------------------------
    #
    Say.TOO_MANY_FILES: "this machine's limit of {limit:,} open files (ulimit -n): {hosts:,} libvirt hosts fit",
    Say.NO_MEMORY: "there is no memory left here",
    Say.NO_TEMPORARY: "no directory for temporary files can be written to here: see TMPDIR, and the room on its disk",
    # the kernel may have had no process to give, or no memory for its stack: Python does not say which
    Say.NO_THREAD: "no further thread could be started here: see ulimit -u and -v, or the limits of the container",
    Say.NO_PROCESS: "no further program could be started here: see ulimit -u and -v, or the limits of the container",
    Say.NO_THREAD_FOR_CALL: "no thread is to be had for the call: {why}",
    Say.DEFECT: "the program failed: {kind} (see the log)",
    Say.ANSWER_UNREADABLE: "its answer cannot be read ({kind}, see the log)",
    Say.SAMPLE_UNREADABLE: "its answer could not be read: {kind}",
    Say.VMS_UNREAD: "title, system, addresses and tags of {count} of its VMs cannot be read: {why}",
    Say.GUEST_NO_AGENT: "no agent: {why}",
    Say.GUEST_SILENT: "the agent does not answer: {why}",
    Say.GUEST_REFUSES: "the agent refuses: {why}",
    Say.GUEST_SLOW: "the agent has not answered within {limit:g} s",
    Say.GUEST_OFF: "the VM does not run: {why}",
    Say.GUEST_BUSY: "another program is at this VM: {why}",
    Say.GUEST_WAITS: "an agent on this host has not answered yet, and one is asked at a time",
    Say.GUEST_NOT_ALLOWED: "not allowed: {why}",
    Say.GUESTS_NOT_ASKED: "libvirt cannot ask guests there: {why}",
    Say.ANSWERS_NONSENSE: "answers nonsense: {what}",
    Say.FIGURES_UNMADE: "cannot be made of its answers: {figures} (see the log)",
    Say.FIGURES_ENDED: "the command that tells its figures has ended",
    Say.NOT_DRAWN: "cannot be drawn ({kind}, see the log)",
    #
    # -- connections: pools, time limits, capabilities ---------------------------------------------------------------
    #
    Say.NO_SUCH_HOST: "there is no host {host!r}",
    Say.TRANSPORT_CLOSED: "the transport is closed",
    Say.HOST_LEAVING: "{host} is being disconnected",
    Say.QUEUE_FULL: "{waiting} callers wait for {host} already",
    Say.NO_CONNECTION_IN_TIME: "no connection to {host} within {limit:g} s",
    Say.NO_CONNECTION_SINCE_DOWN: "no connection to {host} within {limit:g} s; not connected: {why}",
    Say.NO_CONNECTION_SINCE_BUSY: "no connection to {host} within {limit:g} s; all {number} connections are in use",
    Say.NO_CONNECTION_SO_FAR: "no connection to {host} within {limit:g} s; the first attempt goes on",
    Say.NO_ANSWER: "no answer within {limit:g} s",
    Say.NO_ANSWER_SINCE: "no answer within {limit:g} s: {known}",
    Say.NO_ANSWER_FROM: "no answer from {peer} within {limit:.3g} s",
    Say.NO_RESULT: "no result within {limit:g} s",
    Say.NOT_DONE: "not done when the {limit:g} s for all hosts were over",
    Say.SILENT: "silent for {limit:g} s",
    Say.NOT_CONNECTED: "not connected",
    Say.CONNECTION_DOWN: "the connection to {host} is down",
    Say.CONNECTION_CLOSED: "the connection to {host} was closed",
    Say.CLOSED_IDLE: "not used for {limit:g} s (idle_timeout)",
    Say.CLOSED_LIFETIME: "as old as connections get, {limit:g} s (max_lifetime)",
    Say.CLOSED_RESIZED: "more than {number} are not wanted any more (max_connections_per_host)",
    Say.CLOSED_FAILED: "could not be opened, and is not needed",
    Say.CLOSED_LOST: "was lost, and is not needed any more",
    Say.CLOSED_ENDED: "closed by the work that used it",
    Say.CLOSED_DISCONNECTED: "disconnected by hand",
    Say.CLOSED_RECONFIGURED: "hosts.toml says another way to the host",
    Say.CLOSED_REMOVED: "the host was taken out or disabled in hosts.toml",
    Say.CLOSED_DRAINED: "its pool was closed",
    Say.CLOSED_CUT: "cut while it was in use",
    Say.LINK_CLOSED: "the connection is closed",
    Say.LINK_WAS_CLOSED: "the connection was closed",
    Say.ENDED_AS_OPENED: "the connection ended as it opened",
    Say.ATTEMPT_GIVEN_UP: "the attempt to connect was given up",
    Say.TAKES_NO_COMMANDS: "{host} takes no commands (ssh = false)",
    Say.NO_HYPERVISOR: "{host} has no hypervisor connection (uri = false)",
    Say.NO_URI: "the host has no connection URI",
    Say.SSH_MAKES_NO_CALLS: ("{host}: its SSH connection cannot make libvirt calls; its hypervisor connection may"),
    Say.SSH_RUNS_NO_COMMANDS: "{host}: its SSH connection cannot run commands; its hypervisor connection may",
    Say.SSH_CARRIES_NO_STREAMS: "{host}: its SSH connection cannot carry streams; its hypervisor connection may",
    Say.VIRT_MAKES_NO_CALLS: "{host}: its hypervisor connection cannot make libvirt calls; its SSH connection may",
    Say.VIRT_RUNS_NO_COMMANDS: "{host}: its hypervisor connection cannot run commands; its SSH connection may",
    Say.VIRT_CARRIES_NO_STREAMS: "{host}: its hypervisor connection cannot carry streams; its SSH connection may",
    #
    # -- names and addresses -----------------------------------------------------------------------------------------
    #
    Say.NAME_HAS_NO_ADDRESS: "the name {name} has no address: {why}",
    Say.NAME_NOT_LOOKED_UP: "the name {name} cannot be looked up: {why}",
    Say.NO_ADDRESS: "{name} has no address: {why}",
    #
    # -- how work on a target ended ----------------------------------------------------------------------------------
    #
    Say.CANCELLED: "cancelled",
    Say.NOT_CONFIRMED: "cancelled, not confirmed: may still run",
    Say.PROGRAM_ENDED: "the program ended before it answered",
    Say.NEVER_BEGAN: "the program ended before the command began there",
    Say.JOB_STILL_RUNS: "it has not answered yet: the job still runs",
    Say.JOB_IS_ELSEWHERE: "its program is of another machine or container: whether it still runs is not known here",
    Say.RESULT_NOT_KEPT: "how it ended was not kept: the disk was too slow",
    Say.MAY_STILL_RUN: "its end was not confirmed: it may still run",
    Say.DEADLINE: "the deadline of the job has passed",
    Say.TIMED_OUT: "timed out",
    Say.NO_EXIT_STATUS: "work of the kind {kind!r} gave no exit status",
    Say.HOSTS_ONLY: "a command over SSH runs on a host, not on a domain",
    Say.FOLLOWED_AWAY: "{host}: not reached {at}, followed once it is: {why}",
    Say.FOLLOWED_REACHED: "{host}: reached {at}, followed from now on",
    Say.FOLLOWED_LOST: "{host}: lost {at}, begun anew as soon as it can be: {how}",
    Say.FOLLOWED_BACK: "{host}: lost {since}, begun anew {at}: lines may be missing",
    Say.FOLLOWED_ENDED: "{host}: ended {at}: {how}",
    Say.FOLLOWED_UNREADABLE: "{host}: lines are missing {at}: {why}",
    Say.WAVES_FAILED: "stopped in wave {wave} of {waves}: failures over the whole run: {failures} ({what}),"
    " and with {limit} it stops",
    Say.WAVES_GATE: "stopped after wave {wave} of {waves}: the gate {gate} did not hold on {hosts} within {seconds} s",
    Say.WAVES_GATE_RUN: "stopped after wave {wave} of {waves}: the gate's command went well on all but {hosts}"
    " within {seconds} s",
    Say.WAVES_GATE_BROKEN: "stopped between waves: the gate cannot be asked: {why}",
    Say.WAVES_DECLINED: "stopped between waves: a person did not want the next one",
    #
    # -- what the door and its actions refuse ------------------------------------------------------------------------
    #
    Say.READ_ONLY: "{action} changes something, and the program was started with --read-only or ATP_TUI_READ_ONLY",
    Say.READ_ONLY_HOSTS: "{action} changes something, and {hosts} may only be watched:"
    " read_only of [guard] in hosts.toml names {names}",
    Say.FROZEN: "{action} changes something, and {who} has frozen {hosts} until {until} (set {set}): {reason}",
    Say.FROZEN_ALL: "{action} changes something, and {who} has frozen the whole fleet until {until}: {reason}",
    Say.FROZEN_UNREADABLE: "{action} changes something, and what is frozen cannot be read: {why}; nothing is changed"
    " until that is mended, or the file removed",
    Say.NO_FREEZE: "no freeze has the set {set}; there are {known}",
    Say.ASKS_THAW: "{who} has frozen {set} on {since} until {until}: {reason}",
    Say.UNCONFIRMED: "{action} wants a person's word (targets: {number}), and nobody has confirmed it",
    Say.NOT_AGREED: "{action} is a matter of trust, and no person has agreed to it",
    Say.DECLINED: "a person was asked about {action} (targets: {number}), and has not agreed to it",
    Say.ASKS_MANY: "{number} hosts are more than {limit}",
    Say.ASKS_PROTECTED: "protected by the tag {tag}: {hosts}",
    Say.ASKS_PROTECTED_SET: "protected by the set @{set}: {hosts}",
    Say.ASKS_DANGER: "on the list of dangers: {part}",
    Say.ASKS_RUNNING: "VMs that run there: {number}",
    Say.ASKS_RUNNING_PARTLY: "VMs that run there: {number}, without those of hosts that have not said ({missing})",
    Say.ASKS_UNDER_WAY: "VMs there that are on their way ({number}): {names}",
    Say.ASKS_DANGER_OF_SCRIPT: "on the list of dangers, in the script {script}: {part}",
    Say.PLACEHOLDER_UNKNOWN: "column {column}: {name} is no placeholder; {nearest} is one,"
    " and {brace} stands for a brace",
    Say.PLACEHOLDER_BEHIND_VARIABLE: "column {column}: the value of {name} would become a part of the variable's name"
    " before it: write that name in braces",
    Say.PLACEHOLDER_MISSING: "{host} has no {key!r} in its metadata, and the command has {name}",
    Say.PLACEHOLDER_UNSAFE: "the value of {name} on {host} has signs that mean something to a shell: between quotes,"
    " in $(…) or a here-document it cannot be filled in; take the quotes away, which it gets by itself",
    Say.DELIVERY_LOST: "{lost} was not kept: run it anew with what it needs",
    Say.ASKS_JOB: "job {number} of {who} in another program works on {hosts} since {since}: {title}",
    Say.ASKS_CUTS: "hosts that the fleet lets go by this lose what runs there",
    Say.ASKS_OWN_JOB: "a job of this program still works on {hosts}: {title}",
    Say.ASKS_MORE_JOBS: "and {number} more jobs work there",
    Say.CANNOT_BE_DONE_SO: "{action} cannot be done so: {why}",
    Say.NO_SUCH_ACTION: "there is no action {action!r}; there are {known}",
    Say.NEEDS_HOSTS: "{action} needs hosts",
    Say.NOT_FOR_DOMAINS: "{action} is for hosts, not for their domains",
    Say.ONE_HOST: "{action} is for one host at a time",
    Say.NO_SUCH_ARGUMENT: "{action} has no argument {argument}",
    Say.WRONG_TYPE: "{argument} of {action} is a {wanted}",
    Say.NO_SUCH_OPTION: "no option {option}: write {near}, or -- before a command that begins so",
    Say.OPTION_HAS_NO_VALUE: "{option} takes no value",
    Say.WAITS_FOR_A_WORD: "a person has to agree",
    Say.OPTION_WANTS: "{option} wants {wanted}, not {given!r}",
    Say.NOT_OF_TYPE: "{argument} is a {wanted}, and not {given}",
    Say.NEEDS_ARGUMENT: "{action} needs {help}",
    Say.TAKES_NO_WORDS: "{action} takes no words: {rest} is too much",
    Say.TAKES_ONE_WORD: "{action} takes 1 word: {rest} is too much",
    Say.TAKES_WORDS: "{action} takes {number} words: {rest} is too much",
    Say.FAILED_ON_HOSTS: "{action} failed on {failed} of {number} hosts; {host}: {why}",
    Say.NO_KEY_REFUSED: "no host key of it is refused",
    Say.ANOTHER_KEY: "the refused key is {fingerprint}, not the one you have named",
    Say.KEY_NOT_STORED: "the key could not be stored: {why}",
    Say.NO_PUBLIC_KEY: "that is no public key of SSH",
    Say.NO_HOSTS_FILE: "these hosts come from no hosts.toml that could be edited",
    Say.NO_AUDIT: 'not done, since it cannot be recorded in {file} ({why}): mend that, or write audit = "off"'
    " at the top of hosts.toml",
    Say.NOBODY_TO_ASK: "{action} wants a person's word (hosts: {number}), and there is no terminal to ask at:"
    " give --yes",
    Say.NOBODY_TO_ASK_OF_NO_HOST: "{action} wants a person's word, and there is no terminal to ask at: give --yes",
    Say.QUESTION_GONE: "that is not asked any more",
    Say.LOG_IN_ON_SCREEN: "log-in is for one host, and its password is typed on the screen",
}

SENTENCES: Mapping[Say, str] = {
    **_GENERAL,
    **english_files.SENTENCES,
    **english_shell.SENTENCES,
    **english_libvirt.SENTENCES,
    **english_ssh.SENTENCES,
    **english_sudo.SENTENCES,
}
