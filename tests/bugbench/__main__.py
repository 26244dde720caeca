"""Prints the benchmark's table: python -m tests.bugbench [--json FILE] [CASE ...]."""

import argparse
import asyncio
import json
from pathlib import Path

from tests.bugbench.cases import CASES
from tests.bugbench.kept import keep
from tests.bugbench.run import rows_of
from tests.bugbench.table import as_json, lines_of, totals_lines, totals_of


def main() -> None:
    """Run all cases, or those whose names begin with a given text."""
    parser = argparse.ArgumentParser(prog="python -m tests.bugbench", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="only cases whose names begin so")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table as JSON, too")
    parser.add_argument("--no-sdk", action="store_true", help="do not ask the SDK's Replayer")
    parser.add_argument("--keep", action="store_true", help="keep the SDK's answers, and the totals in README.md")
    options = parser.parse_args()
    chosen = [case for case in CASES if not options.cases or case.name.startswith(tuple(options.cases))]
    rows = asyncio.run(rows_of(chosen, sdk=not options.no_sdk))
    totals = totals_of(rows)
    print("\n".join([*lines_of(rows), "", *totals_lines(totals)]))  # noqa: T201 - its output
    if options.keep:
        keep(rows)
    if options.json:
        options.json.write_text(json.dumps(as_json(rows, totals), indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
