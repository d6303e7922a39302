"""The two sides: one estimate with Shoal, one with IBM's estimator."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .problem import Case, noise, problem


@dataclass(frozen=True)
class Setting:
    """How one estimate is made."""

    case: Case
    shots: int
    randomizations: int | None
    """Of each twirled circuit and of the calibration, on both sides; ``None``: "auto"."""


Row = dict[str, Any]
"""Values, standard errors, circuits executed, and seconds by the clock and of the processor."""


def ours(setting: Setting) -> Callable[[int], Row]:
    """Prepare estimates with Shoal."""
    from shoal.primitives import Estimator
    from shoal.primitives.expansion import expand
    from shoal.primitives.options import EstimatorOptions
    from shoal.primitives.pubs import estimator_request

    circuit, observables = problem(setting.case.qubits, is_wide=setting.case.is_wide)
    pub, model = (circuit, observables), noise()

    def options(seed: int) -> dict[str, Any]:
        given: dict[str, Any] = {
            "seed": seed, "resilience_level": setting.case.level, "default_shots": setting.shots,
            "simulator": {"noise_model": model},
        }  # fmt: skip
        if setting.randomizations is not None:
            given["twirling"] = {"num_randomizations": setting.randomizations}
            learning = {"num_randomizations": setting.randomizations}
            given["resilience"] = {"measure_noise_learning": learning}
        return given

    def estimate(seed: int) -> Row:
        return timed(lambda: Estimator(options=options(seed)).run([pub]).result()[0].data)

    asked = EstimatorOptions.coerce(options(0))
    request = estimator_request([pub], setting.shots**-0.5, asked)
    circuits = expand(request).circuits_executed()
    estimate(1 << 20)  # compiles kernels, of which IBM's has none
    return lambda seed: {**estimate(seed), "circuits": circuits}


def ibm(setting: Setting) -> Callable[[int], Row]:
    """Prepare estimates with IBM's open estimator, on Aer."""
    from qiskit_aer import AerSimulator
    from qiskit_ibm_runtime.executor_estimator import Estimator

    circuit, observables = problem(setting.case.qubits, is_wide=setting.case.is_wide)
    # What Aer is faster with at 128 shots a circuit: it was tried.
    method = "density_matrix" if setting.case.qubits <= 8 else "statevector"

    class Counting(AerSimulator):
        """Counts the circuits that it is given."""

        circuits = 0

        def run(self, circuits: Any, *args: Any, **options: Any) -> Any:
            binds = options.get("parameter_binds") or [{}] * len(circuits)
            Counting.circuits += sum(
                max((len(np.atleast_1d(values)) for values in one.values()), default=1)
                for one in binds
            )
            return super().run(circuits, *args, **options)

    def estimate(seed: int) -> Row:
        Counting.circuits = 0
        backend = Counting(noise_model=noise(), method=method, seed_simulator=seed)
        estimator = Estimator(mode=backend)
        estimator.options.resilience_level = setting.case.level
        estimator.options.default_shots = setting.shots
        if setting.randomizations is not None:
            estimator.options.twirling.num_randomizations = setting.randomizations
            learning = estimator.options.resilience.measure_noise_learning
            learning.num_randomizations = setting.randomizations
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            row = timed(lambda: estimator.run([(circuit, observables)]).result()[0].data)
        return {**row, "circuits": Counting.circuits}

    return estimate


def timed(run: Callable[[], Any]) -> Row:
    """Make one estimate, and say how long it took."""
    clock, processor = time.perf_counter(), time.process_time()
    data = run()
    return {
        "evs": np.asarray(data.evs).tolist(),
        "stds": np.asarray(data.stds).tolist(),
        "seconds": time.perf_counter() - clock,
        "processor_seconds": time.process_time() - processor,
    }
