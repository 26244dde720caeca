"""Code that is non-deterministic in itself is told apart from a change; crash points of the past are replayed."""

from collections.abc import Mapping

import pytest

from tests.project import Project
from tests.stories import changed, settings, source

# Each starts processes or a server of its own, and takes seconds.
pytestmark = pytest.mark.long

RECEIPT = "receipt = await workflow.execute_activity(charge, args=[order, 4200], start_to_close_timeout=SOON)"
RESERVE = "await workflow.execute_activity(reserve, order, start_to_close_timeout=SOON)"

# The order of a set of strings depends on PYTHONHASHSEED.
IN_SET_ORDER = f"""for step in {{"charge", "reserve"}}:
            if step == "charge":
                {RECEIPT}
            else:
                {RESERVE}"""


def of_order(text: str, histories: Mapping[str, str], **more: object) -> Project:
    history = {"histories/order-1.json": histories["order-1"]}
    return Project({**history, "order.py": text, "pyproject.toml": settings("order", **more)})


def seed_dependent() -> str:
    text = source("order")
    both = text[text.index(RECEIPT) : text.index(RESERVE) + len(RESERVE)]
    return changed(text, both, IN_SET_ORDER)


@pytest.mark.long
def test_seeds_that_disagree_are_named_as_intrinsic(recorded: Mapping[str, str]) -> None:
    result = of_order(seed_dependent(), recorded).run_cli("replay", "histories", "--seeds", "4", "--format", "json")

    [entry] = result.report["histories"]
    assert result.code == 1
    assert entry["verdict"] == "diverged"
    assert set(entry["seeds"]) == {"0", "1", "2", "3"}
    assert set(entry["seeds"].values()) == {"clean", "diverged"}


def test_seeds_that_agree_are_not_mentioned(recorded: Mapping[str, str]) -> None:
    result = of_order(source("order"), recorded).run_cli("replay", "histories", "--seeds", "2", "--format", "json")

    [entry] = result.report["histories"]
    assert (result.code, entry["verdict"], entry["seeds"]) == (0, "clean", {})


def test_one_seed_gives_the_same_verdict_each_time(recorded: Mapping[str, str]) -> None:
    project = of_order(seed_dependent(), recorded)

    verdicts = {project.run_cli("replay", "histories").code for _ in range(2)}

    assert len(verdicts) == 1


def test_every_prefix_of_a_sound_workflow_replays(recorded: Mapping[str, str]) -> None:
    result = of_order(source("order"), recorded).run_cli("replay", "histories", "--every-prefix")

    assert result.code == 0, result.stdout
    assert "Crash points: 6 prefixes replayed" in result.stdout


# Unsandboxed code is replayed twice each time (another clock and environment): the fifth run is that of prefix 2.
def test_state_kept_in_the_worker_is_blamed_on_the_first_prefix_that_fails(recorded: Mapping[str, str]) -> None:
    kept = changed(
        source("order"), "@workflow.defn\nclass Order:", "SEEN = []\n\n\n@workflow.defn(sandboxed=False)\nclass Order:"
    )
    kept = changed(
        kept, f"        {RESERVE}", f"        SEEN.append(1)\n        if len(SEEN) != 5:\n            {RESERVE}"
    )
    project = of_order(kept, recorded)

    whole = project.run_cli("replay", "histories")
    prefixes = project.run_cli("replay", "histories", "--every-prefix", "--format", "json")

    [entry] = prefixes.report["histories"]
    assert whole.code == 0, whole.stdout
    assert (prefixes.code, entry["verdict"], entry["prefix"]) == (1, "diverged", 2)


@pytest.mark.long
def test_pytest_replays_prefixes_and_seeds_when_told(recorded: Mapping[str, str]) -> None:
    sound = of_order(source("order"), recorded)

    result = sound.run_pytest("--replay-histories", "histories", "--replay-every-prefix", "--replay-seeds", "2")
    fickle = of_order(seed_dependent(), recorded).run_pytest("--replay-histories", "histories", "--replay-seeds", "4")

    assert result.code == 0, result.stdout
    assert fickle.code == 1
    assert "Intrinsic: the code is non-deterministic in itself" in fickle.stdout
    assert "--seeds 4 -v" in fickle.stdout
