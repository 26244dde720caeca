"""Installs each older SDK in a throw-away environment and records the scenarios with it, on today's dev server."""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tests.recording import dev_server

# The first with update support as it is today, and one of a year and a half later.
VERSIONS = ("1.10.0", "1.18.2")
HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def main() -> None:
    """Record with every version."""
    for version in VERSIONS:
        directory = HERE / f"temporalio-{version}"
        directory.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as environment, dev_server() as server:
            venv.create(environment, with_pip=True)
            python = str(Path(environment) / "bin" / "python")
            subprocess.run([python, "-m", "pip", "install", "-q", f"temporalio=={version}"], check=True)
            subprocess.run(
                [python, "-m", "tests.older_sdks.recorder", server.address, str(directory)], cwd=ROOT, check=True
            )
        sys.stdout.write(f"temporalio {version}: {len(list(directory.glob('*.json')))} histories\n")


if __name__ == "__main__":
    main()
