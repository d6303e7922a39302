"""Which tests of which peer are run, and which of its classes ours stand in for."""

from dataclasses import dataclass

STATEVECTOR_ESTIMATOR = "qiskit.primitives:StatevectorEstimator"
STATEVECTOR_SAMPLER = "qiskit.primitives:StatevectorSampler"


@dataclass(frozen=True, slots=True)
class Suite:
    """Test files of one peer, about one thing."""

    name: str
    """What the table and the exemptions call it."""

    distribution: str
    """The peer's distribution; the tests are those of its installed version."""

    paths: tuple[str, ...]
    """Files and folders, relative to the top of the peer's source tree."""

    replaced: tuple[str, ...]
    """``module:Class`` as the tests import it; the adapter has the same class name."""

    own_metadata: tuple[str, ...] = ()
    """Metadata keys of that peer alone: tests go on where they are missing."""

    adapters: str | None = None
    """The module of its adapters, where it is one of its own."""


SUITES = (
    Suite(
        "qiskit-statevector-estimator",
        "qiskit",
        ("test/python/primitives/test_statevector_estimator.py",),
        (STATEVECTOR_ESTIMATOR,),
    ),
    Suite(
        "qiskit-statevector-sampler",
        "qiskit",
        ("test/python/primitives/test_statevector_sampler.py",),
        ("qiskit.primitives.statevector_sampler:StatevectorSampler",),
    ),
    Suite(
        "qiskit-backend-estimator",
        "qiskit",
        ("test/python/primitives/test_backend_estimator_v2.py",),
        ("qiskit.primitives:BackendEstimatorV2",),
    ),
    Suite(
        "qiskit-backend-sampler",
        "qiskit",
        ("test/python/primitives/test_backend_sampler_v2.py",),
        ("qiskit.primitives.backend_sampler_v2:BackendSamplerV2",),
    ),
    Suite(
        "ibm-local-mode",
        "qiskit-ibm-runtime",
        (
            "test/unit/local_mode/test_local_mode.py",
            "test/unit/local_mode/test_local_runtime_job.py",
        ),
        (
            "qiskit_ibm_runtime:EstimatorV2",
            "qiskit_ibm_runtime:SamplerV2",
            "qiskit_ibm_runtime:Session",
            "qiskit_ibm_runtime:Batch",
        ),
        adapters="conformance.adapters_ibm",
    ),
    Suite(
        "aer-estimator",
        "qiskit-aer",
        ("test/terra/primitives/test_estimator_v2.py",),
        ("qiskit_aer.primitives:EstimatorV2",),
        own_metadata=("simulator_metadata",),
    ),
    Suite(
        "aer-sampler",
        "qiskit-aer",
        ("test/terra/primitives/test_sampler_v2.py",),
        ("qiskit_aer.primitives:SamplerV2",),
        own_metadata=("simulator_metadata",),
    ),
    Suite(
        "algorithms-minimum-eigensolvers",
        "qiskit-algorithms",
        (
            "test/minimum_eigensolvers/test_adapt_vqe.py",
            "test/minimum_eigensolvers/test_qaoa.py",
            "test/minimum_eigensolvers/test_sampling_vqe.py",
            "test/minimum_eigensolvers/test_vqe.py",
        ),
        (STATEVECTOR_ESTIMATOR, STATEVECTOR_SAMPLER),
    ),
    Suite(
        "algorithms-eigensolvers",
        "qiskit-algorithms",
        ("test/eigensolvers/test_vqd.py",),
        (STATEVECTOR_ESTIMATOR, STATEVECTOR_SAMPLER),
    ),
    Suite(
        "algorithms-gradients",
        "qiskit-algorithms",
        ("test/gradients",),
        (STATEVECTOR_ESTIMATOR, STATEVECTOR_SAMPLER),
    ),
    Suite(
        "algorithms-state-fidelities",
        "qiskit-algorithms",
        ("test/state_fidelities",),
        (STATEVECTOR_SAMPLER,),
    ),
    Suite(
        "algorithms-grover-amplitude-phase",
        "qiskit-algorithms",
        (
            "test/test_grover.py",
            "test/test_amplitude_estimators.py",
            "test/test_phase_estimator.py",
        ),
        (STATEVECTOR_SAMPLER,),
    ),
    Suite(
        "algorithms-time-evolvers",
        "qiskit-algorithms",
        (
            "test/time_evolvers/test_pvqd.py",
            "test/time_evolvers/test_trotter_qrte.py",
            "test/time_evolvers/variational",
        ),
        (STATEVECTOR_ESTIMATOR, STATEVECTOR_SAMPLER),
    ),
    Suite(
        "algorithms-optimizers",
        "qiskit-algorithms",
        (
            "test/optimizers/test_optimizer_aqgd.py",
            "test/optimizers/test_optimizer_nft.py",
            "test/optimizers/test_optimizers.py",
            "test/optimizers/test_spsa.py",
        ),
        (STATEVECTOR_ESTIMATOR, STATEVECTOR_SAMPLER),
    ),
)
