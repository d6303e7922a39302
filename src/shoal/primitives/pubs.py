"""Pubs as users write them, coerced into a request.

Qiskit's own containers decide what is a pub and how it broadcasts; what is added here are the
checks that they leave out, and the number of the pub in every message.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp
from qiskit.exceptions import QiskitError
from qiskit.primitives.containers.bindings_array import BindingsArray
from qiskit.primitives.containers.estimator_pub import EstimatorPub, EstimatorPubLike
from qiskit.primitives.containers.observables_array import ObservablesArray
from qiskit.primitives.containers.sampler_pub import SamplerPub, SamplerPubLike

from .circuits import CircuitDigest
from .errors import RequestError
from .final_measurements import estimated_circuit
from .observables import FloatArray, Observable, observables_of
from .options import EstimatorOptions, SamplerOptions
from .plain_pubs import PlainPub, plain_pub
from .precision import shots_for_precision
from .request import PubRequest, Request
from .snapshots import SnapshotBook

MAX_SHOTS = 1 << 40
"""Of one configuration: more would take any machine years, and is a slip of the pen."""

SEED_BITS = 128

_BOOK = SnapshotBook()


def estimator_request(
    pubs: Iterable[EstimatorPubLike], precision: float, options: EstimatorOptions
) -> Request:
    """Coerce the pubs of an estimator.

    Args:
        pubs: As Qiskit's estimators take them.
        precision: Of pubs that say none.
        options: Taken as they are now.

    Raises:
        TypeError: A pub, or something in one, is of the wrong type.
        RequestError: A pub is not consistent; the message names it.
    """
    circuits, read = _Circuits(), _Observables()
    requests = []
    for number, pub in enumerate(_each(pubs)):
        with _naming(number):
            plain = plain_pub(pub, precision) or read.plain(pub, precision)
            _check_precision(plain.precision)
            _check_finite(plain.parameters, plain.circuit)
            requests.append(
                PubRequest(
                    circuits.place(estimated_circuit(plain.circuit, plain.observables)),
                    plain.parameters,
                    plain.observables,
                    plain.observables_shape,
                    precision=plain.precision,
                    circuit_metadata=_metadata(plain.circuit),
                )
            )
    return Request(
        "estimator", *circuits.found(), tuple(requests), options, _seed(options.root_seed)
    )


def sampler_request(
    pubs: Iterable[SamplerPubLike],
    shots: int,
    options: SamplerOptions,
    warn: Callable[[str], None],
) -> Request:
    """Coerce the pubs of a sampler.

    Args:
        pubs: As Qiskit's samplers take them.
        shots: Of pubs that say none.
        options: Taken as they are now.
        warn: Called with what is legal and surely not meant.

    Raises:
        TypeError: A pub, or something in one, is of the wrong type.
        RequestError: A pub is not consistent; the message names it.
    """
    circuits = _Circuits()
    requests = []
    for number, pub in enumerate(_each(pubs)):
        with _naming(number):
            coerced = SamplerPub.coerce(pub, shots)
            _check_shots(coerced.shots)
            if not has_measurements(coerced.circuit):
                warn(_no_measurements(number, coerced.circuit))
            requests.append(
                PubRequest(
                    circuits.place(coerced.circuit),
                    _parameters(coerced.parameter_values, coerced.circuit),
                    shots=int(coerced.shots),
                    circuit_metadata=_metadata(coerced.circuit),
                )
            )
    return Request("sampler", *circuits.found(), tuple(requests), options, _seed(options.root_seed))


def has_measurements(circuit: QuantumCircuit) -> bool:
    """Return whether a circuit measures anything, in a branch of its control flow or outside."""
    return any(
        instruction.name == "measure"
        or (
            isinstance(instruction.operation, ControlFlowOp)
            and any(map(has_measurements, instruction.operation.blocks))
        )
        or (instruction.clbits and _defines_measurement(instruction.operation))
        for instruction in circuit.data
    )


def _defines_measurement(operation: Any) -> bool:
    definition = getattr(operation, "definition", None)
    return definition is not None and has_measurements(definition)


def _no_measurements(number: int, circuit: QuantumCircuit) -> str:
    found = f"pub {number}: the circuit {circuit.name!r} measures nothing, so "
    if not circuit.cregs:
        return f"{found}its result is empty; did you mean to add measurements (measure_all())?"
    return f"{found}every bit of its result is 0; did you mean to add measurements (measure_all())?"


class _Circuits:
    """Collects the distinct circuits of a request."""

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._owners: list[QuantumCircuit] = []
        self._digests: dict[CircuitDigest, int] = {}
        self._circuits: list[QuantumCircuit] = []

    def place(self, circuit: QuantumCircuit) -> int:
        """Return a circuit's position: the same one for the same object, and for an equal one."""
        place = self._places.get(id(circuit))
        if place is not None:
            return place
        snapshot = _BOOK.take(circuit)
        place = self._digests.setdefault(snapshot.digest, len(self._digests))
        if place == len(self._circuits):
            self._circuits.append(snapshot.circuit)
        self._owners.append(circuit)  # alive, so that no other circuit gets its id meanwhile
        self._places[id(circuit)] = place
        return place

    def found(self) -> tuple[tuple[QuantumCircuit, ...], tuple[CircuitDigest, ...]]:
        """Return the circuits and their digests."""
        return tuple(self._circuits), tuple(self._digests)


class _Observables:
    """Reads observables once, however many pubs of a request have the same object."""

    def __init__(self) -> None:
        self._arrays: dict[int, tuple[Any, ObservablesArray]] = {}
        self._canonical: dict[int, tuple[ObservablesArray, tuple[Observable, ...]]] = {}

    def plain(self, pub: Any, precision: float) -> PlainPub:
        """Return a pub of any form as Qiskit reads it.

        Args:
            pub: As Qiskit's estimators take it.
            precision: Where it says none.
        """
        coerced = EstimatorPub.coerce(self._once(pub), precision)
        return PlainPub(
            coerced.circuit,
            coerced.parameter_values.as_array(coerced.circuit.parameters),
            self._canonical_of(coerced.observables),
            coerced.observables.shape,
            float(coerced.precision),
        )

    def _once(self, pub: Any) -> Any:
        """Return a pub with its observables coerced, where it is one that has any."""
        if not isinstance(pub, tuple) or not 2 <= len(pub) <= 4:
            return pub
        held = self._arrays.get(id(pub[1]))
        if held is None:
            held = self._arrays[id(pub[1])] = pub[1], ObservablesArray.coerce(pub[1])
        return pub[0], held[1], *pub[2:]

    def _canonical_of(self, array: ObservablesArray) -> tuple[Observable, ...]:
        """Return the canonical form of coerced observables."""
        held = self._canonical.get(id(array))
        if held is None:
            held = self._canonical[id(array)] = array, tuple(observables_of(array))
        return held[1]


def _each(pubs: Iterable[Any]) -> Iterator[Any]:
    try:
        return iter(pubs)
    except TypeError as error:
        raise TypeError(
            f"pubs: found {type(pubs).__name__}, expected an iterable of pubs, such as"
            " run([(circuit, ...)])"
        ) from error


@contextmanager
def _naming(number: int) -> Iterator[None]:
    """Say which pub an error is about."""
    try:
        yield
    except (ValueError, QiskitError) as error:
        kind = type(error) if isinstance(error, RequestError) else RequestError
        raise kind(f"pub {number}: {_words(error)}") from error
    except (TypeError, AttributeError) as error:
        raise TypeError(f"pub {number}: {_words(error)}") from error


def _words(error: Exception) -> str:
    return " ".join(map(str, error.args))


def _parameters(values: BindingsArray, circuit: QuantumCircuit) -> FloatArray:
    """Return values [*shape, P] in the order of the circuit's own parameters."""
    found: FloatArray = values.as_array(circuit.parameters)
    _check_finite(found, circuit)
    return found


def _check_finite(found: FloatArray, circuit: QuantumCircuit) -> None:
    if not np.isfinite(found).all():
        parameters = circuit.parameters
        index = tuple(int(axis) for axis in np.argwhere(~np.isfinite(found))[0])
        where = f" of parameter set {index[:-1]}" if len(index) > 1 else ""
        raise ValueError(
            f"parameter {parameters[index[-1]].name!r}{where}: found {found[index]}, expected a"
            " finite number"
        )


def _check_precision(precision: float) -> None:
    if not np.isfinite(precision):
        raise ValueError(f"precision: found {precision}, expected a finite number of at least 0")
    if precision > 0 and precision < MAX_SHOTS**-0.5:
        raise ValueError(
            f"precision: found {precision:g}, which takes {shots_for_precision(precision)} shots a"
            f" basis; at most {MAX_SHOTS} can be drawn (0 asks for exact values)"
        )


def _check_shots(shots: int) -> None:
    if shots > MAX_SHOTS:
        raise ValueError(f"shots: found {shots}, expected at most {MAX_SHOTS}")


def _metadata(circuit: QuantumCircuit) -> dict[str, Any]:
    return dict(circuit.metadata or {})


def _seed(said: int | None) -> int:
    return secrets.randbits(SEED_BITS) if said is None else said
