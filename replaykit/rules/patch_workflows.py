"""What `@workflow.defn` says of a class: its workflow type and its versioning behaviour."""

import ast
from collections.abc import Mapping

from replaykit.model.patches import Behavior
from replaykit.rules.patch_names import DEFN, Names


def defn_of(node: ast.ClassDef, names: Names) -> ast.expr | None:
    """Return the decorator that makes a class a workflow."""
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if names.meaning(called) == DEFN:
            return decorator
    return None


def is_dynamic(defn: ast.expr) -> bool:
    """Tell whether the class takes runs of any type."""
    value = _keyword(defn, "dynamic")
    return isinstance(value, ast.Constant) and bool(value.value)


def type_of(node: ast.ClassDef, defn: ast.expr, constants: Mapping[str, str | None]) -> str:
    """Name the workflow type: the class's name where none is given or it cannot be read."""
    match _keyword(defn, "name"):
        case ast.Constant(value=str() as name):
            return name
        case ast.Name(id=name):
            return constants.get(name) or node.name
    return node.name


def behavior_of(defn: ast.expr) -> Behavior | None:
    """Read the versioning behaviour that a class declares."""
    value = _keyword(defn, "versioning_behavior")
    if isinstance(value, ast.Attribute):
        return {"PINNED": Behavior.PINNED, "AUTO_UPGRADE": Behavior.AUTO_UPGRADE}.get(value.attr)
    return None


def _keyword(defn: ast.expr, name: str) -> ast.expr | None:
    if not isinstance(defn, ast.Call):
        return None
    return next((keyword.value for keyword in defn.keywords if keyword.arg == name), None)
