"""Circuits on a backend's own qubits: placed once, before anything is laid out for them.

Measurement bases, twirls, folds and readout calibrations are made for the circuit as the backend
will run it, so that all of them speak of the same physical qubits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qiskit import QuantumCircuit
from qiskit.providers import BackendV2
from qiskit.transpiler import generate_preset_pass_manager

from ...primitives.circuits import CircuitDigest, circuit_digest
from ...primitives.errors import UnsupportedError
from ...primitives.observables import Observable, TermLabel
from ...primitives.recent import Recent
from ...primitives.request import PubRequest, Request

PLACING_LEVEL = 2
"""Of optimization, where a circuit's place is still to be found: Qiskit's own default."""

MAX_HELD = 256
"""Placements that are remembered."""


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """A circuit as a backend runs it."""

    circuit: QuantumCircuit
    digest: CircuitDigest
    qubits: tuple[int, ...]
    """Where each qubit of the user's circuit ends."""
    columns: tuple[int, ...]
    """The user's parameters that are left, in the order of the placed circuit's own."""

    def pub(self, pub: PubRequest) -> PubRequest:
        """Return what a pub asks, of the placed circuit."""
        width = self.circuit.num_qubits
        return replace(
            pub,
            parameters=pub.parameters[..., list(self.columns)],
            observables=tuple(_moved(one, self.qubits, width) for one in pub.observables),
        )


class Placements:
    """Places circuits on one backend, and remembers them."""

    def __init__(self, backend: BackendV2) -> None:
        """Remember nothing yet."""
        self._backend = backend
        self._found = Recent[Placement](MAX_HELD)

    def request(self, request: Request) -> Request:
        """Return a request for the circuits as the backend runs them.

        Raises:
            UnsupportedError: A circuit cannot be translated; in the transpiler's own words.
        """
        placements = [
            self.placement(number, circuit, digest, request)
            for number, (circuit, digest) in enumerate(
                zip(request.circuits, request.digests, strict=True)
            )
        ]
        return replace(
            request,
            circuits=tuple(one.circuit for one in placements),
            digests=tuple(one.digest for one in placements),
            pubs=tuple(placements[pub.circuit].pub(pub) for pub in request.pubs),
        )

    def placement(
        self, number: int, circuit: QuantumCircuit, digest: CircuitDigest, request: Request
    ) -> Placement:
        """Return a circuit's place.

        Args:
            number: The circuit's position in the request.
            circuit: The circuit.
            digest: Its digest.
            request: What was asked.

        Raises:
            UnsupportedError: It cannot be translated; in the transpiler's own words.
        """
        if is_native(circuit, self._backend):
            whole = tuple(range(circuit.num_qubits)), tuple(range(circuit.num_parameters))
            return Placement(circuit, digest, *whole)
        pub = next(place for place, one in enumerate(request.pubs) if one.circuit == number)
        if getattr(request.options.resilience, "layer_noise_model", None) is not None:
            raise UnsupportedError(
                f"pub {pub}: a noise model of layers speaks of a circuit's own qubits, but this"
                f" circuit has yet to find its place on the backend {self._backend.name}: give it"
                " as transpiled for the backend"
            )
        return self._found.get(digest, lambda: self._placed(pub, circuit, digest))

    def _placed(self, pub: int, circuit: QuantumCircuit, digest: CircuitDigest) -> Placement:
        manager = generate_preset_pass_manager(
            PLACING_LEVEL, self._backend, seed_transpiler=int(digest[:7], 16)
        )
        try:
            placed = manager.run(circuit)
        except Exception as error:
            raise UnsupportedError(
                f"pub {pub}: the circuit cannot be translated for the backend"
                f" {self._backend.name}: {error}"
            ) from error
        layout = placed.layout
        qubits = range(circuit.num_qubits) if layout is None else layout.final_index_layout()
        column = {parameter: place for place, parameter in enumerate(circuit.parameters)}
        columns = tuple(column[parameter] for parameter in placed.parameters)
        return Placement(placed, circuit_digest(placed), tuple(qubits), columns)


def is_native(circuit: QuantumCircuit, backend: BackendV2) -> bool:
    """Return whether a circuit is to be run as it is.

    That is one with a layout, or as wide as the device, whose every instruction the backend has.
    A narrow one without a layout still waits for a place on the device.
    """
    target = backend.target
    is_placed = (
        backend.coupling_map is None
        or circuit.layout is not None
        or circuit.num_qubits == backend.num_qubits
    )
    return is_placed and all(
        instruction.name == "barrier"
        or target.instruction_supported(
            instruction.name, tuple(circuit.find_bit(qubit).index for qubit in instruction.qubits)
        )
        for instruction in circuit.data
    )


def _moved(observable: Observable, qubits: Sequence[int], width: int) -> Observable:
    terms = (_moved_term(term, qubits, width) for term in observable.terms)
    return Observable.from_mapping(dict(zip(terms, observable.coefficients, strict=True)))


def _moved_term(term: TermLabel, qubits: Sequence[int], width: int) -> TermLabel:
    letters = ["I"] * width
    for letter, qubit in zip(reversed(term), qubits, strict=True):
        letters[width - 1 - qubit] = letter
    return "".join(letters)
