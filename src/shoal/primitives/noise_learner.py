"""The noise learner: the Pauli-Lindblad noise of the layers of circuits, for PEC and PEA."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.providers import BackendV2, JobStatus

from .errors import RequestError
from .job import Job, JobId, Progress
from .layer_noise import LAYER_NOISE_SCHEMA, layer_noise, layers_written
from .learning.experiment import (
    LearningExperiment,
    LearntNoise,
    Translate,
    learning_experiment,
    learning_seed,
)
from .options import EstimatorOptions, NoiseLearnerOptions
from .runner import Runner, check_mode, runner_of


@dataclass(frozen=True, slots=True, eq=False)
class NoiseLearnerResult:
    """The noise of every layer."""

    data: tuple[LearntNoise, ...]

    @property
    def layer_noise_model(self) -> list[dict[str, Any]]:
        """What ``resilience.layer_noise_model`` takes."""
        return [one.noise.to_mapping() for one in self.data]

    def to_json(self) -> str:
        """Write everything down; the text is the same for equal results."""
        layers = [
            {
                **one.noise.to_mapping(),
                "stds": [std if np.isfinite(std) else None for std in one.stds.tolist()],
                "chi_square": one.chi_square,
            }
            for one in self.data
        ]
        document = {"schema": LAYER_NOISE_SCHEMA, "layer_noise_model": layers}
        return json.dumps(document, indent=1)

    @classmethod
    def from_json(cls, text: str) -> NoiseLearnerResult:
        """Read what `to_json` wrote.

        Raises:
            OptionError: A layer cannot be read.
            ValueError: It was written by a newer Shoal.
        """
        layers = layers_written(json.loads(text))
        return cls(
            tuple(
                LearntNoise(
                    layer_noise(one),
                    np.array([np.inf if std is None else std for std in one["stds"]]),
                    float(one["chi_square"]),
                )
                for one in layers
            )
        )


class NoiseLearnerJob:
    """A job whose result is the noise of layers."""

    def __init__(self, job: Job, experiment: LearningExperiment) -> None:
        """Wrap the job that runs the circuits.

        Args:
            job: Of an estimator.
            experiment: What it runs.
        """
        self.job = job
        self._experiment = experiment

    def job_id(self) -> JobId:
        """Return the name of the job that runs the circuits."""
        name: JobId = self.job.job_id()
        return name

    def status(self) -> JobStatus:
        """Return Qiskit's name for its state."""
        return self.job.status()

    def done(self) -> bool:
        """Return whether all circuits have run."""
        return self.job.done()

    def cancel(self) -> bool:
        """Ask the job to end; return whether there was anything left to cancel."""
        return self.job.cancel()

    def progress(self) -> Progress:
        """Return how far the job has come."""
        return self.job.progress()

    def result(self, timeout: float | None = None) -> NoiseLearnerResult:
        """Wait for the circuits and fit the noise.

        Args:
            timeout: Seconds to wait at the most; ``None``: as long as it takes.

        Raises:
            RequestError: The values are lost in noise.
        """
        return NoiseLearnerResult(self._experiment.learnt(self.job.result(timeout)))


class NoiseLearner:
    """Learns the noise of the layers of two-qubit gates that circuits have."""

    def __init__(
        self,
        mode: Runner | BackendV2 | None = None,
        options: NoiseLearnerOptions | Mapping[str, Any] | None = None,
    ) -> None:
        """Make a learner.

        Args:
            mode: What runs it: ``None`` for this process, a cluster, or one of Qiskit's backends.
            options: A mapping of options with IBM's names, or `NoiseLearnerOptions`.

        Raises:
            OptionError: An option is not known, or cannot take its value.
            TypeError: The mode can run nothing.
        """
        check_mode(mode)
        self._mode = mode
        self._options = NoiseLearnerOptions.coerce(options)

    @property
    def options(self) -> NoiseLearnerOptions:
        """The options; they are frozen."""
        return self._options

    def run(self, circuits: Iterable[QuantumCircuit | tuple[Any, ...]]) -> NoiseLearnerJob:
        """Learn the noise of all layers that some circuits have.

        Args:
            circuits: Circuits, or pubs, of which the circuits are taken; for a backend transpiled
                for it.

        Raises:
            RequestError: Their layers cannot be learnt.
        """
        asked = self._options
        held = [one if isinstance(one, QuantumCircuit) else one[0] for one in circuits]
        seed = asked.seed if asked.seed is not None else asked.simulator.seed_simulator
        seed = secrets.randbits(128) if seed is None else seed
        executed = EstimatorOptions(simulator=asked.simulator, execution=asked.execution)
        experiment = learning_experiment(
            held, asked, executed, learning_seed(seed), translation(self._mode, executed)
        )
        return NoiseLearnerJob(runner_of(self._mode).submit(experiment.request), experiment)


def translation(mode: Runner | BackendV2 | None, options: EstimatorOptions) -> Translate | None:
    """Return what writes learning circuits in the gates of a device; elsewhere nothing must.

    Args:
        mode: Of a primitive; a runner with queues has their devices.
        options: What names a queue, if anything does.

    Raises:
        RequestError: Circuits are for several devices.
    """
    if isinstance(mode, BackendV2):
        return translation_for(mode)
    queue = queue_to_learn_on(options, getattr(mode, "queue_names", ()))
    if queue is None:
        return None
    device: BackendV2 = mode.queue_device(queue)  # type: ignore[union-attr]
    return translation_for(device)


def queue_to_learn_on(options: EstimatorOptions, queues: Collection[str]) -> str | None:
    """Return the queue whose device learns the noise of its layers.

    Args:
        options: Of an estimator.
        queues: Names of those that there are.

    Raises:
        RequestError: Circuits are for several devices.
    """
    execution = options.execution
    names = sorted(set(execution.engines or (execution.engine,)))
    if not set(names) & set(queues):
        return None
    if len(names) > 1:
        raise RequestError(
            f"the noise of layers is learnt on one device, and the pubs are for {names}: learn it "
            "on each with a NoiseLearner, and give it as resilience.layer_noise_model"
        )
    return names[0]


def translation_for(device: BackendV2) -> Translate:
    """Return what writes learning circuits in the gates of a device, every qubit where it is."""

    def translate(circuit: QuantumCircuit) -> QuantumCircuit:
        if circuit.num_qubits != device.num_qubits:
            raise RequestError(
                f"the noise of layers is learnt where they are: found circuits on "
                f"{circuit.num_qubits} qubits, expected ones that are transpiled for all "
                f"{device.num_qubits} of {device.name}"
            )
        everywhere = list(range(circuit.num_qubits))
        return transpile(circuit, device, initial_layout=everywhere, optimization_level=0)

    return translate
