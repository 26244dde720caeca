"""The reference pages say all that there is, and nothing that is not."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from replaykit import errors
from replaykit.cli.export_options import VARIABLES
from replaykit.config import KEYS, Config, from_toml
from tests.docs.cli_reference import cli_reference
from tests.docs.modules import ARCHITECTURE, PACKAGE, drawn_rooms, rooms, with_modules
from tests.docs.pages import DOCS, blocks, headings, section
from tests.docs.played import ERRORS

REFERENCE = DOCS / "reference"
CONFIGURATION = (REFERENCE / "configuration.md").read_text("utf-8")
PYTEST = (REFERENCE / "pytest.md").read_text("utf-8")
CLI = (REFERENCE / "cli.md").read_text("utf-8")
# Headings of docs/errors.md that are no slug.
OTHER_HEADINGS = {"Errors", "Verdicts that could not be reached"}


def error_classes() -> list[type[errors.ReplaykitError]]:
    """List the classes of the error tree."""
    found = [value for value in vars(errors).values() if isinstance(value, type)]
    return [error for error in found if issubclass(error, errors.ReplaykitError)]


def slugs_in_code() -> Iterator[str]:
    """Yield every slug that an error or a problem of the package carries."""
    yield from (error.slug for error in error_classes())
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "slug" and isinstance(node.value, ast.Constant):
                yield str(node.value.value)


def test_the_error_page_has_one_heading_for_each_slug_and_no_other() -> None:
    found = [heading for heading in headings(ERRORS.read_text("utf-8")) if heading not in OTHER_HEADINGS]
    assert sorted(found) == sorted(set(slugs_in_code()))


def test_each_error_that_is_raised_has_an_example_that_ends_in_its_slug() -> None:
    page = ERRORS.read_text("utf-8")
    families = {error.slug for error in error_classes() if error.__subclasses__()}
    for slug in set(slugs_in_code()) - families:
        [example] = blocks(section(page, slug))
        assert f"{errors.DOCS}#{slug}\n" in example.text, slug


def test_the_command_reference_is_what_the_commands_say_now() -> None:
    assert cli_reference() == CLI, "stale: python -m tests.docs.refresh"


@pytest.mark.parametrize("variable", [*VARIABLES.values(), "NO_COLOR", "COLUMNS"])
def test_the_command_reference_names_each_environment_variable(variable: str) -> None:
    assert f"`{variable}`" in CLI


def test_the_settings_page_has_one_heading_for_each_key_and_no_other() -> None:
    assert sorted(headings(CONFIGURATION)) == sorted(["Settings", *KEYS])


@pytest.mark.parametrize("key", KEYS)
def test_each_setting_shows_its_default_its_type_and_an_example_that_is_accepted(key: str) -> None:
    text = section(CONFIGURATION, key)
    assert f"- Default: {_default(key)}\n" in text
    assert "- Type: " in text
    [example] = blocks(text)
    assert f"\n{key} = " in example.text
    accepted = from_toml(example.text, root=".", source="docs")
    assert getattr(accepted, KEYS[key]) != getattr(Config(), KEYS[key]), "the example shows the default"


def _default(key: str) -> str:
    value = getattr(Config(), KEYS[key])
    if value is None:
        return "not set"
    if isinstance(value, tuple):
        return f"`[{', '.join(_quoted(item) for item in value)}]`"
    return f"`{_quoted(value)}`"


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def test_the_pytest_page_has_one_heading_for_each_option_and_no_other() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"], check=True, capture_output=True, text=True, cwd=Path("/")
    ).stdout
    group = shown.partition("\nreplay Temporal workflow histories:\n")[2].partition("\n\n")[0]
    options = {line.split()[0].partition("=")[0] for line in group.splitlines() if line.startswith("  --")}
    assert options
    assert {heading for heading in headings(PYTEST) if heading.startswith("--")} == options


def test_the_architecture_page_lists_each_module_with_its_first_line() -> None:
    page = ARCHITECTURE.read_text("utf-8")
    assert with_modules(page) == page, "stale: python -m tests.docs.refresh"


def test_the_architecture_page_draws_each_room() -> None:
    assert rooms() == drawn_rooms()
