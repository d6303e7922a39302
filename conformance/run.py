"""Run one suite in a process of its own: each peer calls its top test package ``test``."""

import json
import os
import subprocess
import sys
from pathlib import Path

from .plugin import ADAPTERS, OUTCOMES, OWN_METADATA, REPLACED
from .suites import Suite
from .verdict import Outcomes

HERE = Path(__file__).parent


def run_suite(
    suite: Suite, tree: Path, log: Path, *, adapters: str | None, options: list[str]
) -> Outcomes:
    """Run a suite's tests in their own tree and return the outcomes.

    Args:
        suite: What to run.
        tree: The top of the peer's source tree.
        log: Where pytest's output goes.
        adapters: The module whose classes stand in; ``None`` tests the peer's own.
        options: More for pytest's command line.
    """
    top = only_tests(tree, log.parent / suite.distribution)
    found = log.with_suffix(".json")
    found.unlink(missing_ok=True)
    with log.open("w", encoding="utf-8") as output:
        subprocess.run(
            [*pytest_command(top), *suite.paths, *options],
            cwd=top,
            env=environment(suite, adapters, top, found),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    if not found.is_file():
        return Outcomes({suite.name: {"": f"pytest did not finish: see {log}"}}, frozenset())
    said = json.loads(found.read_text(encoding="utf-8"))
    if not said["failures"]:
        # A file that the peer has moved is no test passed.
        return Outcomes({suite.name: {"": f"pytest found no tests: see {log}"}}, frozenset())
    return Outcomes(failures=said["failures"], skipped=frozenset(said["skipped"]))


def only_tests(tree: Path, top: Path) -> Path:
    """A folder with the tests alone: the package beside them is not the installed one."""
    top.mkdir(parents=True, exist_ok=True)
    link = top / "test"
    link.unlink(missing_ok=True)
    link.symlink_to(tree / "test")
    return top


def pytest_command(top: Path) -> list[str]:
    """Pytest with our plugin and without the settings of any project around it."""
    return [
        *(sys.executable, "-m", "pytest", "-p", "conformance.plugin", "-p", "no:cacheprovider"),
        *("-c", os.devnull, "--rootdir", str(top), "--timeout", "1800", "-q"),
    ]


def environment(suite: Suite, adapters: str | None, top: Path, found: Path) -> dict[str, str]:
    """The tests go first on the path, so that ``test`` is not the standard library's."""
    return os.environ | {
        "PYTHONPATH": os.pathsep.join([str(top), str(HERE.parent)]),
        ADAPTERS: adapters or "",
        REPLACED: " ".join(suite.replaced) if adapters else "",
        OWN_METADATA: " ".join(suite.own_metadata) if adapters else "",
        OUTCOMES: str(found),
    }
