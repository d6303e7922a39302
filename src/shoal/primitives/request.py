"""What was asked, in canonical form, and the fingerprint of its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from qiskit import QuantumCircuit

from .circuits import CircuitDigest
from .observables import FloatArray, Observable
from .options import EstimatorOptions, SamplerOptions

PrimitiveName = Literal["estimator", "sampler"]

REQUEST_SCHEMA = 4
"""Raised whenever the same request would lead to other blocks or other shots."""


@dataclass(frozen=True, slots=True, eq=False)
class PubRequest:
    """One pub, coerced: indices into the request's circuits, and arrays."""

    circuit: int
    """Position in the request's circuits."""
    parameters: FloatArray
    """Values [*parameter shape, P], in the order of the circuit's own parameters."""
    observables: tuple[Observable, ...] = ()
    """Flattened in C order; empty for a sampler."""
    observables_shape: tuple[int, ...] = ()
    """The shape of the pub's observables array."""
    precision: float | None = None
    """Target standard error of an estimator; 0 asks for exact values."""
    shots: int | None = None
    """Shots of each parameter set of a sampler."""
    basis_shots: tuple[tuple[int, ...], ...] | None = None
    """Shots of each measurement basis at each noise factor [F][B], the last ones repeated: of the
    stages of an adaptive job, whose results say what each basis contributes to their errors."""
    circuit_metadata: dict[str, Any] = field(default_factory=dict)
    """What the user attached to the circuit; handed back with the result."""

    @property
    def parameters_shape(self) -> tuple[int, ...]:
        """The shape of the array of parameter sets."""
        return self.parameters.shape[:-1]

    @property
    def shape(self) -> tuple[int, ...]:
        """The pub's shape, broadcast as Qiskit defines it."""
        return np.broadcast_shapes(self.parameters_shape, self.observables_shape)


@dataclass(frozen=True, eq=False)
class Request:
    """A primitive's pubs, options and root seed."""

    primitive: PrimitiveName
    circuits: tuple[QuantumCircuit, ...]
    """Distinct circuits, as the user gave them."""
    digests: tuple[CircuitDigest, ...]
    """One a circuit."""
    pubs: tuple[PubRequest, ...]
    options: EstimatorOptions | SamplerOptions
    seed: int
    """Root of every random number of the job, in [0, 2**128)."""
    asked: str | None = None
    """The fingerprint of what the user asked, where circuits were placed on a device since."""

    @property
    def fingerprint(self) -> str:
        """What names the job: equal requests of users, and only those, share it."""
        return self.asked or self.content_fingerprint

    def engine_of(self, pub: int) -> str:
        """Return what is to run a pub: an engine's or a queue's name.

        Args:
            pub: Its position.
        """
        execution = self.options.execution
        return execution.engine if execution.engines is None else execution.engines[pub]

    @cached_property
    def content_fingerprint(self) -> str:
        """SHA-256 of the content, circuits as they are run."""
        digest = hashlib.sha256()
        for part in self._content():
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)
        return digest.hexdigest()

    def _content(self) -> Iterator[bytes]:
        yield f"shoal request {REQUEST_SCHEMA} {self.primitive} {self.seed}".encode()
        # Without defaults: an option that is new leaves old fingerprints as they were.
        yield json.dumps(self.options.to_changes(), sort_keys=True).encode()
        for pub in self.pubs:
            yield self.digests[pub.circuit].encode()
            yield repr(
                (pub.parameters.shape, pub.observables_shape, pub.precision, pub.shots)
            ).encode()
            yield np.ascontiguousarray(pub.parameters, dtype="<f8").tobytes()
            if pub.basis_shots is not None:
                yield repr(pub.basis_shots).encode()
            for observable in pub.observables:
                yield repr((observable.terms, observable.coefficients)).encode()
