"""Where a peer's tests come from: a checkout that the user has, or its source distribution."""

import importlib.metadata
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path


class NoTestsError(Exception):
    """A peer's tests could not be had, in words for the user."""


def test_tree(distribution: str, checkouts: Mapping[str, Path], cache: Path) -> Path:
    """The top of a source tree that holds the peer's ``test`` folder.

    Args:
        distribution: The peer's distribution name.
        checkouts: Trees that the user has, by distribution name; these win.
        cache: Where fetched source distributions are kept.

    Raises:
        NoTestsError: If neither holds any tests.
    """
    version = importlib.metadata.version(distribution)
    tree = checkouts.get(distribution) or fetched(distribution, version, cache)
    if not (tree / "test").is_dir():
        raise NoTestsError(
            f"{distribution} {version}: no tests in {tree}; "
            f"say where a checkout is: --tests {distribution}=DIR"
        )
    return tree


def fetched(distribution: str, version: str, cache: Path) -> Path:
    """The unpacked source distribution, fetched by pip unless the cache has it."""
    tree = cache / f"{distribution.replace('-', '_')}-{version}"
    if not tree.is_dir():
        archive = downloaded(distribution, version, cache)
        with tarfile.open(archive) as opened:
            opened.extractall(cache, filter="data")
    return tree


def downloaded(distribution: str, version: str, cache: Path) -> Path:
    """Let pip fetch the source distribution; it knows the user's index and settings."""
    stem = f"{distribution.replace('-', '_')}-{version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-binary", distribution, "--dest", str(cache)]
    cache.mkdir(parents=True, exist_ok=True)
    fetch = subprocess.run(
        [*command, f"{distribution}=={version}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=cache,
    )
    archive = cache / f"{stem}.tar.gz"
    if fetch.returncode or not archive.is_file():
        raise NoTestsError(f"pip could not fetch {stem}.tar.gz:\n{fetch.stderr.strip()}")
    return archive
