"""Circuits, observables and parameters of a sweep file, paired into pubs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives.containers.observables_array import ObservablesArray

from .circuits import read_circuits
from .labels import PubLabels
from .model import GroupTable, Pairing
from .observables import NamedObservable, read_observables
from .parameters import ParameterSets, read_parameters
from .source import SweepSource
from .sweep_pub import SweepPub

Key = tuple[str | int, ...]
"""A path of keys into the sweep file."""

MAX_ELEMENTS = 1 << 27
"""Estimates of one pub: more would not fit the driver's memory."""


class PubReader:
    """Follows one file's references, each read once."""

    def __init__(self, source: SweepSource) -> None:
        """Read the circuits.

        Args:
            source: The sweep file.

        Raises:
            RequestError: A circuit cannot be read.
        """
        self._source = source
        self._table = source.table
        self._folder = source.path.parent
        self._circuits = {name: self._read_circuits(name) for name in self._table.circuits}
        self._observables: dict[tuple[str, int], list[NamedObservable]] = {}

    def pubs(self) -> Iterator[SweepPub]:
        """Pair everything.

        Yields:
            All pubs of the first pass, then all of the second, and so on.

        Raises:
            RequestError: Something does not fit; the message says where in the file.
        """
        for passed in self._table.passes:
            if self._table.primitive == "estimator" and passed is not None and passed < 0:
                raise self._source.fault(
                    ("precision",), f"found {passed}, expected 0 (exact) or more"
                )
            for pub in self._pubs_of_pass(passed):
                yield from _on_engines(pub, self._table.engine or [])

    def _pubs_of_pass(self, passed: float | int | None) -> Iterator[SweepPub]:
        table = self._table
        if not table.groups:
            everything = GroupTable(
                circuits=list(table.circuits), observables=list(table.observables)
            )
            yield from self._pubs_of_group((), everything, passed)
        for number, group in enumerate(table.groups):
            yield from self._pubs_of_group(("groups", number), group, passed)

    def _pubs_of_group(
        self, key: Key, group: GroupTable, passed: float | int | None
    ) -> Iterator[SweepPub]:
        parameters_key = (*key, "parameters") if group.parameters else ("parameters",)
        try:
            sets = read_parameters(group.parameters or self._table.parameters, self._folder)
        except ValueError as error:
            raise self._source.fault(parameters_key, str(error)) from error
        for name, circuit, observables, pairing in self._pairs(key, group):
            try:
                values = sets.values_for([parameter.name for parameter in circuit.parameters])
            except ValueError as error:
                raise self._source.fault(parameters_key, f"circuit {name!r}: {error}") from error
            labels = PubLabels(name, tuple(one.labels for one in observables), sets.dimensions)
            if self._table.primitive == "sampler":
                yield SweepPub(circuit, values, None, None, _as_shots(passed), labels)
                continue
            array = _observables_array(observables, sets, pairing)
            self._check_shapes(key, parameters_key, array, sets)
            yield SweepPub(circuit, values, array, passed, None, labels)

    def _check_shapes(
        self, key: Key, parameters_key: Key, array: ObservablesArray, sets: ParameterSets
    ) -> None:
        try:
            shape = np.broadcast_shapes(array.shape, sets.shape)
        except ValueError as error:
            raise self._source.fault(
                (*key, "pairing"),
                f"observables of shape {array.shape} do not broadcast with parameter sets of "
                f"shape {sets.shape}; pairing = 'product' takes every observable at every set",
            ) from error
        if (found := math.prod(shape)) > MAX_ELEMENTS:
            raise self._source.fault(
                parameters_key,
                f"found {found:,} estimates: {array.size:,} observables at "
                f"{math.prod(sets.shape):,} parameter sets; expected at most {MAX_ELEMENTS:,}: "
                "make several sweeps of it",
            )

    def _pairs(
        self, key: Key, group: GroupTable
    ) -> Iterator[tuple[str, QuantumCircuit, list[NamedObservable], Pairing]]:
        pairing = group.pairing or self._table.pairing
        circuits = self._named((*key, "circuits"), group.circuits, self._circuits)
        if self._table.primitive == "sampler":
            yield from ((name, circuit, [], pairing) for name, circuit in circuits)
            return
        if not group.observables:
            raise self._source.fault(
                (*key, "observables"), "an estimator's group needs observables"
            )
        for name in group.observables:
            self._known((*key, "observables"), name, self._table.observables)
        if pairing != "zip":
            for name, circuit in circuits:
                yield (
                    name,
                    circuit,
                    self._observables_for(group.observables, name, circuit),
                    pairing,
                )
            return
        yield from self._zipped(key, circuits, group.observables)

    def _zipped(
        self,
        key: Key,
        circuits: list[tuple[str, QuantumCircuit]],
        names: Sequence[str],
    ) -> Iterator[tuple[str, QuantumCircuit, list[NamedObservable], Pairing]]:
        widest = max((circuit for _, circuit in circuits), key=lambda circuit: circuit.num_qubits)
        several = [one for n in names for one in self._read_observables(n, widest.num_qubits)]
        if len(several) != len(circuits):
            raise self._source.fault(
                (*key, "pairing"),
                f"pairing = 'zip' found {len(circuits)} circuits and {len(several)} observables, "
                "expected as many of one as of the other",
            )
        for (name, circuit), one in zip(circuits, several, strict=True):
            self._check_width("zip", one, name, circuit)
            yield name, circuit, [one], "product"

    def _observables_for(
        self, names: Sequence[str], circuit_name: str, circuit: QuantumCircuit
    ) -> list[NamedObservable]:
        found = []
        for name in names:
            for observable in self._read_observables(name, circuit.num_qubits):
                self._check_width(name, observable, circuit_name, circuit)
                found.append(observable)
        return found

    def _check_width(
        self, name: str, observable: NamedObservable, circuit_name: str, circuit: QuantumCircuit
    ) -> None:
        if observable.num_qubits != circuit.num_qubits:
            raise self._source.fault(
                ("observables", name),
                f"found terms on {observable.num_qubits} qubits "
                f"({next(iter(observable.terms))!r}), "
                f"expected {circuit.num_qubits}, as circuit {circuit_name!r} has; "
                "[[groups]] says which circuits go with which observables",
            )

    def _read_observables(self, name: str, num_qubits: int) -> list[NamedObservable]:
        if (name, num_qubits) not in self._observables:
            table = self._table.observables[name]
            try:
                found = read_observables(table, name, self._folder, num_qubits)
            except ValueError as error:
                raise self._source.fault(("observables", name), str(error)) from error
            self._observables[name, num_qubits] = found
        return self._observables[name, num_qubits]

    def _read_circuits(self, name: str) -> list[tuple[str, QuantumCircuit]]:
        try:
            circuits = read_circuits(self._table.circuits[name], name, self._folder)
        except ValueError as error:
            raise self._source.fault(("circuits", name), str(error)) from error
        if len(circuits) == 1:
            return [(name, circuits[0])]
        return [(f"{name}[{number}]", circuit) for number, circuit in enumerate(circuits)]

    def _named(
        self,
        key: Key,
        names: Sequence[str],
        known: Mapping[str, list[tuple[str, QuantumCircuit]]],
    ) -> list[tuple[str, QuantumCircuit]]:
        for name in names:
            self._known(key, name, known)
        return [pair for name in names for pair in known[name]]

    def _known(self, key: Key, name: str, known: Mapping[str, object]) -> None:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise self._source.fault(
                key, f"found {name!r}, which the file does not define; it defines {listed}"
            )


def _observables_array(
    observables: Sequence[NamedObservable], sets: ParameterSets, pairing: Pairing
) -> ObservablesArray:
    """Shape observables so that Qiskit's broadcasting gives the pairing."""
    terms = [dict(one.terms) for one in observables]
    if pairing == "broadcast":
        return ObservablesArray(terms)
    if len(terms) == 1:
        return ObservablesArray(terms[0])
    return ObservablesArray(terms).reshape(len(terms), *(1 for _ in sets.shape))


def _as_shots(passed: float | int | None) -> int | None:
    return None if passed is None else int(passed)


def _on_engines(pub: SweepPub, engines: Sequence[str]) -> Iterator[SweepPub]:
    """Repeat a pub for each of several engines; its circuit's name says which."""
    if len(engines) < 2:
        yield pub
        return
    for engine in engines:
        labels = replace(pub.labels, circuit=f"{pub.labels.circuit} @ {engine}")
        yield replace(pub, labels=labels, engine=engine)
