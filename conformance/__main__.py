"""The command: ``python -m conformance [SUITE ...]``; see conformance/README.md."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .run import HERE, run_suite
from .sources import NoTestsError, test_tree
from .suites import SUITES, Suite
from .verdict import Exemption, Outcomes, Verdict, judge, read_exemptions

ADAPTERS = {"shoal": "conformance.adapters", "reseeded": "conformance.reseeded", "peers": None}
"""Where the classes that are tested come from; the peers' own need no adapter."""

Rows = list[tuple[Verdict, float]]


def main(arguments: list[str] | None = None) -> int:
    """Run the suites that were asked for; 0 when every test passed or is exempt."""
    asked = parse(arguments)
    exemptions = read_exemptions(HERE / "exemptions.toml") if asked.classes == "shoal" else ()
    rows: Rows = []
    missing: list[str] = []
    console = Console(soft_wrap=True, highlight=False, width=max(Console().width, 110))
    for suite in asked.suites:
        started = time.monotonic()
        try:
            found = outcomes_of(suite, asked, exemptions)
        except NoTestsError as error:
            missing.append(f"{suite.name}: {error}")
            continue
        rows.append(
            (
                judge(suite.name, found, exemptions),
                time.monotonic() - started,
            )
        )
        console.print(f"{suite.name}: {rows[-1][0].num_failed_tests} failed", style="dim")
    show(rows, missing, asked.classes, console)
    if asked.json:
        asked.json.write_text(json.dumps([as_json(verdict) for verdict, _ in rows], indent=2))
    return 1 if any(verdict.failed for verdict, _ in rows) or not rows else 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    known = {suite.name: suite for suite in SUITES}
    add = parser.add_argument
    add("suites", nargs="*", metavar="SUITE", help=f"all, or some of: {', '.join(known)}")
    add("--classes", choices=list(ADAPTERS), default="shoal", help="which are tested")
    add("--tests", action="append", default=[], metavar="DISTRIBUTION=DIR", help="a checkout")
    add("--cache", type=Path, default=HERE.parent / ".cache" / "conformance")
    add("--json", type=Path, metavar="FILE", help="write every test's verdict")
    add("-k", metavar="EXPRESSION", help="only the tests that match, as pytest's -k")
    add("-n", metavar="PROCESSES", help="so many at once, as pytest-xdist's -n")
    asked = parser.parse_args(arguments)
    if unknown := sorted(set(asked.suites) - set(known)):
        parser.error(f"no such suite: {', '.join(unknown)}; there are {', '.join(known)}")
    asked.suites = [known[name] for name in asked.suites] or list(SUITES)
    pairs = [pair.partition("=") for pair in asked.tests]
    asked.checkouts = {name: Path(folder).resolve() for name, _, folder in pairs}
    asked.cache = asked.cache.resolve()
    return asked


def outcomes_of(
    suite: Suite, asked: argparse.Namespace, exemptions: Sequence[Exemption]
) -> Outcomes:
    """Find a suite's tests and run them."""
    tree = test_tree(suite.distribution, asked.checkouts, asked.cache)
    left_out = [one.pattern for one in exemptions if one.suite == suite.name and not one.is_run]
    options = [f"--deselect={path}::{pattern}" for path in suite.paths for pattern in left_out]
    options += ["-k", asked.k] if asked.k else []
    options += ["-n", asked.n] if asked.n else []
    log = asked.cache / "logs" / f"{suite.name}-{asked.classes}.log"
    adapters = ADAPTERS[asked.classes]
    if adapters is not None and suite.adapters is not None:
        adapters = suite.adapters
    return run_suite(suite, tree, log, adapters=adapters, options=options)


def show(rows: Rows, missing: list[str], classes: str, console: Console) -> None:
    """Print the table, then what needs a person's eye."""
    table = Table(title=f"the peers' tests, classes: {classes}")
    table.add_column("suite", no_wrap=True)
    for heading in ("tests", "passed", "skipped", "exempt", "failed", "seconds"):
        table.add_column(heading, justify="right")
    for verdict, seconds in rows:
        groups = (verdict.passed, verdict.skipped, verdict.exempt)
        counts = (verdict.num_tests, *map(len, groups), verdict.num_failed_tests, round(seconds))
        table.add_row(verdict.suite, *map(str, counts))
    console.print(table)
    for verdict, _ in rows:
        for test, words in verdict.failed.items():
            console.print(
                f"failed: {test}\n    {words.strip().partition(chr(10))[0][:300]}", markup=False
            )
        for pattern in verdict.unneeded:
            console.print(f"exempt, yet it passed: {verdict.suite}: {pattern}", markup=False)
    for line in missing:
        console.print(f"not run: {line}", markup=False)


def as_json(verdict: Verdict) -> dict[str, object]:
    """A verdict for machines."""
    return {
        "suite": verdict.suite,
        "passed": verdict.passed,
        "skipped": verdict.skipped,
        "exempt": verdict.exempt,
        "failed": dict(verdict.failed),
        "unneeded": verdict.unneeded,
    }


if __name__ == "__main__":
    sys.exit(main())
