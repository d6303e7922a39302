"""A sampler's pub result with readout-mitigated quasi-probabilities beside its shots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ClassicalRegister
from qiskit.primitives import BitArray, DataBin, SamplerPubResult

from ..observables import FloatArray
from ..outcomes import RegisterName
from ..workload import Program, Workload
from .assignment import AssignmentErrors
from .calibration import ReadoutCalibration
from .calibrations import Calibrations
from .measured_bits import qubits_of_clbits
from .post_selection import Check
from .quasi import QuasiProbabilities, quasi_probabilities
from .rate_errors import RateErrors
from .resilience import Resilience

ObjectArray = NDArray[np.object_]


class MitigatedSamplerPubResult(SamplerPubResult):  # type: ignore[misc]
    """Shots as they were read, and what they say once readout errors are undone."""

    def __init__(
        self,
        data: DataBin,
        metadata: dict[str, Any],
        mitigated: Mapping[RegisterName, ObjectArray],
        selected: Mapping[RegisterName, ObjectArray] | None = None,
    ) -> None:
        """Put data and quasi-probabilities together.

        Args:
            data: The shots.
            metadata: Of the pub.
            mitigated: Of each register an array of `QuasiProbabilities` of the pub's shape.
            selected: Of each register an array of ``BitArray`` of the pub's shape.
        """
        super().__init__(data, metadata)
        self._mitigated = dict(mitigated)
        self._selected = dict(selected or {})

    @property
    def selected(self) -> dict[RegisterName, ObjectArray]:
        """The shots that passed post-selection: a ``BitArray`` for each element of the pub."""
        return self._selected

    @property
    def quasi_probabilities(self) -> dict[RegisterName, ObjectArray]:
        """`QuasiProbabilities` of each register: arrays, with standard errors and overheads."""
        return self._mitigated

    @property
    def quasi(self) -> dict[RegisterName, ObjectArray]:
        """``qiskit.result.QuasiDistribution`` of each register, in an array of the pub's shape."""
        return {name: _each(found, _to_qiskit) for name, found in self._mitigated.items()}

    @property
    def quasi_overhead(self) -> dict[RegisterName, FloatArray]:
        """By what the variance of a bounded observable may have grown, at the most."""
        return {
            name: _each(found, lambda one: one.overhead).astype(np.float64)
            for name, found in self._mitigated.items()
        }

    @property
    def quasi_stds(self) -> dict[RegisterName, ObjectArray]:
        """Standard errors by string, for each distribution."""
        return {name: _each(found, _stds) for name, found in self._mitigated.items()}


def mitigated_pub_result(
    workload: Workload,
    pub: int,
    data: DataBin,
    metadata: dict[str, Any],
    calibrations: Calibrations,
    plan: Resilience,
) -> MitigatedSamplerPubResult:
    """Undo the readout errors of a pub's shots, register by register, or select among them.

    Args:
        workload: The calibrated workload.
        pub: The pub's position.
        data: The pub's shots.
        metadata: Of the pub.
        calibrations: Of the workload.
        plan: What is mitigated.
    """
    if plan.check is not None:
        selected, kept = _select(data, plan.check)
        metadata["resilience"]["post_selection"] = {"kept": kept}
        return MitigatedSamplerPubResult(data, metadata, {}, selected)
    index = workload.pubs[pub]
    program = workload.programs[index.program]
    family = workload.families[index.program]
    mitigated: dict[RegisterName, ObjectArray] = {}
    if family.calibrations and plan.readout != "none":
        place = {
            qubit: bit for bit, qubit in enumerate(calibrations.qubits(family.calibrations[0]))
        }
        nearest = calibrations.nearest(family, index.program, index.rows).tolist()
        read = {one: calibrations.of(family.calibrations[one]) for one in sorted(set(nearest))}
        for register in program.circuit.cregs:
            places = _places(program.circuit, register, place)
            errors_of = {one: _errors(found, places) for one, found in read.items()}
            errors = [errors_of[one] for one in nearest]
            flips = _flipped_shares(program, register)
            known = [
                _known(read[one], places, flips[row])
                for one, row in zip(nearest, index.rows, strict=True)
            ]
            count = program.randomizations if plan.twirl_gates else 1
            mitigated[register.name] = _mitigate(data[register.name], errors, known, count)
    return MitigatedSamplerPubResult(data, metadata, mitigated)


def _select(data: DataBin, check: Check) -> tuple[dict[RegisterName, ObjectArray], float]:
    """Keep the shots that pass, element by element; return the share of all that did."""
    checked: BitArray = data[check.register]
    found = {name: np.empty(checked.shape, dtype=np.object_) for name in data}
    kept = 0
    for index in np.ndindex(*checked.shape):
        passes = check.keeps(checked.array[index], checked.num_bits)
        kept += int(passes.sum())
        for name, bits in data.items():
            found[name][index] = BitArray(bits.array[index][passes], bits.num_bits)
    return found, kept / max(checked.size * checked.num_shots, 1)


def _places(
    circuit: QuantumCircuit, register: ClassicalRegister, place: Mapping[int, int]
) -> list[int]:
    """Return the calibrated bit of each bit of a register; -1 of one that is never written.

    Args:
        circuit: What was run.
        register: One of its registers.
        place: Of each qubit among the calibrated bits.
    """
    held = qubits_of_clbits(circuit)
    clbits = [circuit.find_bit(bit).index for bit in register]
    return [place[held[clbit]] if clbit in held else -1 for clbit in clbits]


def _errors(read: ReadoutCalibration, places: list[int]) -> AssignmentErrors:
    """Return the errors of a register's bits; a bit that is never written is always 0."""
    known = read.errors()
    return AssignmentErrors(
        np.append(known.one_given_zero, 0.0)[places], np.append(known.zero_given_one, 0.0)[places]
    )


def _known(read: ReadoutCalibration, places: list[int], flipped: FloatArray) -> RateErrors:
    by_p, by_q = read.error_variances()
    return RateErrors(np.append(by_p, 0.0)[places], np.append(by_q, 0.0)[places], flipped)


def _flipped_shares(program: Program, register: ClassicalRegister) -> FloatArray:
    """Return in which share of each point's randomizations a frame flipped each bit [P, n]."""
    points, size = program.num_rows // program.randomizations, register.size
    if program.flips is None:
        return np.zeros((points, size))
    bits = np.unpackbits(program.flips[register.name], axis=1)[:, ::-1][:, :size]
    shares = bits.reshape(points, program.randomizations, size).mean(axis=1)
    return np.asarray(shares, dtype=np.float64)


def _mitigate(
    bits: BitArray,
    errors: Sequence[AssignmentErrors],
    known: Sequence[RateErrors],
    randomizations: int,
) -> ObjectArray:
    """Mitigate each element; shots that share a random frame around gates are one draw."""
    shots = bits.num_shots
    found = np.empty(bits.shape, dtype=np.object_)
    ones = np.ones(shots, dtype=np.int64)
    clusters = np.arange(shots) * randomizations // shots if randomizations > 1 else None
    for index, own, element in zip(np.ndindex(*bits.shape), errors, known, strict=True):
        found[index] = quasi_probabilities(bits.array[index], ones, own, None, element, clusters)
    return found


def _each(array: ObjectArray, of: Any) -> ObjectArray:
    found = np.empty(array.shape, dtype=np.object_)
    for index in np.ndindex(*array.shape):
        found[index] = of(array[index])
    return found


def _to_qiskit(one: QuasiProbabilities) -> Any:
    return one.to_qiskit()


def _stds(one: QuasiProbabilities) -> dict[int, float]:
    keys = [int.from_bytes(row.tobytes(), "big") for row in one.bits]
    return dict(zip(keys, one.stds.tolist(), strict=True))
