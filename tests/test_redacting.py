"""Histories are redacted alike here and in the process beside; what that does not answer is done here."""

import asyncio
import os
import signal
from pathlib import Path

from replaykit.adapters.history import identity_of, parse
from replaykit.adapters.history_file import read_document
from replaykit.adapters.redacting import WORTH_A_PROCESS, Draft, Recipe, Redacting, Text, text_of
from replaykit.rules.pseudonyms import Pseudonyms
from replaykit.rules.redaction.rules import RedactionRules

FIXTURES = Path(__file__).parents[1] / "fixtures" / "OrderSaga"
RECIPE = Recipe(RedactionRules(), Pseudonyms(b"a key for tests, and for nothing else"))
MANY = 4 * WORTH_A_PROCESS


def draft(path: Path) -> Draft:
    document = read_document(path)
    identity, _ = identity_of(document, path)
    return Draft(identity, parse(document, identity.workflow_id, path), {"redaction": "key k"})


def drafts() -> list[Draft]:
    paths = sorted(FIXTURES.glob("*.json"))
    return [draft(paths[number % len(paths)]) for number in range(MANY)]


async def texts_of(all_drafts: list[Draft], *, kill_after: int | None = None) -> tuple[list[Text], set[int]]:
    """Redact drafts as they come; returns the texts and the process ids that worked beside."""
    found, beside = [], set()
    async with Redacting(RECIPE, RECIPE.redactor()) as redacting:
        for number, one in enumerate(all_drafts):
            found.append(await redacting.text(one))
            if number == WORTH_A_PROCESS:
                await redacting.started()
            if redacting.pid is not None:
                beside.add(redacting.pid)
                if number == kill_after:
                    os.kill(redacting.pid, signal.SIGKILL)
    return found, beside


def test_the_process_beside_writes_what_this_one_would() -> None:
    all_drafts = drafts()
    found, beside = asyncio.run(texts_of(all_drafts))
    assert len(beside) == 1
    redactor = RECIPE.redactor()
    assert found == [text_of(one, redactor) for one in all_drafts]
    assert any(text.places for text in found)
    [pid] = beside
    assert not Path(f"/proc/{pid}").exists(), "it ends with its work"


def test_what_a_killed_process_does_not_answer_is_done_here() -> None:
    all_drafts = drafts()
    found, beside = asyncio.run(texts_of(all_drafts, kill_after=2 * WORTH_A_PROCESS))
    assert beside
    redactor = RECIPE.redactor()
    assert found == [text_of(one, redactor) for one in all_drafts]
