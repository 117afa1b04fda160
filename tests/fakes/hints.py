"""The types in signatures and fields, those too whose names a module imports for type checkers alone."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from types import ModuleType
from typing import Any, get_type_hints


def hints_of(annotated: Any) -> dict[str, Any]:
    """As typing.get_type_hints, of a function or a class."""
    places = annotated.__mro__ if isinstance(annotated, type) else (annotated,)
    names: dict[str, Any] = {}
    for place in places:
        module = sys.modules[place.__module__]
        names = names_for_checkers(module) | names
    own = dict(vars(annotated)) if isinstance(annotated, type) else {}
    return get_type_hints(annotated, localns=names | own)


@cache
def names_for_checkers(module: ModuleType) -> dict[str, Any]:
    """What the module imports under `if TYPE_CHECKING:`."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):  # of no source: a builtin
        return {}
    late: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            late += [each for each in node.body if isinstance(each, ast.Import | ast.ImportFrom)]
    names: dict[str, Any] = {}
    code = compile(ast.Module(late, []), module.__name__, "exec")
    exec(code, {"__name__": module.__name__, "__package__": module.__package__}, names)
    return names
