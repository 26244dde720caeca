"""The table of modules in docs/architecture.md, written from the modules' own first lines."""

import ast
from collections.abc import Iterator
from pathlib import Path

import replaykit
from tests.docs.pages import DOCS

ARCHITECTURE = DOCS / "architecture.md"
PACKAGE = Path(replaykit.__file__).parent
_START = "<!-- modules: written by python -m tests.docs.refresh -->\n"
_END = "<!-- /modules -->\n"
# From the faces down, as the rooms are drawn on the page.
_ROOMS = (
    "cli",
    "pytest_plugin.py",
    "pytest_items.py",
    "pytest_cassettes.py",
    "pytest_chaos.py",
    "faults.py",
    "jobs",
    "adapters",
    "report",
    "rules",
    "config.py",
    "model",
    "errors",
)


def with_modules(page: str) -> str:
    """Put the table of today's modules into the page."""
    before, _, rest = page.partition(_START)
    _, _, after = rest.partition(_END)
    rows = "".join(f"| `{path}` | {line} |\n" for path, line in modules())
    return f"{before}{_START}\n| module | what it is |\n|---|---|\n{rows}\n{_END}{after}"


def modules() -> Iterator[tuple[str, str]]:
    """Yield each module of the package, by room, with the first line of its docstring."""
    for room in _ROOMS:
        place = PACKAGE / room
        files = [place] if place.is_file() else sorted(place.glob("*.py"))
        for file in files:
            if file.name == "__init__.py" and room != "cli":
                continue
            first = (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").splitlines()[0]
            yield file.relative_to(PACKAGE).as_posix(), first.rstrip(":;").replace("|", "\\|")


def rooms() -> set[str]:
    """List what stands at the top of the package, to see a new room."""
    return {
        path.name
        for path in PACKAGE.iterdir()
        if path.name not in {"__init__.py", "__main__.py", "__pycache__", "py.typed", "_examples"}
    }


def drawn_rooms() -> set[str]:
    """List the rooms that the page draws."""
    return set(_ROOMS)
