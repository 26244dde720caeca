"""The next command that a gate names asks for the same again."""

from replaykit.cli import main
from replaykit.cli.gate import _demanded, command


def demanded(*options: str) -> list[str]:
    # Below the group, as when it is run: a command remembers its first context's settings.
    group = main.make_context("replaykit", [], resilient_parsing=True)
    context = command.make_context("gate", ["--base", "main", *options], parent=group)
    return list(_demanded(context))


def test_what_decides_is_repeated_as_it_was_given() -> None:
    given = (
        "--drift",
        "warn",
        "--min-coverage",
        "80",
        "--require-fresh",
        "14d",
        "--address",
        "temporal:7233",
        "--no-tls",
    )
    assert " ".join(demanded(*given)) == " ".join(given)


def test_what_was_not_given_is_not_repeated_and_neither_are_a_key_nor_a_form_of_the_report() -> None:
    assert demanded() == []
    assert demanded("--api-key", "ours alone", "--format", "json", "--no-cache") == []


def test_words_that_a_shell_would_split_are_quoted() -> None:
    assert demanded("--namespace", "old shop") == ["--namespace 'old shop'"]
