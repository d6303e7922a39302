"""Sweeps that are killed and run again, and what must hold of them."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from shoal.cluster import open_store
from shoal.orchestrator.job_folders import read_segments
from tests.local_ray import ROOT, processes_of_session
from tests.scripted import Script

NODE_FOLDERS = Path(tempfile.gettempdir()) / f"shoal-{os.geteuid()}"
PATIENCE_SECONDS = 250.0
HELD = (8, 9, 10, 11)
"""The blocks that ``--held`` means, in order."""


class Sweep:
    """One sweep's folder, run by one process after the other."""

    def __init__(self, folder: Path, **options: float) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.script = Script(folder)
        self.options = [f"--{name}={value}" for name, value in options.items()]
        self.process: subprocess.Popen[str] | None = None
        self.node_folder: Path | None = None

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start a driver, and find the folder of its Ray."""
        before = set(NODE_FOLDERS.glob("*"))
        self.process = self._driver(*options)
        wait_until(lambda: self._own_folder(before) is not None)
        self.node_folder = self._own_folder(before)
        return self.process

    def _driver(self, *options: str) -> subprocess.Popen[str]:
        # A shell that runs the tests in its background has them ignore Ctrl-C.
        obey = "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        program = "runpy.run_module('tests.chaos.sweep_program', run_name='__main__')"
        command = [sys.executable, "-c", obey + program, str(self.folder)]
        return subprocess.Popen(
            [*command, *self.options, *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _own_folder(self, before: set[Path]) -> Path | None:
        assert self.process is not None
        for path in set(NODE_FOLDERS.glob("*")) - before:
            with suppress(OSError):
                for session in map(int, (path / "sessions").read_text().split()):
                    parent = Path(f"/proc/{session}/stat").read_text().rpartition(")")[2].split()[1]
                    if int(parent) == self.process.pid:
                        return path
        return None

    def sessions(self) -> list[int]:
        """The sessions that the driver has started."""
        assert self.node_folder is not None
        return [int(line) for line in (self.node_folder / "sessions").read_text().split()]

    def pid_of(self, words: str) -> int:
        """Find a process of the driver's Ray by words of its command line."""
        for session in self.sessions():
            for pid, line in processes_of_session(session).items():
                if words in line:
                    return pid
        raise LookupError(words)

    def wait_for_blocks(self, count: int) -> None:
        """Wait until so many blocks were begun."""
        wait_until(lambda: len(self.script.ran()) >= count, self.process)

    def wait_for_held(self, count: int) -> None:
        """Wait until so many blocks hold their workers: the sweep cannot end by itself."""
        wait_until(lambda: set(HELD[:count]) <= set(self.script.ran()), self.process)

    def kill(self, way: signal.Signals = signal.SIGKILL) -> list[int]:
        """Kill the driver; return the sessions that it leaves behind."""
        assert self.process is not None
        sessions = self.sessions()
        self.process.send_signal(way)
        self.process.communicate(timeout=PATIENCE_SECONDS)
        return sessions

    def finish(self, *options: str) -> str:
        """Run the rest in another driver, with the gate open; return the hash of the result."""
        self.script.open_gate()
        process = self._driver(*options)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, err
        return out.split()[-1]

    def committed(self) -> frozenset[int]:
        """The blocks that are durable now."""
        jobs = open_store(self.folder / "store").jobs() if (self.folder / "store").exists() else []
        return read_segments(jobs[0].folder).committed() if jobs else frozenset()


def wait_until(is_so: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    """Wait for something; fail when it takes too long, or when a process ends before."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "waited too long"
        if process is not None and process.poll() is not None:
            raise AssertionError(process.communicate())
        time.sleep(0.02)


def assert_nothing_runs(sessions: list[int]) -> None:
    """Wait until no process of some sessions is left; they may take a moment to die."""
    wait_until(lambda: not any(processes_of_session(session) for session in sessions))
