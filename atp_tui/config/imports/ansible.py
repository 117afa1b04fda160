"""Hosts of an Ansible inventory, INI or YAML (also what `ansible-inventory --list` prints). Groups become tags.

Nothing is run: no inventory program, no plug-in. Files of group_vars and host_vars are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...model.errors import ConfigError
from .ansible_groups import Inventory
from .ansible_ini import read_ini
from .ansible_yaml import read_inventory_yaml
from .found import Given, Imported
from .gathering import Gathering

_YAML = re.compile(r"""(?:[ \t]*(?:#.*)?\r?\n)*(?:---|-[ ]|\{|["']?[\w.-]+["']?:[ \t]*(?:#.*)?(?:\r?\n|$))""")
"""How YAML begins: with its mark, as a list (which is no inventory), as JSON, or with a key alone on its line."""


def read(texts: Iterable[Given]) -> Imported:
    """The hosts of an inventory with address, user, port and key, where ansible_* variables say them.

    Raises ConfigError for a program in place of an inventory, for groups that hold one another, with their names, and
    for more hosts than an import may have.
    """
    gathering = Gathering()
    inventory = Inventory(gathering)
    for given in texts:
        _read(given, inventory)
    inventory.gather()
    return gathering.imported()


def _read(given: Given, inventory: Inventory) -> None:
    if given.text.startswith("#!"):
        hint = "run it, and give what it prints: ./inventory --list | atp-tui hosts import ansible -"
        raise ConfigError("is a program, and no inventory", file=given.file, line=1, hint=hint)
    suffix = "" if given.file is None else given.file.suffix
    if suffix in (".yaml", ".yml", ".json") or (suffix not in (".ini", ".cfg") and _YAML.match(given.text)):
        read_inventory_yaml(given, inventory)
    else:
        read_ini(given, inventory)
