"""Calls to Aer: threads, seeds, noise, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from qiskit import QuantumCircuit
from qiskit.result import Result
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from ...orchestrator.ports import Slot
from ...primitives.errors import EngineError
from ...primitives.observables import FloatArray
from .templates import Binds, Template

WIDE_QUBITS = 14
"""From this width on Aer spreads one state over threads; below, circuits run side by side."""

SEED_STEP = 2113
"""Between the seeds of a call's circuits, as Aer has it."""

_NO_FUSION_BY_THREADS = 1 << 30
"""Gates above which Aer fuses by parts, one a thread: then results would depend on threads."""


@dataclass(frozen=True, slots=True)
class AerSettings:
    """What a simulator is made with."""

    method: str
    device: str
    precision: str
    chunk_qubits: int | None = None
    """Of the chunks that a state is cut into, to be spread over MPI ranks; ``None``: it is not."""


@lru_cache(maxsize=16)
def _simulator(settings: AerSettings) -> AerSimulator:
    return AerSimulator(
        method=settings.method, device=settings.device, precision=settings.precision
    )


class AerSession:
    """A simulator on a slot."""

    def __init__(self, settings: AerSettings, noise: NoiseModel | None, slot: Slot) -> None:
        """Make the simulator.

        Args:
            settings: Method, device and precision.
            noise: What gates and measurements suffer.
            slot: How many threads may run.
        """
        self.settings = settings
        self._threads = slot.threads
        self._noise = noise
        self._simulator = _simulator(settings)

    def run(
        self, template: Template, rows: FloatArray, width: int, shots: int = 1, seed: int = 0
    ) -> list[dict[str, Any]]:
        """Run a template at rows [R, P].

        Args:
            template: What to run.
            rows: The user's parameters.
            width: Qubits that are really simulated.
            shots: Of each row.
            seed: Aer's seed.

        Returns:
            For each row what Aer saved under each label.

        Raises:
            EngineError: Aer failed, in its own words.
        """
        if self.settings.chunk_qubits is not None and rows.shape[0] > 1:
            # Of several circuits, Aer would give some to each rank, not all ranks to each.
            return [
                saved
                for row in range(rows.shape[0])
                for saved in self.run(
                    template, rows[row : row + 1], width, shots, seed + SEED_STEP * row
                )
            ]
        binds = template.binds(rows)
        circuits = [template.circuit] if binds else [template.circuit] * rows.shape[0]
        try:
            result = self._result(circuits, binds, width, shots, seed)
        except Exception as error:
            # Aer lets whatever goes wrong in it through: to the user it is Aer that broke.
            raise EngineError(f"Aer says: {type(error).__name__}: {error}") from error
        if not result.success:
            failed = [one.status for one in result.results if not one.success]
            raise EngineError(f"Aer says: {failed[0] if failed else result.status}")
        return [one.data.to_dict() for one in result.results]

    def _result(
        self, circuits: list[QuantumCircuit], binds: Binds | None, width: int, shots: int, seed: int
    ) -> Result:
        chunks = self.settings.chunk_qubits
        spread = {} if chunks is None else {"blocking_enable": True, "blocking_qubits": chunks}
        return self._simulator.run(
            circuits,
            **spread,
            parameter_binds=binds,
            shots=shots,
            seed_simulator=seed,
            noise_model=self._noise,
            max_parallel_threads=self._threads,
            max_parallel_experiments=1 if width >= WIDE_QUBITS else self._threads,
            fusion_parallelization_threshold=_NO_FUSION_BY_THREADS,
        ).result()
