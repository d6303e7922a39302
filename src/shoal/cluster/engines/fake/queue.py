"""A backend with a queue before it that does as its script says."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit
from qiskit.providers import BackendV2, Options
from qiskit.result import Result
from qiskit.transpiler import Target

from .desk import Desk, Entry
from .job import FakeQueueJob
from .script import FakeScript


class FakeQueue(BackendV2):  # type: ignore[misc]
    """A queue before any backend that computes at once, such as an ``AerSimulator``.

    Its jobs live in a folder: they go on when the client is killed, and another process finds them
    again by id or by tag. Shots depend on the script's seed and a job's number alone.
    """

    def __init__(
        self,
        backend: BackendV2,
        folder: str | PathLike[str],
        script: FakeScript | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Open a queue, or come back to it.

        Args:
            backend: What computes.
            folder: The queue's books; made if need be.
            script: How to misbehave; ``None``: not at all.
            name: Of the queue; ``None``: of the backend.
        """
        super().__init__(name=name or str(backend.name))
        self._backend = backend
        self.script = script or FakeScript()
        self.desk = Desk(Path(folder), self.script)
        if self.script.max_shots is not None:
            self._options.set_validator("shots", (1, self.script.max_shots))

    @classmethod
    def _default_options(cls) -> Options:
        return Options(shots=1024, memory=False, job_tags=())

    @property
    def target(self) -> Target:
        """What the backend can do."""
        return self._backend.target

    @property
    def max_circuits(self) -> int | None:
        """How many circuits a job may have."""
        return self.script.max_circuits

    @property
    def submissions(self) -> int:
        """How many jobs were taken in since the queue was opened, whoever sent them."""
        return self.desk.jobs

    @property
    def calls(self) -> int:
        """How many times somebody tried to submit a job."""
        return self.desk.calls

    def properties(self) -> Any:
        """Return what the backend says of its calibration, if it says anything."""
        properties = getattr(self._backend, "properties", None)
        return properties() if callable(properties) else None

    def run(
        self, run_input: QuantumCircuit | Sequence[QuantumCircuit], **options: Any
    ) -> FakeQueueJob:
        """Submit a job.

        Args:
            run_input: Circuits in the backend's instructions.
            options: ``shots``, ``memory`` and ``job_tags``.

        Raises:
            QueueUnreachableError: The script says so; perhaps the job is in the queue all the same.
            QueueRefusedError: The script says so, or the job is beyond a limit.
        """
        circuits = [run_input] if isinstance(run_input, QuantumCircuit) else list(run_input)
        job_id = self.desk.submit(
            circuits,
            int(options.get("shots", self.options.shots)),
            bool(options.get("memory", self.options.memory)),
            tuple(options.get("job_tags", self.options.job_tags)),
        )
        return self._job(job_id)

    def retrieve_job(self, job_id: str) -> FakeQueueJob:
        """Return a job that any process has submitted.

        Raises:
            LookupError: The queue knows no such job.
        """
        self.desk.look(job_id)
        return self._job(job_id)

    def jobs(self, *, job_tags: Sequence[str]) -> list[FakeQueueJob]:
        """Return the jobs that carry a tag.

        Raises:
            NotImplementedError: The script says that this queue cannot.
        """
        found = {one for tag in job_tags for one in self.desk.tagged(tag)}
        return [self._job(one) for one in sorted(found)]

    def _job(self, job_id: str) -> FakeQueueJob:
        return FakeQueueJob(self, self.desk, job_id, self._shots_of)

    def _shots_of(self, job_id: str, entry: Entry) -> Result:
        """Compute a job's shots, once."""
        kept = self.desk.result(job_id)
        if kept is None:
            seed = self.script.seed_of(entry["number"])
            said = {"shots": entry["shots"], "memory": entry["memory"], "seed_simulator": seed}
            found = self._backend.run(self.desk.circuits(job_id), **said).result()
            kept = self.desk.keep(job_id, found.to_dict())
        return Result.from_dict(kept)
