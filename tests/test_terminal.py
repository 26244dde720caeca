"""What a person sees: the whole terminal, one file a test."""

from collections.abc import Callable, Mapping

import pytest

from tests.stories import before, changed, line_of, project, source, steady, swapped, without

ORDER = source("order")
APPROVAL = source("approval")
TALLY = source("tally")
GREETING = source("greeting")
WAIT = "await workflow.wait_condition(lambda: bool(self.decision))"


@pytest.fixture
def screen(recorded: Mapping[str, str]) -> Callable[..., str]:
    """Replay one recorded history against a module's text; return the terminal's text."""

    def show(module: str, text: str, history: str, *options: str) -> str:
        result = project({module: text}, {history: recorded[history]}).run_cli("replay", "histories", *options)
        return steady(f"{result.stdout}{result.stderr}[exit {result.code}]\n")

    return show


def test_screen_of_a_clean_replay(screen: Callable[..., str], snapshot: Callable[[str], None]) -> None:
    snapshot(screen("tally", TALLY, "tally", "-v"))


def test_screen_of_swapped_steps(screen: Callable[..., str], snapshot: Callable[[str], None]) -> None:
    snapshot(screen("order", swapped(ORDER, "(charge, args", "(reserve, order,"), "order-1"))


def test_screen_of_a_changed_prompt(screen: Callable[..., str], snapshot: Callable[[str], None]) -> None:
    long = "otters, who sleep on their backs, hold hands so as not to drift apart, and juggle stones, and"
    snapshot(screen("approval", changed(APPROVAL, "Write about", f"Write at length about {long}"), "approval-waiting"))


def test_screen_of_a_wait_replaced_by_return(screen: Callable[..., str], snapshot: Callable[[str], None]) -> None:
    snapshot(screen("approval", changed(APPROVAL, WAIT, "return draft"), "approval-waiting"))


def test_screen_of_a_patch_removed_early(screen: Callable[..., str], snapshot: Callable[[str], None]) -> None:
    branch = GREETING.splitlines(keepends=True)
    del branch[line_of(GREETING, "workflow.patched(") - 1]
    text = "".join(branch).replace("            return await", "        return await")
    snapshot(screen("greeting", text, "greeting-patched"))


def test_screen_of_a_changed_child_id(screen: Callable[..., str], snapshot: Callable[[str], None]) -> None:
    snapshot(screen("order", changed(ORDER, 'id=f"{order}-parcel"', 'id=f"parcel-{order}"'), "order-1"))


def test_screen_of_new_code_that_raises(screen: Callable[..., str], snapshot: Callable[[str], None]) -> None:
    snapshot(screen("order", before(ORDER, "(reserve, order,", "receipt[99]"), "order-1"))


def test_screen_of_a_workflow_that_is_not_registered(
    screen: Callable[..., str], snapshot: Callable[[str], None]
) -> None:
    snapshot(screen("tally", TALLY, "greeting-patched"))


def test_screen_of_a_removed_step(screen: Callable[..., str], snapshot: Callable[[str], None]) -> None:
    snapshot(screen("order", without(ORDER, "(reserve, order,"), "order-1"))


def test_screen_of_a_renamed_activity(screen: Callable[..., str], snapshot: Callable[[str], None]) -> None:
    renamed = ORDER.replace("reserve(order", "set_aside(order").replace("(reserve, order", "(set_aside, order")
    snapshot(screen("order", renamed, "order-1"))


def test_screen_of_an_inserted_step(screen: Callable[..., str], snapshot: Callable[[str], None]) -> None:
    snapshot(screen("order", before(ORDER, "(Parcel.run, order", "await workflow.sleep(1)"), "order-1"))


def test_screen_of_an_extra_step_in_the_open_tail(screen: Callable[..., str], snapshot: Callable[[str], None]) -> None:
    added = before(APPROVAL, WAIT, "workflow.upsert_memo({'draft': draft})")
    snapshot(screen("approval", added, "approval-waiting"))


def test_screen_of_a_changed_timeout(screen: Callable[..., str], snapshot: Callable[[str], None]) -> None:
    text = changed(
        ORDER, "(reserve, order, start_to_close_timeout=SOON", "(reserve, order, start_to_close_timeout=2 * SOON"
    )
    snapshot(screen("order", text, "order-1"))
