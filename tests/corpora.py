"""Small corpora of stored histories, for what is said of a whole corpus: no run of the tests records them anew."""

import base64
from collections.abc import Mapping
from pathlib import Path

from tests.project import Content, Project
from tests.stories import project, source

STORED = Path(__file__).parent / "older_sdks" / "temporalio-1.18.2"
APPROVALS = ("approval-done", "approval-noted", "approval-waiting")
GREETINGS = ("greeting-deprecated", "greeting-patched", "greeting-unpatched")


def stored(name: str) -> str:
    """Read a stored history."""
    return (STORED / f"{name}.json").read_text("utf-8")


def of_approval(text: str | None = None, histories: Mapping[str, Content] | None = None, **more: object) -> Project:
    """Make a project of the approval workflow and its stored histories, or others."""
    found = {name: stored(name) for name in APPROVALS} if histories is None else histories
    return project({"approval": text or source("approval")}, found, **more)


def about(history: str, topic: str) -> str:
    """Let the history of a run about otters be about something else, in every payload."""
    changed = history
    for text in ('"otters"', '"Write about otters."', '"draft for: Write about otters."'):
        new = text.replace("otters", topic)
        changed = changed.replace(_base64(text), _base64(new))
    assert changed != history
    return changed


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def shop() -> Project:
    """Make a project of three workflows; some histories tell no more than others do."""
    histories = {name: stored(name) for name in (*APPROVALS, *GREETINGS, "order-1", "order-1-parcel")}
    histories |= {"approval-waiting-too": about(stored("approval-waiting"), "weasels"), "order-2": stored("order-1")}
    modules = {name: source(name) for name in ("approval", "greeting", "order")}
    return project(modules, {**histories, "cut-short": stored("order-1")[:900]})
