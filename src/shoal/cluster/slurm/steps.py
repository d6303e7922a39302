"""Ray on the nodes of an allocation, seen from its driver: one step of Slurm's a node."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from ...primitives.errors import ExecutionError
from ..allocation import Allocation
from ..parenthood import end_with_parent
from .orders import Arrived, Head, Order, RayEnded, RayStarted, from_line, to_line
from .step import agent_command, slurm_words, step_environment

END_SECONDS = 5.0
"""How long the agents may take to end their Rays."""

RETRY_SECONDS, MAX_RETRY_SECONDS = 5.0, 120.0
"""When a node's Ray is started again that has ended; each further time after twice as long."""

BEAT_SECONDS = 2.0
"""How often agents hear that the driver lives."""

Say = Callable[[str], None]


class Step:
    """One node's agent, behind an ``srun`` of ours."""

    def __init__(self, allocation: Allocation, node: str, order: Order, log: Path) -> None:
        """Start it.

        Args:
            allocation: The nodes.
            node: Which of them.
            order: What to start there.
            log: Where ``srun`` and the agent's standard error go.
        """
        self.node = node
        self.started: RayStarted | None = None
        self.is_blind = False
        """Whether the node does not see the store."""
        self._ended: RayEnded | None = None
        self._log = log
        log.unlink(missing_ok=True)
        with log.open("ab", buffering=0) as errors:
            self._srun = subprocess.Popen(
                agent_command(allocation.job, node, allocation.group_of(node)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=step_environment(os.environ),
                preexec_fn=end_with_parent,
            )
        self._send(to_line(order))
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def is_over(self) -> bool:
        """Whether the step has ended."""
        return self._srun.poll() is not None

    def words(self) -> str:
        """Say why the step has ended: the agent's words, or Slurm's."""
        if self._ended is not None:
            return f"{self.node}: {self._ended.words}"
        said = self._log.read_text(errors="replace") if self._log.exists() else ""
        return f"{self.node}: {slurm_words(said)}"

    def tell_head(self, address: str) -> None:
        """Tell the agent where Ray's head is.

        Args:
            address: Host and port.
        """
        self._send(to_line(Head(address)))

    def beat(self) -> None:
        """Let the agent know that the driver lives."""
        if not self.is_over:
            self._send(b"\n")

    def ask_to_end(self) -> None:
        """Let the agent's standard input end."""
        assert self._srun.stdin is not None
        with suppress(OSError):
            self._srun.stdin.close()

    def end(self, timeout_seconds: float) -> None:
        """Wait for the end, and enforce it: Slurm ends a step whose ``srun`` is killed."""
        with suppress(subprocess.TimeoutExpired):
            self._srun.wait(max(timeout_seconds, 0.0))
        self._srun.kill()
        self._srun.wait()

    def _send(self, line: bytes) -> None:
        assert self._srun.stdin is not None
        with suppress(OSError):
            self._srun.stdin.write(line)
            self._srun.stdin.flush()

    def _read(self) -> None:
        assert self._srun.stdout is not None
        for line in self._srun.stdout:
            with suppress(ValueError):  # what a site's scripts print is no message
                message = from_line(line)
                if isinstance(message, Arrived):
                    self.is_blind = not message.sees_store
                elif isinstance(message, RayStarted):
                    self.started = message
                elif isinstance(message, RayEnded):
                    self._ended = message


class Steps:
    """The head's step and the others', kept alive as long as the driver lives."""

    def __init__(self, allocation: Allocation, token: str, folder: Path, say: Say) -> None:
        """Start nothing yet.

        Args:
            allocation: The nodes.
            token: Of this Ray.
            folder: Where what ``srun`` says is kept.
            say: Tells the user; nothing, that all is well.
        """
        self._allocation = allocation
        self._token = token
        self._folder = folder
        self._say = say
        self._steps: dict[str, Step] = {}
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self._blind: set[str] = set()
        self._beaten = 0.0
        self.address = ""

    def start(self) -> str:
        """Start agents on all nodes, and wait for the head.

        Returns:
            The head's address.

        Raises:
            ExecutionError: It could not start in time, with the agent's words, or Slurm's; or a
                node does not see the store.
        """
        wanted = self._allocation.bring_up
        for node in self._allocation.nodes:
            self._steps[node] = self._step(node)
        head = self._head
        deadline = time.monotonic() + wanted.start_seconds
        while head.started is None:
            if head.is_over:
                raise ExecutionError(head.words())
            if time.monotonic() > deadline:
                raise ExecutionError(
                    f"{head.node}: Ray's head took longer than {wanted.start_seconds:g} s"
                )
            self._say("")
            time.sleep(0.02)
        self.address = head.started.address
        self._check_store()
        for node in self._others():
            self._steps[node].tell_head(self.address)
        return self.address

    def has_head(self) -> bool:
        """Whether the head's step still runs."""
        return not self._head.is_over

    def failures(self) -> Mapping[str, str]:
        """Return why nodes are not there, of those whose step has ended."""
        return {node: step.words() for node, step in self._steps.items() if step.is_over}

    def refresh(self, now: float) -> None:
        """Start again what has ended on nodes that may have come back.

        Args:
            now: The time.
        """
        if now - self._beaten > BEAT_SECONDS:
            self._beaten = now
            for step in self._steps.values():
                step.beat()
        for node in self._others():
            step = self._steps[node]
            self._leave_out_the_blind(step)
            if not step.is_over or node in self._blind:
                continue
            if node not in self._not_before:
                failures = self._failures[node] = self._failures.get(node, 0) + 1
                wait = min(RETRY_SECONDS * 2.0 ** (failures - 1), MAX_RETRY_SECONDS)
                self._not_before[node] = now + wait
                if failures == 1:
                    self._say(f"a node is lost: {step.words()}; it is used again when it is back")
            elif now >= self._not_before[node]:
                del self._not_before[node]
                self._steps[node] = self._step(node)
                self._steps[node].tell_head(self.address)

    def end(self) -> None:
        """End all of it."""
        for step in self._steps.values():
            step.ask_to_end()
        deadline = time.monotonic() + END_SECONDS
        for step in self._steps.values():
            step.end(deadline - time.monotonic())

    @property
    def _head(self) -> Step:
        return self._steps[self._allocation.here]

    def _check_store(self) -> None:
        """Refuse to begin when nodes that are here by now would commit where nobody finds it.

        Raises:
            ExecutionError: One does not see the store.
        """
        blind = [step.node for step in self._steps.values() if step.is_blind]
        if blind:
            raise ExecutionError(self._blind_words(", ".join(blind)))

    def _leave_out_the_blind(self, step: Step) -> None:
        """Do not use a node that came late and does not see the store."""
        if step.is_blind and step.node not in self._blind:
            self._blind.add(step.node)
            step.ask_to_end()
            self._say(f"{self._blind_words(step.node)}; it is not used")

    def _blind_words(self, nodes: str) -> str:
        store = Path(self._allocation.witness or "").parent
        return f"the store {store} is not seen by {nodes}: choose a folder that all nodes share"

    def _others(self) -> list[str]:
        return [node for node in self._allocation.nodes if node != self._allocation.here]

    def _step(self, node: str) -> Step:
        allocation = self._allocation
        order = Order(
            token=self._token,
            is_head=node == allocation.here,
            witness=allocation.witness,
            peer=next(iter(self._others()), None),
            interface=allocation.bring_up.interface,
            port=allocation.bring_up.port,
            memory_bytes_per_node=allocation.memory_bytes_per_node,
            memory_bytes_per_cpu=allocation.memory_bytes_per_cpu,
            driver_node=allocation.here,
            silence_seconds=allocation.bring_up.silence_seconds,
            labels=allocation.labels_of(node),
        )
        return Step(allocation, node, order, self._folder / f"srun-{node}.log")
