"""Activities are recorded once on a real server, and answered right ever after."""

from pathlib import Path

import pytest
from temporalio import exceptions
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError

from replaykit import CassetteMiss, CassetteUnused, use_cassette
from replaykit.adapters import tapes
from replaykit.errors import CassetteCorrupt, CassetteMissing, CassetteUnwritable, ConfigInvalid
from replaykit.model.cassette import Cassette, Content, Failed, Interaction, Layer
from replaykit.model.value import JsonData
from tests.cassettes.asking import Ask, Oracle, ask_all, asking, started
from tests.recording import Server


def run(server: Server, path: Path, asks: list[Ask], *, mode: str = "none") -> tuple[list[str], Oracle]:
    oracle = Oracle()
    with use_cassette(path, mode=mode) as cassette:
        answers = server.run(lambda client: ask_all(client, oracle, cassette, asks))
    return answers, oracle


def test_ten_questions_at_once_get_their_own_answers_whatever_their_latency(server: Server, tmp_path: Path) -> None:
    slow_first = [Ask(f"q{n}", seconds=(10 - n) / 40) for n in range(10)]
    recorded, _ = run(server, tmp_path / "c.yaml", slow_first, mode="once")
    for _ in range(3):
        played, oracle = run(server, tmp_path / "c.yaml", slow_first)
        assert played == recorded
        assert oracle.calls == []


def test_each_local_activity_gets_its_own_answer(server: Server, tmp_path: Path) -> None:
    asks = [Ask(f"q{n}", local=True) for n in range(4)]
    recorded, _ = run(server, tmp_path / "c.yaml", asks, mode="once")
    played, oracle = run(server, tmp_path / "c.yaml", list(reversed(asks)))
    assert played == list(reversed(recorded))
    assert oracle.calls == []


def test_one_question_asked_three_times_gets_its_answers_in_order(server: Server, tmp_path: Path) -> None:
    async def one_by_one(client: Client, oracle: Oracle, mode: str) -> list[str]:
        with use_cassette(tmp_path / "c.yaml", mode=mode) as cassette:
            return [(await ask_all(client, oracle, cassette, [Ask("same")]))[0] for _ in range(3)]

    recorded = server.run(lambda client: one_by_one(client, Oracle(), "once"))
    assert recorded == ["answer to same (1)", "answer to same (2)", "answer to same (3)"]
    assert server.run(lambda client: one_by_one(client, Oracle(), "none")) == recorded
    with pytest.raises(CassetteMiss, match=r"are all already played \(#1, #2, #3\)"):
        run(server, tmp_path / "c.yaml", [Ask("same")] * 4)


@pytest.mark.long
@pytest.mark.parametrize("repeat", [False, True])
def test_retried_activity_has_its_last_answer_at_once_or_all_of_them_when_asked(
    server: Server, tmp_path: Path, *, repeat: bool
) -> None:
    asks = [Ask("fail-until 3")]
    recorded, oracle = run(server, tmp_path / "c.yaml", asks, mode="once")
    assert len(oracle.calls) == 3

    async def story(client: Client) -> tuple[list[str], int]:
        with use_cassette(tmp_path / "c.yaml", fail_unused=True, repeat_attempts=repeat) as cassette:
            async with asking(client, Oracle(), cassette) as queue:
                handle = await started(client, queue, asks)
                answers = await handle.result()
            events = (await handle.fetch_history()).events
            return answers, max(e.activity_task_started_event_attributes.attempt for e in events)

    answers, attempts = server.run(story)
    assert answers == recorded
    # Between attempts the server waits, one and two seconds here: a first attempt waits for nothing.
    assert attempts == (3 if repeat else 1)


@pytest.mark.parametrize(
    ("limit", "repeat", "state"),
    [(2, False, "NON_RETRYABLE_FAILURE"), (2, True, "MAXIMUM_ATTEMPTS_REACHED"), (0, True, "NON_RETRYABLE_FAILURE")],
)
def test_last_recorded_failure_ends_the_activity(
    server: Server, tmp_path: Path, limit: int, state: str, *, repeat: bool
) -> None:
    with pytest.raises(WorkflowFailureError):
        run(server, tmp_path / "c.yaml", [Ask("fail-until 9", attempts=2)], mode="once")
    # The policy is no part of a question: code that sets no limit must not have the failure repeated for ever.
    text = (tmp_path / "c.yaml").read_text("utf-8").replace("attempts: 2", f"attempts: {limit}")
    (tmp_path / "c.yaml").write_text(text, "utf-8")
    asks = [Ask("fail-until 9", attempts=limit)]
    with (
        use_cassette(tmp_path / "c.yaml", fail_unused=True, repeat_attempts=repeat) as cassette,
        pytest.raises(WorkflowFailureError) as failure,
    ):
        server.run(lambda client: ask_all(client, Oracle(), cassette, asks))
    assert isinstance(failure.value.cause, ActivityError)
    assert failure.value.cause.retry_state is not None
    assert failure.value.cause.retry_state.name == state
    error = failure.value.cause.cause
    assert isinstance(error, ApplicationError)
    assert (error.type, error.message, list(error.details)) == ("Busy", "busy 2", [{"retry": "later"}])


def answered_with(path: Path, failure: dict[str, JsonData]) -> None:
    asked = b'{"text":"slow","seconds":0.0,"local":false,"attempts":1}'
    question = Content.from_bytes({"encoding": b"json/plain"}, asked)
    lost = Interaction(Layer.ACTIVITY, "answer", (question,), Failed(failure), "2026-01-05T10:00:00.000000Z")
    tapes.save(path, Cassette((lost,)))


def test_timeout_of_a_history_is_answered_at_once_as_the_cause_of_a_failure(server: Server, tmp_path: Path) -> None:
    info: JsonData = {"timeoutType": "TIMEOUT_TYPE_START_TO_CLOSE"}
    answered_with(tmp_path / "c.yaml", {"message": "gone", "timeoutFailureInfo": info})
    with pytest.raises(WorkflowFailureError) as failure:
        run(server, tmp_path / "c.yaml", [Ask("slow", attempts=1)])
    assert isinstance(failure.value.cause, ActivityError)
    error = failure.value.cause.cause
    assert isinstance(error, ApplicationError)
    assert (error.type, error.message) == ("TimeoutError", "gone")
    assert isinstance(error.cause, exceptions.TimeoutError)
    assert error.cause.type is exceptions.TimeoutType.START_TO_CLOSE


def test_cancellation_is_refused_as_an_answer(server: Server, tmp_path: Path) -> None:
    answered_with(tmp_path / "c.yaml", {"message": "gone", "canceledFailureInfo": {}})
    with pytest.raises(CassetteCorrupt, match="never by its answer"):
        run(server, tmp_path / "c.yaml", [Ask("slow", attempts=1)])


def test_refusal_is_recorded_and_repeated(server: Server, tmp_path: Path) -> None:
    for mode in ("once", "none"):
        with pytest.raises(WorkflowFailureError) as failure:
            run(server, tmp_path / "c.yaml", [Ask("refuse")], mode=mode)
        assert isinstance(failure.value.cause, ActivityError)
        assert isinstance(failure.value.cause.cause, ApplicationError)
        assert failure.value.cause.cause.type == "Refused"
        assert failure.value.cause.cause.non_retryable


def test_new_episodes_plays_what_is_there_and_asks_for_the_rest(server: Server, tmp_path: Path) -> None:
    first, _ = run(server, tmp_path / "c.yaml", [Ask("old")], mode="once")
    both, oracle = run(server, tmp_path / "c.yaml", [Ask("old"), Ask("new")], mode="new_episodes")
    assert both[0] == first[0]
    assert oracle.calls == ["new"]
    assert run(server, tmp_path / "c.yaml", [Ask("new"), Ask("old")])[0] == list(reversed(both))


def test_once_leaves_a_cassette_that_exists_as_it_is(server: Server, tmp_path: Path) -> None:
    run(server, tmp_path / "c.yaml", [Ask("old")], mode="once")
    before = (tmp_path / "c.yaml").read_bytes()
    with pytest.raises(CassetteMiss):
        run(server, tmp_path / "c.yaml", [Ask("new")], mode="once")
    assert (tmp_path / "c.yaml").read_bytes() == before


def test_all_replaces_what_was_recorded(server: Server, tmp_path: Path) -> None:
    run(server, tmp_path / "c.yaml", [Ask("old"), Ask("older")], mode="once")
    again, oracle = run(server, tmp_path / "c.yaml", [Ask("old")], mode="all")
    assert oracle.calls == ["old"]
    with use_cassette(tmp_path / "c.yaml", fail_unused=True) as cassette:
        assert server.run(lambda client: ask_all(client, Oracle(), cassette, [Ask("old")])) == again
    assert [path.name for path in tmp_path.iterdir()] == ["c.yaml"]


def test_miss_wins_over_what_the_code_made_of_it(server: Server, tmp_path: Path) -> None:
    run(server, tmp_path / "c.yaml", [Ask("recorded")], mode="once")
    with pytest.raises(CassetteMiss) as missed, use_cassette(tmp_path / "c.yaml") as cassette:  # noqa: PT012 - a test's body
        with pytest.raises(WorkflowFailureError):
            server.run(lambda client: ask_all(client, Oracle(), cassette, [Ask("recoded")]))
        pytest.fail("the test found another reason")
    assert missed.value.problem.cause.splitlines() == [
        "its one recording, #1, differs in 1 place:",
        '  input[0].text   "recorded" → "recoded"',
    ]


def test_unused_recordings_do_not_mask_the_real_failure(server: Server, tmp_path: Path) -> None:
    run(server, tmp_path / "c.yaml", [Ask("one"), Ask("two")], mode="once")
    with pytest.raises(ZeroDivisionError), use_cassette(tmp_path / "c.yaml", fail_unused=True):
        _ = 1 / 0
    with (
        pytest.raises(CassetteUnused, match="2 of the 2 recordings"),
        use_cassette(tmp_path / "c.yaml", fail_unused=True) as cassette,
    ):
        assert cassette.unused == ("#1 activity answer", "#2 activity answer")


def test_declared_field_does_not_count_and_is_stored_in_the_cassette(server: Server, tmp_path: Path) -> None:
    volatile = ["activity:answer input[0].seconds", r"pattern:run-\d+"]
    with use_cassette(tmp_path / "c.yaml", mode="once", volatile=volatile) as cassette:
        recorded = server.run(lambda client: ask_all(client, Oracle(), cassette, [Ask("q run-17", seconds=0.01)]))
    played, oracle = run(server, tmp_path / "c.yaml", [Ask("q run-18", seconds=0.02)])
    assert (played, oracle.calls) == (recorded, [])
    assert r"pattern:run-\\d+" in (tmp_path / "c.yaml").read_text("utf-8")
    with pytest.raises(CassetteMiss):
        run(server, tmp_path / "c.yaml", [Ask("another run-18")])


def test_secret_is_redacted_before_it_reaches_the_disk_and_the_question_still_found(
    server: Server, tmp_path: Path
) -> None:
    def redact(value: JsonData) -> JsonData:
        if isinstance(value, dict):
            return {key: redact(item) for key, item in value.items()}
        return value.replace("sk-secret", "[key]") if isinstance(value, str) else value

    for mode in ("once", "none"):
        with use_cassette(tmp_path / "c.yaml", mode=mode, redact=redact) as cassette:
            answers = server.run(lambda client: ask_all(client, Oracle(), cassette, [Ask("use sk-secret")]))
            assert b"sk-secret" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert answers == ["answer to use [key] (1)"]


def test_secrets_are_redacted_unless_that_is_switched_off(server: Server, tmp_path: Path) -> None:
    address = "ada.lovelace@shop.test"
    for mode in ("once", "none"):
        with use_cassette(tmp_path / "c.yaml", mode=mode) as cassette:
            server.run(lambda client: ask_all(client, Oracle(), cassette, [Ask(f"write to {address}")]))
    assert address.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    with use_cassette(tmp_path / "raw.yaml", mode="once", redact=False) as cassette:
        server.run(lambda client: ask_all(client, Oracle(), cassette, [Ask(f"write to {address}")]))
    assert address.encode() in (tmp_path / "raw.yaml").read_bytes()


def test_answer_that_cannot_be_recorded_reaches_the_test_and_is_not_retried(server: Server, tmp_path: Path) -> None:
    oracle = Oracle()
    with (  # noqa: PT012 - a test's body
        pytest.raises(CassetteUnwritable, match="cannot be written"),
        use_cassette(tmp_path / "nowhere" / "c.yaml", mode="once") as cassette,
    ):
        (tmp_path / "nowhere").write_text("a file where the directory should be")
        server.run(lambda client: ask_all(client, oracle, cassette, [Ask("q")]))
    assert oracle.calls == ["q"]


def test_failure_that_somebody_wrote_wrongly_into_the_cassette_reaches_the_test(server: Server, tmp_path: Path) -> None:
    with pytest.raises(WorkflowFailureError):
        run(server, tmp_path / "c.yaml", [Ask("refuse")], mode="once")
    text = (tmp_path / "c.yaml").read_text("utf-8").replace("applicationFailureInfo:", "application:")
    (tmp_path / "c.yaml").write_text(text, "utf-8")
    with pytest.raises(CassetteCorrupt, match="is none of Temporal's"):
        run(server, tmp_path / "c.yaml", [Ask("refuse")])


def test_recording_that_was_cut_off_between_two_attempts_goes_on(server: Server, tmp_path: Path) -> None:
    run(server, tmp_path / "c.yaml", [Ask("fail-until 2")], mode="once")
    # What a kill leaves after the first of two attempts: nothing but its failure.
    whole = tapes.load(tmp_path / "c.yaml")
    tapes.save(tmp_path / "c.yaml", Cassette(whole.interactions[:1]))
    with pytest.raises(WorkflowFailureError):
        run(server, tmp_path / "c.yaml", [Ask("fail-until 2")])
    recorded, oracle = run(server, tmp_path / "c.yaml", [Ask("fail-until 2")], mode="new_episodes")
    assert len(oracle.calls) == 2
    assert run(server, tmp_path / "c.yaml", [Ask("fail-until 2")])[0] == recorded


def test_missing_cassette_is_an_error_and_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(CassetteMissing), use_cassette(tmp_path / "c.yaml"):
        pass


def test_unknown_mode_is_an_error(tmp_path: Path) -> None:
    wanted = "the modes are none, once, new_episodes, all"
    with pytest.raises(ConfigInvalid, match=wanted), use_cassette(tmp_path / "c.yaml", mode="sometimes"):
        pass
