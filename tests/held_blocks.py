"""Sweeps on real engines that do not end before a test lets them, on the fastest machine.

A block waits as long as the store has a file ``hold`` and as many segments as that file says. When
somebody wished to end the sweep, the blocks that are left go on, slowly: the wish is heard long
before the last of them is done. Processes with `held_environment` do so, and their children.
"""

import importlib.util
import os
import signal
import sys
import time
from contextlib import suppress
from importlib.machinery import ModuleSpec
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENGINES = "shoal.cluster.engines.choice"
VARIABLE = "SHOAL_TEST_HELD"
SLOW_SECONDS = 2.0
"""Of a block, after the wish to end."""


class Hold:
    """What a test sees of it."""

    def __init__(self, store: Path, segments: int = 1) -> None:
        store.mkdir(exist_ok=True)
        self.store = store
        self.allow(segments)

    def allow(self, segments: int) -> None:
        """Let blocks run until the store has so many segments."""
        aside = self.store / "hold.aside"
        aside.write_text(str(segments))
        aside.rename(self.store / "hold")

    def allow_more(self, segments: int) -> None:
        """Let blocks run until the store has so many more segments than now."""
        self.allow(num_segments(self.store) + segments)

    def slow(self) -> None:
        """Let blocks run, slowly: a signal was sent."""
        (self.store / "slow").touch()

    def leave(self) -> None:
        """Let everything run as it is."""
        (self.store / "hold").unlink()


def held_environment(store: Path) -> dict[str, str]:
    """The variables of processes whose blocks are to be held."""
    folders = [str(ROOT / name) for name in ("tests/held", "src", "")]
    path = [*folders, os.environ.get("PYTHONPATH", "")]
    return {VARIABLE: str(store), "PYTHONPATH": os.pathsep.join(filter(None, path))}


def num_segments(store: Path) -> int:
    """Count what is committed."""
    return len(list(store.glob("*/segments/*.parquet")))


def wait(store: Path) -> None:
    """Wait as long as a block is held."""
    with suppress(FileNotFoundError):
        while num_segments(store) >= int((store / "hold").read_text()):
            if (store / "slow").exists() or any(store.glob("**/cancel.json")):
                time.sleep(SLOW_SECONDS)
                break
            time.sleep(0.05)


class Finder:
    """Changes the engines when they are imported."""

    @classmethod
    def find_spec(cls, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Find the module as others do."""
        if name != ENGINES:
            return None
        sys.meta_path.remove(cls)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def load_held(module) -> None:
            load(module)
            run, store = module.ChosenEngine.run, Path(os.environ[VARIABLE])

            def run_held(self, block):
                wait(store)
                return run(self, block)

            module.ChosenEngine.run = run_held

        spec.loader.exec_module = load_held
        return spec


def hold_blocks() -> None:
    """Have this process's blocks wait, where its environment says so."""
    # A shell that runs the tests in its background has them ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if VARIABLE in os.environ:
        sys.meta_path.insert(0, Finder)
