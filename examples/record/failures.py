"""Failures without the recording machine's paths: a corpus should not tell where it was made."""

import re
from pathlib import Path

from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverter, PayloadConverter

_PROJECT = Path(__file__).parents[2]


class PortableFailureConverter(DefaultFailureConverter):
    """Writes stack traces with paths relative to the project, to site-packages or to the standard library."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """Convert as the SDK does, then shorten the paths."""
        super().to_failure(exception, payload_converter, failure)
        failure.stack_trace = re.sub(r'File "([^"]+)"', _shortened, failure.stack_trace)


def _shortened(match: re.Match[str]) -> str:
    path = match[1].removeprefix(f"{_PROJECT}/")
    path = re.sub(r"^.*/(?:site-packages|lib/python3\.\d+)/", "", path)
    return f'File "{path}"'
