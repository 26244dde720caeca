"""The forms of a gate's report beside the one on stdout: options, and what is written where."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

import replaykit
from replaykit.adapters.git import repository_around
from replaykit.adapters.report_files import prepare, write
from replaykit.errors import ConfigInvalid
from replaykit.model.gate import GateReport
from replaykit.report.finding import Reading
from replaykit.report.gate_annotations import annotation_lines
from replaykit.report.gate_findings import Told, told
from replaykit.report.gate_html import gate_html
from replaykit.report.gate_junit import gate_junit
from replaykit.report.gate_markdown import gate_markdown
from replaykit.report.gate_sarif import gate_sarif
from replaykit.report.paint import PLAIN

F = TypeVar("F", bound=Callable[..., Any])
WIDTH = 100

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


def write_forms(
    forms: Forms, report: GateReport, reading: Reading, *, exit_code: int, drift_fails: bool, following: str
) -> None:
    """Write what was asked for.

    Raises:
        ReportUnwritable: A file cannot be written.
    """
    if not forms.annotations and not any(forms.files):
        return
    here = replace(reading, width=WIDTH, paint=PLAIN)
    top = str(repository_around(Path(report.root)).top)
    now = time.time()
    all_of_it = told(report, here, top=top, exit_code=exit_code, drift_fails=drift_fails, following=following, now=now)
    if forms.annotations:
        for line in annotation_lines(all_of_it):
            click.echo(line)
    for path, text in _texts(forms, all_of_it, here, now=now):
        write(Path(path), text)


def _texts(forms: Forms, all_of_it: Told, here: Reading, *, now: float) -> Iterator[tuple[str, str]]:
    if forms.junit is not None:
        yield forms.junit, gate_junit(all_of_it)
    if forms.sarif is not None:
        yield forms.sarif, json.dumps(gate_sarif(all_of_it, version=replaykit.__version__), indent=2) + "\n"
    if forms.summary is not None:
        yield forms.summary, gate_markdown(all_of_it)
    if forms.html is not None:
        yield forms.html, gate_html(all_of_it, here, now=now)
