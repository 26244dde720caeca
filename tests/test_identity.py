"""Whose history it is: old exports that name no workflow id, and code that derives ids from its own."""

import json
from collections.abc import Mapping

from tests.project import Project
from tests.stories import changed, settings, source

GUESSED = "the history names none: the file's name was taken"
FROM_ITS_OWN_ID = changed(source("order"), 'id=f"{order}-parcel"', 'id=f"{workflow.info().workflow_id}-parcel"')


def without_id(recorded: Mapping[str, str]) -> str:
    history = json.loads(recorded["order-1"])
    del history["events"][0]["workflowExecutionStartedEventAttributes"]["workflowId"]
    return json.dumps(history)


def replayed(files: Mapping[str, str]) -> tuple[int, str]:
    result = Project({"order.py": FROM_ITS_OWN_ID, "pyproject.toml": settings("order"), **files}).run_cli(
        "replay", "histories"
    )
    return result.code, result.stdout


def test_an_old_export_takes_its_workflow_id_from_the_file_s_name_and_says_so(recorded: Mapping[str, str]) -> None:
    code, said = replayed({"histories/order-1.json": without_id(recorded)})

    assert code == 0, said
    assert GUESSED in said


def test_a_renamed_old_export_diverges_where_ids_derive_from_its_own(recorded: Mapping[str, str]) -> None:
    code, said = replayed({"histories/renamed.json": without_id(recorded)})

    assert code == 1
    assert "recorded `order-1-parcel`, new `renamed-parcel`" in said
    assert GUESSED in said


def test_a_history_that_names_its_workflow_id_may_have_any_file_name(recorded: Mapping[str, str]) -> None:
    code, said = replayed({"histories/renamed.json": recorded["order-1"]})

    assert code == 0, said
    assert GUESSED not in said
