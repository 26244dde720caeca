"""Which branches of `workflow.patched` no history takes, told by the arcs that replays ran and by recorded markers."""

import ast
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from replaykit.model.gate import PatchBranch
from replaykit.model.reached import Arc

NEW, OLD = "new", "old"


def branches_missed(file: str, text: str, arcs: AbstractSet[Arc], markers: AbstractSet[str]) -> tuple[PatchBranch, ...]:
    """List the branches of patches in a file that no history takes.

    Args:
        file: Its path, for the report.
        text: Its text; what is no Python has no patches.
        arcs: What replays ran in it.
        markers: The ids of patches whose marker some history holds.
    """
    if "patched" not in text:
        return ()  # most files: parsing them all would take a tenth of a gate that finds nothing changed
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ()
    found: list[PatchBranch] = []
    deciding: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and (decision := _decision(node)) is not None:
            call, patch, inverted = decision
            deciding.add(call)
            taken = _taken(node, arcs)
            missed = {True: OLD, False: NEW} if inverted else {True: NEW, False: OLD}
            found += [PatchBranch(file, node.lineno, patch, missed[way]) for way in (True, False) if way not in taken]
    # Whoever keeps the answer in a name decides by it somewhere else: only the marker tells which it was.
    for node in ast.walk(tree):
        asked = None if node in deciding else _patch_of(node)
        if asked is not None and asked not in markers:
            found.append(PatchBranch(file, getattr(node, "lineno", 0), asked, NEW))
    return tuple(sorted(found, key=lambda one: (one.line, one.branch)))


def _decision(node: ast.If) -> tuple[ast.AST, str, bool] | None:
    """Return the call that alone decides an `if`, its patch, and whether the answer is turned round."""
    test, inverted = node.test, False
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, inverted = test.operand, not inverted
    patch = _patch_of(test)
    return None if patch is None else (test, patch, inverted)


def _patch_of(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call) or len(node.args) != 1:
        return None
    called, given = node.func, node.args[0]
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    is_text = isinstance(given, ast.Constant) and isinstance(given.value, str)
    return str(given.value) if name == "patched" and isinstance(given, ast.Constant) and is_text else None


def _taken(node: ast.If, arcs: AbstractSet[Arc]) -> set[bool]:
    """Say which ways were taken from an `if`: into its body, and past it."""
    tests = range(node.lineno, (node.test.end_lineno or node.lineno) + 1)
    inside = set(_lines(node.body))
    return {end in inside for start, end in arcs if start in tests and end not in tests}


def _lines(body: list[ast.stmt]) -> Iterator[int]:
    for statement in body:
        yield from range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
