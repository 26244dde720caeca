"""The forms of a gate's report beside the one on stdout: what can be asked for, and what was."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from replaykit.adapters.report_files import prepare
from replaykit.errors import ConfigInvalid

F = TypeVar("F", bound=Callable[..., Any])

_FORMS = (
    click.option("--junit", metavar="FILE", help="Write the report as JUnit XML, too."),
    click.option("--sarif", metavar="FILE", help="Write the report as SARIF 2.1.0, too, for code scanning."),
    click.option(
        "--summary",
        metavar="FILE",
        help="Write the report as Markdown, too, for the summary of a job or a comment.",
    ),
    click.option("--html", metavar="FILE", help="Write the report as a page for a browser, too; it loads nothing."),
    click.option(
        "--annotations",
        is_flag=True,
        help="Write workflow commands of GitHub after the text: the findings, on their lines.",
    ),
)


@dataclass(frozen=True, slots=True)
class Forms:
    """What was asked for beside stdout."""

    junit: str | None
    sarif: str | None
    summary: str | None
    html: str | None
    annotations: bool

    @property
    def is_any(self) -> bool:
        """Whether anything was asked for."""
        return self.annotations or any(self.files)

    @property
    def files(self) -> Iterator[Path]:
        """The files to be written."""
        return (Path(path) for path in (self.junit, self.sarif, self.summary, self.html) if path is not None)


def form_options(function: F) -> F:
    """Add the options that ask for more forms of the report."""
    for option in reversed(_FORMS):
        function = option(function)
    return function


def forms_of(options: dict[str, Any], *, form: str) -> Forms:
    """Take the options of forms out of all, and see that the files can be written.

    Raises:
        ConfigInvalid: Workflow commands would stand within a document.
        ReportUnwritable: A file cannot be written.
    """
    forms = Forms(**{name: options.pop(name) for name in ("junit", "sarif", "summary", "html", "annotations")})
    if forms.annotations and form != "text":
        raise ConfigInvalid(
            f"--annotations does not go with --format {form}.",
            cause="both are written to stdout, and one would spoil the other",
            fix="--annotations with the text, and the document into a file: --sarif FILE, --junit FILE",
        )
    for path in forms.files:
        prepare(path)
    return forms
