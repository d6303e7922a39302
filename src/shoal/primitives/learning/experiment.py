"""A learning job: one request to an estimator, and what its result says of each layer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives import PrimitiveResult

from ..errors import RequestError
from ..layer_noise import LayerNoise
from ..observables import FloatArray
from ..option_groups import ExecutionOptions, LayerNoiseLearningOptions
from ..options import EstimatorOptions
from ..precision import precision_of_shots
from ..pubs import estimator_request
from ..request import Request
from .cycles import Cycle, cycles_of, generators_of
from .learnt_errors import ValueErrors
from .learnt_layers import LearntLayer, learnt_layers
from .rate_fit import fit_rates

Translate = Callable[[QuantumCircuit], QuantumCircuit]
"""Writes a circuit in the gates of a backend, every qubit where it is."""


@dataclass(frozen=True, slots=True, eq=False)
class LearntNoise:
    """The noise of one layer, with the errors of what was learnt."""

    noise: LayerNoise
    stds: FloatArray
    """Standard errors of the rates, of those at 0 as if they were free to move; infinite where
    nothing was seen of one."""
    chi_square: float
    """Mean squared residual in standard errors: about 1 where the model holds."""


@dataclass(frozen=True, slots=True, eq=False)
class LearningExperiment:
    """What is run to learn the noise of some circuits."""

    request: Request
    layers: tuple[LearntLayer, ...]
    cycles: tuple[tuple[Cycle, ...], ...]
    """Of each layer, in the order of the request's pubs."""

    def learnt(self, result: PrimitiveResult) -> tuple[LearntNoise, ...]:
        """Fit every layer's noise to the request's result.

        Raises:
            RequestError: The values are lost in noise.
        """
        data = iter(result)
        found = []
        for layer, cycles in zip(self.layers, self.cycles, strict=True):
            results = [next(data).data for _ in cycles]
            fit = fit_rates(
                np.concatenate([c.signs * d.evs for c, d in zip(cycles, results, strict=True)]),
                np.concatenate([d.stds for d in results]),
                np.concatenate([cycle.exponents for cycle in cycles]),
            )
            errors = ValueErrors.of(results, [cycle.signs for cycle in cycles])
            noise = LayerNoise(
                layer.gates,
                generators_of(layer),
                tuple(fit.rates.tolist()),
                errors.deviations(fit, self.request.fingerprint[:16]),
            )
            found.append(LearntNoise(noise, fit.stds(errors.total), fit.chi_square))
        return tuple(found)


def learning_experiment(
    circuits: Sequence[QuantumCircuit],
    asked: LayerNoiseLearningOptions,
    options: EstimatorOptions,
    seed: int,
    translate: Translate | None = None,
) -> LearningExperiment:
    """Plan what is run to learn the noise of circuits.

    Readout errors are mitigated (TREX), and depths are single layers and pairs of them: so every
    rate is seen on its own, as far as states are prepared better than they are read.

    Args:
        circuits: Whose layers are learnt.
        asked: How.
        options: Where and by what the circuits are executed; nothing else is taken of them.
        seed: Root of all random numbers.
        translate: For a backend.

    Raises:
        RequestError: The layers cannot be learnt.
    """
    layers = learnt_layers(circuits, asked.twirling_strategy, asked.max_layers_to_learn)
    depths = sorted({max(2 * pairs, 1) for pairs in asked.layer_pair_depths} | {1})
    cycles = tuple(cycles_of(layer, depths) for layer in layers)
    written: dict[int, QuantumCircuit] = {}
    pubs = []
    for cycle in (one for some in cycles for one in some):
        circuit = cycle.circuit
        if translate is not None:
            circuit = written.setdefault(id(cycle.circuit), translate(cycle.circuit))
        pubs.append((circuit, list(cycle.observables), cycle.angles))
    shots = asked.num_randomizations * asked.shots_per_randomization
    learning = _learning_options(asked, options, is_idle=any(map(_has_idle_qubits, layers)))
    request = estimator_request(pubs, precision_of_shots(shots), learning.replaced("seed", seed))
    return LearningExperiment(request, layers, cycles)


def learning_seed(seed: int) -> int:
    """Return the seed with which a job of some seed learns."""
    words = f"{seed} layer noise learning".encode()
    return int.from_bytes(hashlib.sha256(words).digest()[:16], "little")


def _learning_options(
    asked: LayerNoiseLearningOptions, options: EstimatorOptions, *, is_idle: bool
) -> EstimatorOptions:
    return EstimatorOptions.coerce(
        {
            "simulator": options.simulator,
            "execution": _on_one_engine(options.execution),
            "twirling": {
                "enable_gates": True,
                "enable_measure": True,
                "num_randomizations": asked.num_randomizations,
                "shots_per_randomization": asked.shots_per_randomization,
                "strategy": "all" if is_idle else "active",
            },
            "resilience": {
                "measure_mitigation": True,
                "measure_noise_learning": options.resilience.measure_noise_learning,
                "joint_errors": True,
            },
        }
    )


def _on_one_engine(execution: ExecutionOptions) -> ExecutionOptions:
    """Run the learning circuits, however many, where all pubs run."""
    plain = execution.replaced("adaptive", False)
    if execution.engines is None:
        return plain
    first, *others = sorted(set(execution.engines))
    if others:
        raise RequestError(
            f"the noise of layers is learnt in one place, and the pubs run on "
            f"{[first, *others]}: learn it in each with a NoiseLearner, and give it as "
            "resilience.layer_noise_model"
        )
    return plain.replaced("engines", None).replaced("engine", first)


def _has_idle_qubits(layer: LearntLayer) -> bool:
    return {qubit for _, where in layer.gates for qubit in where} != set(layer.qubits)
