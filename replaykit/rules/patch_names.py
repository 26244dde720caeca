"""What the names of a module mean, as far as patches go: the SDK's functions under any alias, and constant texts."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from replaykit.model.patches import Call

SDK = "temporalio.workflow"
DEFN = f"{SDK}.defn"
CALLS = {f"{SDK}.{call.value}": call for call in Call}


@dataclass(frozen=True, slots=True)
class Names:
    """The names that imports and plain aliases bind, each with the dotted name that it stands for."""

    imported: Mapping[str, str]

    def meaning(self, node: ast.expr) -> str:
        """Write an expression as the dotted name that it stands for; empty where it is none."""
        match node:
            case ast.Name(id=name):
                return self.imported.get(name, "")
            case ast.Attribute(value=value, attr=attr):
                owner = self.meaning(value)
                return f"{owner}.{attr}" if owner else ""
        return ""

    def call(self, node: ast.expr) -> Call | None:
        """Tell which of the SDK's two functions an expression is."""
        return CALLS.get(self.meaning(node))


def names_of(tree: ast.Module) -> Names:
    """Read the imports of a module, wherever in it they stand, and assignments that only give another name."""
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        imported.update(_bound(node))
    names = Names(imported)
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if meant := names.meaning(value):
                if meant in {*CALLS, SDK, DEFN}:
                    imported[name] = meant
    return names


def _bound(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            # `import a.b` binds a; `import a.b as c` binds a.b.
            first = alias.name.partition(".")[0]
            yield (alias.asname, alias.name) if alias.asname else (first, first)
    elif isinstance(node, ast.ImportFrom):
        origin = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*" and origin == SDK:
                yield from ((name.rpartition(".")[2], name) for name in CALLS)
                yield "defn", DEFN
            else:
                yield alias.asname or alias.name, f"{origin}.{alias.name}" if origin.strip(".") else f".{alias.name}"


def constants_of(tree: ast.Module) -> Mapping[str, str | None]:
    """Read the texts that a module's names and its classes' (`Class.name`) always have; None where one may change."""
    found: dict[str, str | None] = {}
    for owner, body in _bodies(tree):
        for node in body:
            for name, value in _assigned(node):
                key = f"{owner}{name}"
                text = value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
                found[key] = None if key in found else text
    # A function that declares a name global may give it another value.
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Global):
            found.update(dict.fromkeys(inner.names))
    return found


def _bodies(tree: ast.Module) -> Iterator[tuple[str, list[ast.stmt]]]:
    yield "", tree.body
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield f"{node.name}.", node.body
        elif isinstance(node, ast.If | ast.With | ast.Try):
            yield "", node.body


def _assigned(node: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.AugAssign(target=ast.Name(id=name)):
            yield name, None
