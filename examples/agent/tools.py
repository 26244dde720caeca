"""What the agent's tools do, without Temporal: arithmetic and a search through a small almanac."""

import ast
import operator
from collections.abc import Callable
from pathlib import Path

ALMANAC = Path(__file__).parent / "almanac.txt"

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def calculate(expression: str) -> str:
    """The value of an arithmetic expression, or a sentence that says why there is none."""
    try:
        return f"{_value(ast.parse(expression, mode='eval').body):g}"
    except (SyntaxError, ValueError, ZeroDivisionError):
        return f"cannot calculate {expression!r}"


def search(query: str, almanac: Path = ALMANAC) -> str:
    """The line of the almanac that shares most words with the query."""
    wanted = set(query.lower().split())
    lines = almanac.read_text(encoding="utf-8").splitlines()
    best = max(lines, key=lambda line: len(wanted & set(line.lower().rstrip(".").split())))
    return best if wanted & set(best.lower().rstrip(".").split()) else f"nothing about {query!r}"


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
            return _OPERATORS[type(sign)](_value(left), _value(right))
        case _:
            raise ValueError(ast.dump(node))
