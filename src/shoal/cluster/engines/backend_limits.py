"""What one of Qiskit's backends can take, and the refusal of what it cannot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp
from qiskit.providers import BackendV2

from ...primitives.errors import RequestError, UnsupportedError
from ...primitives.mitigation.dd import FRAME, SEQUENCES, known_gates, missing_pulses
from ...primitives.options import EstimatorOptions, SamplerOptions
from ...primitives.request import Request
from ...primitives.workload import Workload

MAX_CIRCUITS = 500
"""Circuits of one job where the backend names no limit, so that bound circuits stay few."""


@dataclass(frozen=True, slots=True)
class BackendLimits:
    """What a backend says of itself."""

    name: str
    num_qubits: int | None
    """``None``: as many as fit into memory; so also where there is no coupling map."""
    max_circuits: int
    """Of one job."""
    max_shots: int | None
    """Of one circuit; ``None``: not said."""
    is_seeded: bool
    """Whether it is a simulator that takes a seed."""
    has_memory: bool
    """Whether it can give shots one by one, in their order."""

    @classmethod
    def of(cls, backend: BackendV2) -> BackendLimits:
        """Read a backend's limits."""
        return cls(
            name=str(backend.name or type(backend).__name__),
            num_qubits=None if backend.coupling_map is None else backend.num_qubits,
            max_circuits=backend.max_circuits or MAX_CIRCUITS,
            max_shots=_max_shots(backend),
            is_seeded=hasattr(backend.options, "seed_simulator")
            and not takes_primitives_only(backend),
            has_memory=hasattr(backend.options, "memory"),
        )


def takes_primitives_only(backend: BackendV2) -> bool:
    """Return whether a backend is a device whose jobs go through IBM's primitives.

    Its options name a seed all the same, for simulators that IBM does not have any more.

    Args:
        backend: The backend.
    """
    names = {kind.__name__ for kind in type(backend).__mro__}
    return bool(names & {"IBMBackend", "QRMIBackend"})


def check_backend(request: Request, backend: BackendV2) -> None:
    """Refuse what a backend cannot run, before anything is sent to it.

    Raises:
        RequestError: The circuit, its shots or an option go beyond the backend.
    """
    _check_engine(request.options, BackendLimits.of(backend))
    check_pubs(request, range(len(request.pubs)), backend)


def check_pubs(request: Request, numbers: Iterable[int], backend: BackendV2) -> None:
    """Refuse those of some pubs that a backend cannot run.

    Args:
        request: What was asked.
        numbers: Which of its pubs the backend is to run.
        backend: The backend.

    Raises:
        RequestError: The circuit, its shots or an option go beyond the backend.
    """
    limits = BackendLimits.of(backend)
    numbers = list(numbers)
    if len(numbers) == len(request.pubs):
        _check_options(request.options, limits)
    _check_decoupling(request.options, backend, limits)
    for number in numbers:
        pub = request.pubs[number]
        circuit = request.circuits[pub.circuit]
        _check_width(number, circuit.num_qubits, limits)
        _check_control_flow(number, circuit, backend, limits)
        if request.primitive == "estimator" and not pub.precision:
            raise RequestError(
                f"pub {number}: precision 0 asks for exact values, but the backend {limits.name}"
                " draws shots: say a precision above 0, or mode=None to compute exact values here"
            )


def check_shots(workload: Workload, backend: BackendV2, queue: str | None = None) -> None:
    """Refuse more shots of a circuit than a backend draws.

    Args:
        workload: What is to be executed.
        backend: The backend.
        queue: Its name as a queue; ``None``: it runs everything.

    Raises:
        RequestError: The message has the limit.
    """
    limits = BackendLimits.of(backend)
    for variant in workload.variants:
        if queue is not None and workload.programs[variant.program].engine != queue:
            continue
        _check_shots(variant.shots or 0, limits)


def _check_engine(options: EstimatorOptions | SamplerOptions, limits: BackendLimits) -> None:
    if options.execution.engines is not None:
        raise UnsupportedError(
            f"option execution.engines names several, but mode is the backend {limits.name}: name"
            " the backend in queues= of a shoal.cluster.Cluster or shoal.cluster.Queues"
        )
    if options.execution.engine not in ("auto", "backend"):
        raise UnsupportedError(
            f"option execution.engine: found {options.execution.engine!r}, but mode is the backend"
            f' {limits.name}: expected "auto" or "backend"'
        )


def _check_options(options: EstimatorOptions | SamplerOptions, limits: BackendLimits) -> None:
    defaults = type(options.simulator)()
    for name in ("noise_model", "method", "device", "precision"):
        if getattr(options.simulator, name) != getattr(defaults, name):
            raise UnsupportedError(
                f"option simulator.{name} has no effect on the backend {limits.name}: leave it out,"
                " or say mode=None to simulate here"
            )


def _check_decoupling(
    options: EstimatorOptions | SamplerOptions, backend: BackendV2, limits: BackendLimits
) -> None:
    """Refuse dynamical decoupling where nobody knows how long a gate takes."""
    if not options.dynamical_decoupling.enable:
        return
    sequence = options.dynamical_decoupling.sequence_type
    known = known_gates(backend.target.durations())
    missing = missing_pulses(sequence, known)
    # What is missing is made of an X in a turned frame.
    needed = {"measure", *(pulse.name for pulse in SEQUENCES[sequence])} - missing
    if missing:
        needed |= set(FRAME)
    if not needed <= known:
        raise UnsupportedError(
            f"dynamical_decoupling with {sequence} needs the durations of"
            f" {', '.join(sorted(needed))}, and the backend {limits.name} has those of:"
            f" {', '.join(sorted(known)) or 'none'}"
        )


def _check_width(number: int, width: int, limits: BackendLimits) -> None:
    if limits.num_qubits is not None and width > limits.num_qubits:
        raise RequestError(
            f"pub {number}: the circuit has {width} qubits, but the backend {limits.name} has"
            f" {limits.num_qubits}"
        )


def _check_shots(shots: int, limits: BackendLimits) -> None:
    if limits.max_shots is not None and not limits.is_seeded and shots > limits.max_shots:
        raise RequestError(
            f"{shots} shots of a circuit are asked for, but the backend {limits.name} draws at most"
            f" {limits.max_shots}: ask for fewer shots, or a precision of at least"
            f" {limits.max_shots**-0.5:.3g}"
        )


def _check_control_flow(
    number: int, circuit: QuantumCircuit, backend: BackendV2, limits: BackendLimits
) -> None:
    known = set(backend.target.operation_names)
    for instruction in circuit.data:
        if isinstance(instruction.operation, ControlFlowOp) and instruction.name not in known:
            raise UnsupportedError(
                f"pub {number}: the circuit has {instruction.name!r}, which the backend"
                f" {limits.name} does not have"
            )


def _max_shots(backend: BackendV2) -> int | None:
    bounds = backend.options.validator.get("shots")
    if isinstance(bounds, tuple):
        return int(bounds[1])
    configuration = getattr(backend, "configuration", None)
    said = getattr(configuration(), "max_shots", None) if callable(configuration) else None
    return None if said is None else int(said)
