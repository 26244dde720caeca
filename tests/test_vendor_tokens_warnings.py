"""Redaction leaves the warnings of the process where they were."""

import subprocess
import sys


def test_warnings_are_shown_as_before_when_redaction_has_been_loaded() -> None:
    # In a process of its own: what loads once is loaded in this one.
    code = (
        "import warnings; shows = warnings.showwarning; from replaykit.adapters.vendor_tokens import detectors; "
        "detectors(); assert warnings.showwarning is shows; import logging; logging.captureWarnings(True); "
        "assert warnings.showwarning is not shows; detectors(); assert warnings.showwarning is not shows"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
