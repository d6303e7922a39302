"""What a suite's outcomes mean, given the exemptions."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What pytest said of each test of a suite."""

    failures: Mapping[str, Mapping[str, str]]
    """By test id: the message of each failure by its subtest, ``""`` for the test itself."""

    skipped: frozenset[str]
    """Tests that the peer itself skips here."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """A test of one suite that ours need not pass, and why."""

    suite: str
    """The suite's name."""

    pattern: str
    """``Class::test``, with ``*`` for the suffix of a data-driven test; ``... / subtest``."""

    reason: str
    """Why it is about that peer and not about the interface."""

    is_run: bool = True
    """Whether the test is run all the same, so that one that passes is seen."""

    def names(self, test: str) -> bool:
        """Whether it speaks of this test or of a subtest in it."""
        return fnmatchcase(test, f"*::{self.pattern.partition(' / ')[0]}")

    def covers(self, test: str, subtest: str) -> bool:
        """Whether it excuses this failure."""
        wanted = self.pattern.partition(" / ")[2]
        return self.names(test) and (not wanted or fnmatchcase(subtest, wanted))


@dataclass(frozen=True, slots=True)
class Verdict:
    """One suite's tests, sorted by what they mean."""

    suite: str
    """The suite's name."""

    passed: tuple[str, ...]
    """Tests that passed."""

    skipped: tuple[str, ...]
    """Tests that the peer itself skips here."""

    exempt: tuple[str, ...]
    """Tests that failed, with each failure excused, and tests that were left out."""

    failed: Mapping[str, str]
    """What failed and is not excused, with its message."""

    num_failed_tests: int
    """How many tests those are in; one test may fail in several subtests."""

    unneeded: tuple[str, ...]
    """Patterns of exemptions that excused nothing."""

    @property
    def num_tests(self) -> int:
        """How many tests the suite has."""
        return sum(map(len, (self.passed, self.skipped, self.exempt))) + self.num_failed_tests


def judge(suite: str, found: Outcomes, exemptions: Iterable[Exemption]) -> Verdict:
    """Sort the outcomes of a suite by what they mean."""
    own = [one for one in exemptions if one.suite == suite]
    every = {
        (test, sub): word for test, subs in found.failures.items() for sub, word in subs.items()
    }
    bad = {key: word for key, word in every.items() if not any(one.covers(*key) for one in own)}
    bad_tests = {test for test, _ in bad}
    exempt = {test for test, _ in every} - bad_tests
    return Verdict(
        suite=suite,
        passed=tuple(sorted(found.failures.keys() - exempt - bad_tests - found.skipped)),
        skipped=tuple(sorted(found.skipped - exempt - bad_tests)),
        exempt=(*sorted(exempt), *(f"{one.pattern} (not run)" for one in own if not one.is_run)),
        failed={f"{test} / {sub}" if sub else test: word for (test, sub), word in bad.items()},
        num_failed_tests=len(bad_tests),
        unneeded=tuple(
            one.pattern
            for one in own
            if any(map(one.names, found.failures)) and not any(one.covers(*key) for key in every)
        ),
    )


def read_exemptions(path: Path) -> tuple[Exemption, ...]:
    """The exemptions of a TOML file, one for each pattern."""
    with path.open("rb") as file:
        listed = tomllib.load(file).get("exempt", [])
    return tuple(
        Exemption(one["suite"], pattern, one["reason"], one.get("run", True))
        for one in listed
        for pattern in one["tests"]
    )
