"""Unsandboxed code that depends on clock, chance, environment or module state is named; sound code is not."""

from collections.abc import Mapping

import pytest

from tests.project import Project
from tests.stories import changed, settings, source

NOTE = "independence of the environment"
RESERVE = "await workflow.execute_activity(reserve, order, start_to_close_timeout=SOON)"


def unsandboxed(head: str, condition: str, histories: Mapping[str, str], *, sandbox: bool = False) -> Project:
    text = changed(source("order"), '"""\n\nfrom datetime', f'"""\n\n{head}\nfrom datetime')
    text = changed(text, f"        {RESERVE}", f"        if {condition}:\n            {RESERVE}")
    return Project(
        {
            "order.py": text,
            "histories/order-1.json": histories["order-1"],
            "pyproject.toml": settings("order", sandbox=sandbox),
        }
    )


@pytest.mark.parametrize(
    ("head", "condition"),
    [
        ("import time", "time.time() < 1_900_000_000 and time.time_ns() % 1_000_000 >= 0 and MARK > time.time()"),
        ("import datetime as dt", "dt.datetime.now() < SOON_AFTER_IMPORT"),
        ("import random", "random.random() != FIRST_OF_THE_OTHER_SEED"),
        ("import os", '"REPLAY_FEATURE" in os.environ'),
        ("SEEN = []", "SEEN.append(1) or len(SEEN) == 1"),
        ("", "workflow.unsafe.is_replaying()"),
    ],
    ids=["clock", "datetime", "random", "environment", "state", "replaying"],
)
def test_unsandboxed_code_that_depends_on_its_environment_is_named(
    head: str, condition: str, recorded: Mapping[str, str]
) -> None:
    import random  # noqa: PLC0415 - a name the workflow's text imports too

    head += {
        "import time": "\n\nMARK = time.time() + 86_400",
        "import datetime as dt": "\n\nSOON_AFTER_IMPORT = dt.datetime.now() + dt.timedelta(days=1)",
        "import random": f"\n\nFIRST_OF_THE_OTHER_SEED = {random.Random(20_261_123).random()!r}",  # noqa: S311 - not for secrets
    }.get(head, "")
    result = unsandboxed(head, condition, recorded).run_cli("replay", "histories", env={"REPLAY_FEATURE": "on"})

    assert result.code == 0, result.stdout
    assert NOTE in result.stdout


def test_sound_unsandboxed_code_is_not_named(recorded: Mapping[str, str]) -> None:
    result = unsandboxed(
        "import datetime as dt", "workflow.now() > dt.datetime(2020, 1, 1, tzinfo=dt.UTC)", recorded
    ).run_cli("replay", "histories")

    assert result.code == 0, result.stdout
    assert NOTE not in result.stdout


def test_sandboxed_code_is_replayed_once(recorded: Mapping[str, str]) -> None:
    result = unsandboxed("", "True", recorded, sandbox=True).run_cli("replay", "histories")

    assert result.code == 0, result.stdout
    assert NOTE not in result.stdout
