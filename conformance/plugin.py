"""The pytest plugin inside a suite's process: puts our classes in, writes down what came out."""

import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

REPLACED = "CONFORMANCE_REPLACED"
OUTCOMES = "CONFORMANCE_OUTCOMES"

worst_first = ["failed", "skipped", "passed"]
outcomes: dict[str, str] = {}
words: dict[str, str] = {}


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Replace the classes while the test modules import them, then put the peers' back."""
    with pytest.MonkeyPatch.context() as patch:
        for place in os.environ[REPLACED].split():
            module, name = place.split(":")
            adapters = importlib.import_module("conformance.adapters")
            patch.setattr(importlib.import_module(module), name, getattr(adapters, name))
        return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the worst outcome of a test's phases and subtests."""
    if report.when != "call" and report.passed:
        return
    before = outcomes.get(report.nodeid, "passed")
    outcomes[report.nodeid] = min(before, report.outcome, key=worst_first.index)
    if report.failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        words[report.nodeid] = crash.message if crash else str(report.longrepr)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A module that does not load is a failure by its own name."""
    if report.failed:
        outcomes[report.nodeid] = "failed"
        words[report.nodeid] = str(report.longrepr)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the outcomes, unless this is one of xdist's workers."""
    if not hasattr(session.config, "workerinput"):
        found = {"outcomes": outcomes, "words": words}
        Path(os.environ[OUTCOMES]).write_text(json.dumps(found), encoding="utf-8")
