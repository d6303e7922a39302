"""The command line with an Aer that is held: ``python -m tests.cluster.cli.held_shoal ...``.

Once a segment was committed in the store, every call of Aer waits until the gate is open, and then
takes its time: a sweep can be met while it runs, on the fastest machine and on the slowest.
"""

import os
import signal
import time
from pathlib import Path

from qiskit_aer import AerSimulator

from shoal.cluster.cli import main
from shoal.orchestrator.cancel_file import CANCEL_NAME

GATE_NAME = "open"
AFTER_SECONDS = 2.0
"""Of a call after the gate: the wish to end is heard sooner than the few of these that are left."""


def num_segments(store: Path) -> int:
    """Count what is committed."""
    return len(list(store.glob("**/segments/*.parquet")))


def is_open(store: Path) -> bool:
    """Whether the test, or a wish to cancel, has opened the gate."""
    return (store / GATE_NAME).exists() or any(store.glob(f"**/{CANCEL_NAME}"))


def hold(store: Path) -> None:
    """Have Aer's calls wait, from this process's first segment on."""
    run, before = AerSimulator.run, num_segments(store)

    def run_held(*arguments, **options):
        if num_segments(store) > before:
            while not is_open(store):
                time.sleep(0.05)
            time.sleep(AFTER_SECONDS)
        return run(*arguments, **options)

    AerSimulator.run = run_held


if __name__ == "__main__":
    # A shell that runs the tests in its background has them ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hold(Path(os.environ["SHOAL_TEST_STORE"]))
    main()
