"""The forms of a gate's report that were asked for are written; a gate without any does not load this."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

import replaykit
from replaykit.adapters.git import repository_around
from replaykit.adapters.report_files import write
from replaykit.cli.gate_forms import Forms
from replaykit.model.gate import GateReport
from replaykit.report.gate_annotations import annotation_lines
from replaykit.report.gate_findings import Told, told
from replaykit.report.gate_html import gate_html
from replaykit.report.gate_junit import gate_junit
from replaykit.report.gate_markdown import gate_markdown
from replaykit.report.gate_sarif import gate_sarif
from replaykit.report.paint import PLAIN
from replaykit.report.reading import Reading

WIDTH = 100


def write_forms(
    forms: Forms, report: GateReport, reading: Reading, *, exit_code: int, drift_fails: bool, following: str
) -> None:
    """Write what was asked for.

    Raises:
        ReportUnwritable: A file cannot be written.
    """
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
