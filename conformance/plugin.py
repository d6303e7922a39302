"""The pytest plugin inside a suite's process: puts our classes in, writes down what came out."""

import importlib
import json
import os
import unittest
from collections.abc import Iterator
from pathlib import Path

import pytest

ADAPTERS = "CONFORMANCE_ADAPTERS"
REPLACED = "CONFORMANCE_REPLACED"
OWN_METADATA = "CONFORMANCE_OWN_METADATA"
OUTCOMES = "CONFORMANCE_OUTCOMES"

WHOLE_TEST = ""
failures: dict[str, dict[str, str]] = {}
skipped: set[str] = set()


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Replace the classes while the test modules import them, then put the peers' back."""
    with pytest.MonkeyPatch.context() as patch:
        for place in os.environ[REPLACED].split():
            module, name = place.split(":")
            ours = importlib.import_module(os.environ[ADAPTERS])
            if hasattr(ours, name):
                patch.setattr(importlib.import_module(module), name, getattr(ours, name))
        return (yield)


def pytest_configure() -> None:
    """Let tests pass over metadata keys of the peer's own, and check what comes after them."""
    assert_in = unittest.TestCase.assertIn
    own_metadata = os.environ[OWN_METADATA].split()

    def assert_in_but_own(
        case: unittest.TestCase, member: object, container: object, msg: object = None
    ) -> None:
        if member not in own_metadata:
            assert_in(case, member, container, msg)

    unittest.TestCase.assertIn = assert_in_but_own


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the failures of a test, each with the subtest that it is in."""
    found = failures.setdefault(report.nodeid, {})
    if report.skipped:
        skipped.add(report.nodeid)
    if report.failed and "failed subtest" not in str(report.longrepr)[:40]:
        crash = getattr(report.longrepr, "reprcrash", None)
        found[subtest(report)] = crash.message if crash else str(report.longrepr)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A module that does not load is a failure by its own name."""
    if report.failed:
        failures[report.nodeid] = {WHOLE_TEST: str(report.longrepr)}


def subtest(report: pytest.TestReport) -> str:
    """The words of a ``with self.subTest(...)``, or none outside of one."""
    context = getattr(report, "context", None)
    if context is None:
        return WHOLE_TEST
    words = [context.msg] if context.msg else []
    return ", ".join(words + [f"{name}={value}" for name, value in context.kwargs.items()])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the outcomes, unless this is one of xdist's workers."""
    if not hasattr(session.config, "workerinput"):
        found = {"failures": failures, "skipped": sorted(skipped)}
        Path(os.environ[OUTCOMES]).write_text(json.dumps(found), encoding="utf-8")
