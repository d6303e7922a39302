"""A real Slurm of several hosts on this machine, as a test sees it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.slurm.provision import ROOT, TESTBED, Place

DONE = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED"}
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT"}
"""States that a job does not leave again."""

LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 240.0
"""A busy machine may start four Rays in minutes."""


class Slurm:
    """Slurm's own commands, from the login node, plus a power switch and cables."""

    def __init__(self, place: Place, nodes: int) -> None:
        self.nodes = [f"n{number}" for number in range(1, nodes + 1)]
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("SLURM_")
        }
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.env = {**inherited, **place.environment, "PATH": programs}
        # As on a cluster, the package is where the user installed it; here, that is this checkout.
        self.env["PYTHONPATH"] = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
        for line in self._testbed("env").splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            self.env[name] = value
        self.shared = Path(self.env["SLURM_TESTBED_SHARED"])
        """A folder that every node sees."""

    def run(
        self, *command: str, timeout: float = 300.0, check: bool = True, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A command on the login node: this process's own namespaces."""
        done = subprocess.run(
            command,
            env=self.env,
            cwd=cwd or self.shared,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check:
            assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def node(self, node: str, *command: str, check: bool = True) -> str:
        """What a command says inside a node."""
        return self.run(str(TESTBED), "exec", node, *command, check=check).stdout

    def kill(self, node: str) -> None:
        """Take a node's power away: no goodbye."""
        self._testbed("kill", node)

    def boot(self, node: str) -> None:
        """Give it power again."""
        self._testbed("boot", node)

    def cut(self, node: str) -> None:
        """Pull a node's network cable."""
        self._testbed("cut", node)

    def heal(self, node: str) -> None:
        """Put it back."""
        self._testbed("heal", node)

    def sbatch(self, script: str, *options: str) -> int:
        """Submit a script's text; its output goes to ``shared/slurm-JOBID.out``."""
        done = subprocess.run(
            ["sbatch", "--parsable", *options],
            input=script,
            env=self.env,
            cwd=self.shared,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return int(done.stdout.split(";")[0])

    def job(self, job: int) -> dict[str, str]:
        """What ``scontrol`` says of a job."""
        said = self.run("scontrol", "-o", "show", "job", str(job)).stdout
        return dict(word.split("=", 1) for word in said.splitlines()[0].split() if "=" in word)

    def wait(self, job: int, *states: str, timeout: float = PATIENCE_SECONDS) -> dict[str, str]:
        """Wait until a job is in one of some states; without any, in a final one."""
        wanted, deadline = set(states) or DONE, time.monotonic() + timeout
        while (found := self.job(job))["JobState"] not in wanted:
            if time.monotonic() > deadline or found["JobState"] in ENDED:
                words = f"job {job} is {found['JobState']} ({found['Reason']}), not {wanted}"
                raise TimeoutError(f"{words}:\n{self.output(job)}")
            time.sleep(LOOK_SECONDS)
        return found

    def until(self, condition: Callable[[], object], timeout: float = PATIENCE_SECONDS) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {timeout:g} s")
            time.sleep(LOOK_SECONDS)

    def output(self, job: int) -> str:
        """What a job's script has said so far."""
        path = self.shared / f"slurm-{job}.out"
        return path.read_text() if path.exists() else ""

    def states(self) -> dict[str, str]:
        """Each node's state, in Slurm's words."""
        said = self.run("sinfo", "-h", "-N", "-o", "%N %T").stdout
        return dict(line.split() for line in said.splitlines())

    def mend(self) -> None:
        """End all jobs, and bring all nodes back."""
        self.run("scancel", "--user=root", check=False)
        if set(self.states().values()) != {"idle"}:
            for node in self.nodes:
                self.boot(node)
                self.heal(node)
        self.until(lambda: set(self.states().values()) == {"idle"})

    def _testbed(self, *words: str) -> str:
        done = self.run(str(TESTBED), *words, timeout=300.0, cwd=Path("/"))
        return done.stdout


def start(place: Place, nodes: int, shared: Sequence[str]) -> Slurm:
    """Bring a cluster up; `stop` ends it."""
    options = [word for folder in shared for word in ("--share", folder)]
    _testbed(place, "up", str(nodes), *options)
    return Slurm(place, nodes)


def stop(place: Place) -> None:
    """End a cluster; its logs stay until the next one at the same place."""
    _testbed(place, "down")


def _testbed(place: Place, *words: str) -> None:
    environment = {**os.environ, **place.environment}
    subprocess.run([TESTBED, *words], env=environment, cwd="/", check=True, timeout=600)
