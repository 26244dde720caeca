"""The example workflows that come with replaykit: found, copied into a project, and changed for the demo."""

import shutil
from pathlib import Path

from replaykit.errors import DemoError

CHANGED = "order_saga/workflows.py"
FIRST, SECOND = "charge = Charge(", "reservation = Reservation("


def copy_examples(project: Path, *names: str) -> None:
    """Copy example folders into `project`/examples.

    Raises:
        DemoError: An example is missing.
    """
    source = _examples()
    for name in names:
        if not (source / name).is_dir():
            raise _missing(source / name)
        shutil.copytree(source / name, project / "examples" / name, ignore=shutil.ignore_patterns("__pycache__"))


def swap_steps(project: Path) -> tuple[str, str]:
    """Let the order saga of a copied project reserve before it charges, without any patch.

    Returns:
        The two steps that changed places.

    Raises:
        DemoError: The workflow file is missing or no longer has these steps.
    """
    path = project / "examples" / CHANGED
    try:
        lines = path.read_text("utf-8").split("\n")
        start = next(i for i, line in enumerate(lines) if FIRST in line)
        middle = next(i for i, line in enumerate(lines) if SECOND in line)
        end = next(i for i in range(middle, len(lines)) if not lines[i].strip())
    except (OSError, StopIteration):
        raise _missing(path) from None
    swapped = [*lines[:start], *lines[middle:end], "", *lines[start : middle - 1], *lines[end:]]
    path.write_text("\n".join(swapped), "utf-8")
    return "charge", "reserve"


def _examples() -> Path:
    package = Path(__file__).resolve().parent.parent
    shipped = package / "_examples"
    return shipped if shipped.is_dir() else package.parent / "examples"


def _missing(path: Path) -> DemoError:
    return DemoError(
        f"The example {path.name} of the demo cannot be used.",
        cause=f"{path} is missing or was changed: the demo runs the real example",
        fix="restore the examples folder, or install temporal-replaykit again",
    )
