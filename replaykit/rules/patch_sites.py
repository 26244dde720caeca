"""The calls of `patched` and `deprecate_patch` are found in source text, with the workflows that get there."""

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from replaykit.model.patches import Call, PatchSite, Sites, WorkflowClass
from replaykit.rules.patch_names import Names, constants_of, names_of
from replaykit.rules.patch_workflows import behavior_of, defn_of, is_dynamic, type_of

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@dataclass(slots=True)
class _Module:
    """A parsed file, and what its names mean."""

    path: str
    tree: ast.Module
    names: Names
    constants: Mapping[str, str | None]


@dataclass(slots=True)
class _Place:
    """A definition at the top of a module: what it asks for itself, and which names it uses."""

    path: str
    definition: Definition | None
    found: list[PatchSite] = field(default_factory=list)
    uses: frozenset[str] = frozenset()
    workflow: WorkflowClass | None = None

    @property
    def name(self) -> str:
        return self.definition.name if self.definition else ""


def sites_of(sources: Mapping[str, str]) -> Sites:
    """Read the patch sites and the workflow classes out of sources, by path.

    A call in a function or a base class counts for each workflow that names it, however far the way. What a name of
    another module means is looked up among the sources alone.
    """
    modules: list[_Module] = []
    unparsed: list[tuple[str, str]] = []
    for path, text in sorted(sources.items()):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError) as error:
            where = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
            unparsed.append((path, f"{getattr(error, 'msg', error)}{where}"))
            continue
        modules.append(_Module(path, tree, names_of(tree), constants_of(tree)))
    places = [place for module in modules for place in _places(module, modules)]
    return Sites(
        patches=tuple(sorted(_attributed(places), key=lambda site: (site.path, site.line, site.workflow))),
        workflows=tuple(place.workflow for place in places if place.workflow),
        unparsed=tuple(unparsed),
        files=len(modules),
    )


def _places(module: _Module, modules: list[_Module]) -> Iterator[_Place]:
    rest = _Place(module.path, None)
    for node in _top(module.tree.body):
        place = rest
        if isinstance(node, Definition):
            place = _Place(module.path, node, uses=_uses(node))
            if isinstance(node, ast.ClassDef) and (defn := defn_of(node, module.names)) is not None:
                place.workflow = WorkflowClass(
                    type="" if is_dynamic(defn) else type_of(node, defn, module.constants),
                    path=module.path,
                    line=node.lineno,
                    behavior=behavior_of(defn),
                )
        place.found.extend(_calls(node, module, modules))
        if place is not rest:
            yield place
    if rest.found:
        yield rest


def _top(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, those under `if`, `try` and `with` one by one."""
    for node in body:
        if isinstance(node, ast.If | ast.With | ast.Try):
            yield from _top(node.body)
            yield from _top(getattr(node, "orelse", []))
            yield from _top(getattr(node, "finalbody", []))
            for handler in getattr(node, "handlers", []):
                yield from _top(handler.body)
        else:
            yield node


def _uses(node: ast.AST) -> frozenset[str]:
    inner = ast.walk(node)
    return frozenset(
        n.id if isinstance(n, ast.Name) else n.attr for n in inner if isinstance(n, ast.Name | ast.Attribute)
    )


def _attributed(places: list[_Place]) -> Iterator[PatchSite]:
    by_name: dict[str, list[_Place]] = {}
    for place in places:
        if place.definition and not place.workflow:
            by_name.setdefault(place.name, []).append(place)
        elif place.workflow and isinstance(place.definition, ast.ClassDef):
            # A workflow can be the base of another; that another merely starts it as a child is no way into its code.
            by_name.setdefault(f"class {place.name}", []).append(place)
    reached: set[int] = set()
    for place in places:
        if place.workflow is None:
            continue
        for other in _reach(place, by_name):
            reached.add(id(other))
            yield from (replace(site, workflow=place.workflow.type) for site in other.found)
    for place in places:
        if id(place) not in reached:
            yield from place.found


def _reach(start: _Place, by_name: Mapping[str, list[_Place]]) -> list[_Place]:
    seen, waiting = {id(start): start}, [start]
    while waiting:
        place = waiting.pop()
        bases = _bases(place.definition)
        for name in sorted(place.uses | {f"class {base}" for base in bases}):
            for other in by_name.get(name, []):
                if id(other) not in seen:
                    seen[id(other)] = other
                    waiting.append(other)
    return list(seen.values())


def _bases(node: Definition | None) -> list[str]:
    if not isinstance(node, ast.ClassDef):
        return []
    return [base.id if isinstance(base, ast.Name) else getattr(base, "attr", "") for base in node.bases]


def _calls(top: ast.stmt, module: _Module, modules: list[_Module]) -> Iterator[PatchSite]:
    """Yield the calls below a statement, and the mentions of the functions that are no call: nobody can read those."""
    called: set[int] = set()
    for node, function, parents in _walk(top, "", ()):
        if isinstance(node, ast.Call) and (call := module.names.call(node.func)) is not None:
            called.add(id(node.func))
            argument = _argument(node)
            yield PatchSite(
                id=_text(argument, function, module, modules) if argument is not None else None,
                call=call,
                workflow="",
                path=module.path,
                line=node.lineno,
                function=function,
                said=ast.unparse(argument) if argument is not None else ast.unparse(node),
                guards=_guarded(node, parents) if call is Call.PATCHED else "",
            )
        elif isinstance(node, ast.Name | ast.Attribute) and id(node) not in called:
            loaded = isinstance(node.ctx, ast.Load)
            mentioned = module.names.call(node) if loaded else None
            if mentioned is not None and not _is_alias(parents):
                yield PatchSite(None, mentioned, "", module.path, node.lineno, function, said=ast.unparse(node))


def _is_alias(parents: tuple[ast.AST, ...]) -> bool:
    """Tell whether a function is only given another name, under which its calls are found."""
    match parents:
        case [*_, ast.Assign(targets=[ast.Name()])]:
            return True
    return False


def _walk(
    node: ast.AST, function: str, parents: tuple[ast.AST, ...]
) -> Iterator[tuple[ast.AST, str, tuple[ast.AST, ...]]]:
    yield node, function, parents
    inner = f"{function}.{node.name}".lstrip(".") if isinstance(node, Definition) else function
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, inner, (*parents, node))


def _argument(node: ast.Call) -> ast.expr | None:
    if node.args:
        return None if isinstance(node.args[0], ast.Starred) else node.args[0]
    return next((keyword.value for keyword in node.keywords if keyword.arg == "id"), None)


def _text(node: ast.expr, function: str, module: _Module, modules: list[_Module]) -> str | None:
    """Work out a text that is constant: written out, joined of such, or the name of one."""
    match node:
        case ast.Constant(value=str() as value):
            return value
        case ast.BinOp(op=ast.Add()):
            parts = [_text(side, function, module, modules) for side in (node.left, node.right)]
            return None if None in parts else "".join(filter(None, parts))
        case ast.JoinedStr():
            parts = [_text(part, function, module, modules) for part in node.values]
            return None if None in parts else "".join(filter(None, parts))
        case ast.FormattedValue(conversion=-1, format_spec=None):
            return _text(node.value, function, module, modules)
        case ast.Name(id=name):
            return _named(name, module, modules)
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            if owner in {"self", "cls"}:
                return module.constants.get(f"{function.partition('.')[0]}.{name}")
            return module.constants.get(f"{owner}.{name}") or _imported(owner, name, module, modules)
    return None


def _named(name: str, module: _Module, modules: list[_Module]) -> str | None:
    if name in module.constants:
        return module.constants[name]
    if (source := module.names.imported.get(name)) is None:
        return None
    origin, _, original = source.rpartition(".")
    return _constant(origin, original, modules)


def _imported(owner: str, name: str, module: _Module, modules: list[_Module]) -> str | None:
    """Look up `ids.CHECK` of an imported module, or `Ids.CHECK` of an imported class."""
    if (source := module.names.imported.get(owner)) is None:
        return None
    origin, _, original = source.rpartition(".")
    return _constant(source, name, modules) or _constant(origin, f"{original}.{name}", modules)


def _constant(origin: str, name: str, modules: list[_Module]) -> str | None:
    # The end of a path is the end of a module's dotted name, whatever directory imports begin at.
    wanted = origin.lstrip(".").replace(".", "/")
    found = {
        module.constants.get(name)
        for module in modules
        if wanted and f"/{module.path.removesuffix('.py').removesuffix('/__init__')}".endswith(f"/{wanted}")
    }
    return found.pop() if len(found) == 1 else None


def _guarded(call: ast.Call, parents: tuple[ast.AST, ...]) -> str:
    """Digest both branches that a call decides between; names of variables count, layout and comments do not."""
    for parent, child in zip(reversed(parents), reversed([*parents[1:], call]), strict=True):
        if isinstance(parent, ast.If | ast.IfExp | ast.While) and parent.test is child:
            branches = [parent.body, parent.orelse]
            parts = [part for branch in branches for part in (branch if isinstance(branch, list) else [branch])]
            text = "\n".join([ast.dump(part) for part in parts] + [str(len(parts))])
            return hashlib.sha256(text.encode()).hexdigest()[:16]
        if isinstance(parent, ast.stmt):
            break
    return ""
