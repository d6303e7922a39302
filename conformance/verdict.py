"""What a suite's outcomes mean, given the exemptions."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Exemption:
    """Tests of one suite that ours need not pass, and why."""

    suite: str
    """The suite's name."""

    tests: tuple[str, ...]
    """``Class::test`` patterns (``*`` for the suffix that a data-driven test carries)."""

    reason: str
    """Why the test is about that peer and not about the interface."""

    def covers(self, suite: str, test: str) -> bool:
        """Whether it speaks of this test."""
        return suite == self.suite and any(
            fnmatchcase(test, f"*::{pattern}") for pattern in self.tests
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """One suite's tests, sorted by what they mean."""

    suite: str
    """The suite's name."""

    passed: tuple[str, ...]
    """Tests that passed and are not listed as exempt."""

    skipped: tuple[str, ...]
    """Tests that the peer itself skips here."""

    exempt: tuple[str, ...]
    """Tests that failed, as an exemption says."""

    unneeded: tuple[str, ...]
    """Tests that passed although an exemption names them."""

    failed: tuple[str, ...]
    """Tests that failed, and nothing excuses them."""

    words: Mapping[str, str]
    """Why, for each test that failed."""

    @property
    def num_tests(self) -> int:
        """How many tests the suite has."""
        groups = (self.passed, self.skipped, self.exempt, self.unneeded, self.failed)
        return sum(map(len, groups))


def judge(
    suite: str,
    outcomes: Mapping[str, str],
    words: Mapping[str, str],
    exemptions: Iterable[Exemption],
) -> Verdict:
    """Sort the outcomes of a suite by what they mean."""
    own = [exemption for exemption in exemptions if exemption.suite == suite]
    covered = {test for test in outcomes if any(one.covers(suite, test) for one in own)}

    def those(outcome: str, listed: bool) -> tuple[str, ...]:
        return tuple(
            test
            for test, found in outcomes.items()
            if found == outcome and (test in covered) is listed
        )

    return Verdict(
        suite=suite,
        passed=those("passed", listed=False),
        skipped=those("skipped", listed=False) + those("skipped", listed=True),
        exempt=those("failed", listed=True),
        unneeded=those("passed", listed=True),
        failed=those("failed", listed=False),
        words=words,
    )


def read_exemptions(path: Path) -> tuple[Exemption, ...]:
    """The exemptions of a TOML file."""
    with path.open("rb") as file:
        listed = tomllib.load(file).get("exempt", [])
    return tuple(
        Exemption(suite=one["suite"], tests=tuple(one["tests"]), reason=one["reason"])
        for one in listed
    )
