"""What dialogues ask: their sentences, each once, apart from how a dialogue looks and from what follows of an answer.

What is asked about is plain data (`model.questions`). No other surface asks: another language is another table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from .text import safe


class Ask(StrEnum):
    """The ids of what dialogues say."""

    YES_OR_NO = "yes-or-no"
    TYPE_A_WORD = "type-a-word"
    TYPE_IT = "type-it"
    ANOTHER_WORD = "another-word"

    KEY_SHOWN = "key-shown"
    KEY_OF_UNKNOWN_TYPE = "key-of-unknown-type"
    NEW_KEY = "new-key"
    NEW_KEY_COMPARE = "new-key-compare"
    TRUST = "trust"
    REFUSE = "refuse"
    CHANGED_KEY = "changed-key"
    CHANGED_KEY_ON_FILE = "changed-key-on-file"
    CHANGED_KEY_BEWARE = "changed-key-beware"
    REPLACE = "replace"

    ON_HOSTS = "on-hosts"
    ON_WHICH = "on-which"
    BECAUSE = "because"
    NO_UNDO = "no-undo"
    TYPE_THE_NUMBER = "type-the-number"
    LEAVE_IT = "leave-it"

    PASSWORD = "password"
    PASSWORD_REFUSED = "password-refused"
    PASSWORD_FOR = "password-for"
    LAST_WAS_REFUSED = "last-was-refused"
    PASSWORD_KEPT = "password-kept"
    LOG_IN = "log-in"
    LOG_IN_TITLE = "log-in-title"
    PASSPHRASE = "passphrase"
    PASSPHRASE_OF = "passphrase-of"
    PASSWORD_AT = "password-at"
    PASSWORD_AT_JUMP = "password-at-jump"
    SUDO_TITLE = "sudo-title"
    SUDO_AT = "sudo-at"
    ANSWERS_AT = "answers-at"
    ANSWERS_AT_JUMP = "answers-at-jump"
    LAST_WAS_WRONG = "last-was-wrong"
    HOSTS_WAIT = "hosts-wait"
    FOR_REALM = "for-realm"
    MORE_QUESTIONS = "more-questions"
    PROMPT = "prompt"
    ANSWER_ONCE = "answer-once"
    SECRET_KEPT = "secret-kept"
    LOG_IN_ONE = "log-in-one"
    LOG_IN_ALL = "log-in-all"
    IS_ASKED = "is-asked"
    ASKED_NO_LONGER = "asked-no-longer"
    TOUCH_NOW = "touch-now"
    LOCKED = "locked"
    LOCKED_FORGETS = "locked-forgets"
    UNLOCK_BY_PROOF = "unlock-by-proof"
    UNLOCK_BY_KEY = "unlock-by-key"
    UNLOCK_REFUSED = "unlock-refused"
    NAME_FIELD = "name-field"
    PASSWORD_FIELD = "password-field"


ASKED: Mapping[Ask, str] = {
    Ask.YES_OR_NO: "{yes_key} {yes}    {no_key} {no}",
    Ask.TYPE_A_WORD: "{word} and enter: {yes}    {leave_key} leave it",
    Ask.TYPE_IT: "type it",
    Ask.ANOTHER_WORD: "That is not {word}: type it to {yes}, or {leave_key} to leave it",
    Ask.KEY_SHOWN: "Connecting to {host}, {address} showed this key:",
    Ask.KEY_OF_UNKNOWN_TYPE: "unknown type",
    Ask.NEW_KEY: "unknown host key",
    Ask.NEW_KEY_COMPARE: (
        "No key is on file for it yet. Compare the fingerprint with what the host\n"
        "itself says: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
    ),
    Ask.TRUST: "trust and store it",
    Ask.REFUSE: "refuse",
    Ask.CHANGED_KEY: "host key changed",
    Ask.CHANGED_KEY_ON_FILE: "ANOTHER KEY IS ON FILE FOR THIS HOST.",
    Ask.CHANGED_KEY_BEWARE: (
        "Either the host was installed anew, or someone stands in between and reads\n"
        "and changes what you send. Ask whoever runs the host before you trust it."
    ),
    Ask.REPLACE: "replace the key on file",
    Ask.ON_HOSTS: "{doing}: {number} host{s}",
    Ask.ON_WHICH: "on {hosts}",
    Ask.BECAUSE: "· {why}",
    Ask.NO_UNDO: "There is no undo.",
    Ask.TYPE_THE_NUMBER: "Type the number of hosts to agree to it:",
    Ask.LEAVE_IT: "leave it",
    Ask.PASSWORD: "password",
    Ask.PASSWORD_REFUSED: "password refused",
    Ask.PASSWORD_FOR: "{host} wants a name and a password for {address}",
    Ask.LAST_WAS_REFUSED: "It did not take the last ones.",
    Ask.PASSWORD_KEPT: (
        "Kept in memory for all connections to this host, until the program ends.\n"
        "auth.conf, as virsh reads it, saves you the question."
    ),
    Ask.LOG_IN: "enter log in    {leave_key} leave it",
    Ask.LOG_IN_TITLE: "log in",
    Ask.PASSPHRASE: "passphrase",
    Ask.PASSPHRASE_OF: "The key {file} has a passphrase.",
    Ask.PASSWORD_AT: "{host} ({where}) wants the password of {user}.",
    Ask.SUDO_TITLE: "password for sudo",
    Ask.SUDO_AT: "{host} ({where}): sudo wants the password of {user}, for a command.",
    Ask.PASSWORD_AT_JUMP: "The jump host {where}, on the way to {host}, wants the password of {user}.",
    Ask.ANSWERS_AT: "{host} ({where}) asks {user}:",
    Ask.ANSWERS_AT_JUMP: "The jump host {where}, on the way to {host}, asks {user}:",
    Ask.LAST_WAS_WRONG: "What was typed last was not taken.",
    Ask.HOSTS_WAIT: "{number} more host{s} wait for the same answer.",
    Ask.FOR_REALM: ("It is for all hosts of the realm {realm}: one gets it first, the others once that has taken it."),
    Ask.MORE_QUESTIONS: "{number} more question{s} will come.",
    Ask.PROMPT: "{words}",
    Ask.ANSWER_ONCE: "It goes to this host alone, once.",
    Ask.SECRET_KEPT: "Kept in memory alone, until :forget, its time or the program's end.",
    Ask.LOG_IN_ONE: "enter log in    {all_key} for {number} other hosts of that user, too    {leave_key} leave it",
    Ask.LOG_IN_ALL: "enter log in to all {number} others, too    {all_key} this one alone    {leave_key} leave it",
    Ask.TOUCH_NOW: "touch the security key now: {token}, for {host}",
    Ask.IS_ASKED: "{host} asks for something: {answer_key} answers",
    Ask.ASKED_NO_LONGER: "It is asked no longer: what was typed goes nowhere.    {leave_key} leave it",
    Ask.LOCKED: "locked",
    Ask.LOCKED_FORGETS: "Passwords and passphrases that were typed are forgotten; connections and jobs go on.",
    Ask.UNLOCK_BY_PROOF: "Type one of those that were in use, and enter:",
    Ask.UNLOCK_BY_KEY: "None was in use, so that nobody can be asked for one: any key shows the fleet again.",
    Ask.UNLOCK_REFUSED: "That is none of them.",
    Ask.NAME_FIELD: "name",
    Ask.PASSWORD_FIELD: "password",
}


def asked(id: Ask, **parameters: str | int) -> str:
    """What a dialogue says, in one line or several; parameters are made safe for a terminal."""
    fields = {name: safe(value) if isinstance(value, str) else value for name, value in parameters.items()}
    return ASKED[id].format_map(fields)
