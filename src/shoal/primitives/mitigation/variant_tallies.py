"""What is kept of each variant's shots until the finish: integers, or one row's mitigated means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, Self, TypeVar

import numpy as np

from ..bases import measured_qubits
from ..errors import ShoalError
from ..masks import pack_bits, term_masks
from ..observables import FloatArray
from ..outcomes import ShotRows
from ..tallies import Tally, tally_shots
from ..workload import IntArray, Program, Variant
from .calibration import ReadoutCalibration
from .clusters import ClusterTally
from .frames import flips_of
from .moments import Moments, moments_of_clusters, moments_of_shots
from .post_selection import Check, check_of_basis, refuse_nothing_kept, selected
from .readings import tally_clusters
from .readout import local_inverse
from .string_tallies import CountedStrings, StringTally, strings_of
from .uncertain_rates import RateSlopes


class _Additive(Protocol):
    def __add__(self, other: Self) -> Self: ...


_T = TypeVar("_T", bound=_Additive)


def merged(parts: Sequence[_T]) -> _T:
    """Add parts pairwise: any tree gives the same integers, and this one is short."""
    found = list(parts)
    while len(found) > 1:
        pairs = [left + right for left, right in zip(found[::2], found[1::2], strict=False)]
        found = pairs + ([found[-1]] if len(found) % 2 else [])
    return found[0]


@dataclass(frozen=True, slots=True, eq=False)
class VariantMoments:
    """Estimates of one variant's terms at its points."""

    moments: Moments
    shots: IntArray
    """Shots of each point [P]."""
    shared: FloatArray | None = None
    """Derivatives by the numbers of the calibration [P, T, G]."""
    by_rates: RateSlopes | None = None
    """How they follow the rates of layers' noise that have errors."""


Finish = Callable[[IntArray], VariantMoments]
"""From points, rising, to their estimates."""


class ShotReader:
    """Undoes frames, and keeps the shots that pass a check."""

    def __init__(self, program: Program, variant: Variant, check: Check | None) -> None:
        assert variant.basis is not None
        self.masks = term_masks(variant.basis, variant.terms)
        self.num_bits = len(measured_qubits(variant.basis))
        self.check = None if check is None else check_of_basis(check, variant.basis)
        self._frames = (
            None if program.frames is None else pack_bits(flips_of(program.frames, variant.basis))
        )

    def read(self, shots: ShotRows) -> ShotRows:
        """Return the shots as they would have been without frames, those that are kept."""
        if self._frames is not None:
            frames = self._frames[shots.rows]
            shots = replace(shots, bits={name: b ^ frames for name, b in shots.bits.items()})
        if self.check is None:
            return shots
        (bits,) = shots.bits.values()
        return selected(shots, self.check.keeps(bits, self.num_bits))


class _AdditiveVariant(Generic[_T]):
    """What adds up, from wherever it was tallied."""

    def __init__(self) -> None:
        self._parts: list[_T] = []

    def parts(self) -> list[_T]:
        """Return all that was added so far, as one part at the most."""
        return [merged(self._parts)] if self._parts else []

    def take(self, parts: list[_T]) -> None:
        """Add the parts of another process."""
        self._parts += parts


class ExactVariant:
    """A variant of exact values."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.values: list[tuple[IntArray, FloatArray]] = []

    def parts(self) -> list[tuple[IntArray, FloatArray]]:
        """Return what was kept: rows, and their values."""
        return self.values

    def take(self, parts: list[tuple[IntArray, FloatArray]]) -> None:
        """Keep what another process kept, too."""
        self.values += parts

    def finish(self, points: IntArray) -> VariantMoments:
        """Return the values at some points, which spread by nothing."""
        rows = np.concatenate([rows for rows, _ in self.values])
        values = np.concatenate([found for _, found in self.values])
        order = np.argsort(rows, kind="stable")
        means = values[order[np.searchsorted(rows[order], points)]]
        zero = np.zeros((points.size, means.shape[1], means.shape[1]))
        return VariantMoments(Moments(means, zero), np.ones(points.size, dtype=np.int64))


class ClusterVariant(_AdditiveVariant[ClusterTally]):
    """A twirled variant: sums of readings of each randomization."""

    def __init__(
        self,
        program: Program,
        variant: Variant,
        check: Check | None = None,
        rates: FloatArray | None = None,
    ) -> None:
        """Start with nothing.

        Args:
            program: What is randomized.
            variant: How it is read.
            check: Which shots are kept.
            rates: Covariance of the rates that the program's scores are of [L, L].
        """
        super().__init__()
        self._reader = ShotReader(program, variant, check)
        self._program, self._rates = program, rates

    def add(self, shots: ShotRows) -> None:
        """Tally some of the shots."""
        read = self._reader.read(shots)
        rows, masks = np.unique(shots.rows), self._reader.masks
        nothing = np.zeros(rows.size, dtype=np.int64)
        none = ClusterTally(rows, nothing, np.zeros((rows.size, masks.num_terms), dtype=np.int64))
        # A randomization of which no shot is kept still is one.
        self._parts.append(tally_clusters(read, masks) + none if read.rows.size else none)

    def finish(self, points: IntArray) -> VariantMoments:
        """Return the estimates at some points."""
        tally, signs = merged(self._parts), self._program.signs
        if signs is not None:
            tally = tally.signed(signs[tally.clusters])
        count, gamma = self._program.randomizations, self._program.gamma
        places = _places(tally.clusters, points[:, None] * count + np.arange(count))
        shots, sums = tally.shots[places], tally.sums[places]
        refuse_nothing_kept(points, shots.sum(axis=1))
        found = moments_of_clusters(shots, sums, gamma)
        scaled = Moments(gamma * found.means, gamma**2 * found.covariance)
        by_rates = self._by_rates(points, shots, sums)
        return VariantMoments(scaled, shots.sum(axis=1), by_rates=by_rates)

    def _by_rates(self, points: IntArray, shots: IntArray, sums: IntArray) -> RateSlopes | None:
        """Return how the estimates follow the rates by which Paulis were inserted."""
        program = self._program
        if self._rates is None or program.scores is None:
            return None
        rows = points[:, None] * program.randomizations + np.arange(program.randomizations)
        signs = np.ones_like(shots) if program.signs is None else program.signs[rows]
        return RateSlopes.of_points(
            shots, sums, signs, program.gamma, program.scores[rows], self._rates
        )


class ShotVariant(_AdditiveVariant[Tally]):
    """A variant whose shots are independent of each other."""

    def __init__(self, program: Program, variant: Variant, check: Check | None = None) -> None:
        super().__init__()
        self._reader = ShotReader(program, variant, check)

    def add(self, shots: ShotRows) -> None:
        """Tally some of the shots."""
        read = self._reader.read(shots)
        if read.rows.size:
            self._parts.append(tally_shots(read, self._reader.masks))

    def finish(self, points: IntArray) -> VariantMoments:
        """Return the estimates at some points."""
        if not self._parts:
            refuse_nothing_kept(points, np.zeros(points.size, dtype=np.int64))
        tally = merged(self._parts)
        if self._reader.check is not None:
            refuse_nothing_kept(points, np.isin(points, tally.rows).astype(np.int64))
        places = _places(tally.rows, points)
        chosen = Tally(points, tally.shots[places], tally.sums[places], tally.products[places])
        return VariantMoments(moments_of_shots(chosen), chosen.shots)


class LocalVariant:
    """A variant whose readout errors are undone qubit by qubit.

    What a string is worth is known when the calibration is: until then strings are counted.
    """

    def __init__(self, variant: Variant, cal_qubits: tuple[int, ...]) -> None:
        assert variant.basis is not None
        self._variant = variant
        self._qubits = measured_qubits(variant.basis)
        self._places = [cal_qubits.index(qubit) for qubit in self._qubits]
        self._width = len(cal_qubits)
        self._counted = CountedStrings()

    def add(self, shots: ShotRows) -> None:
        """Count some of the shots."""
        self._counted.add(strings_of(shots))

    def parts(self) -> list[StringTally]:
        """Return all that was added so far, as one part at the most."""
        return self._counted.parts()

    def take(self, parts: list[StringTally]) -> None:
        """Add the parts of another process."""
        for part in parts:
            self._counted.add(part)

    def finish_with(self, calibration: ReadoutCalibration, points: IntArray) -> VariantMoments:
        """Return the estimates at some points."""
        own = calibration.on_bits(self._places)
        (tally,) = self.parts()
        refuse_missing(tally.rows, points)
        means, covariances, slopes, shots = [], [], [], []
        for point in points.tolist():
            strings, counted = tally.of_row(point)
            found = local_inverse(strings, counted, self._variant.terms, self._qubits, own)
            means.append(found.means)
            covariances.append(found.covariance)
            slopes.append(self._embedded(found.slopes))
            shots.append(int(counted.sum()))
        moments = Moments(np.stack(means), np.stack(covariances))
        return VariantMoments(moments, np.array(shots, dtype=np.int64), np.stack(slopes))

    def _embedded(self, slopes: FloatArray) -> FloatArray:
        """Write derivatives by the rates of our bits as ones by all rates of the calibration."""
        wide = np.zeros((slopes.shape[0], 2, self._width))
        wide[:, :, self._places] = slopes.reshape(slopes.shape[0], 2, -1)
        return wide.reshape(slopes.shape[0], -1)


def _places(known: IntArray, wanted: IntArray) -> IntArray:
    """Find rows that must all be there."""
    refuse_missing(known, wanted)
    return np.searchsorted(known, wanted)


def refuse_missing(known: IntArray, wanted: IntArray) -> None:
    """Refuse to reduce a job that has not run to its end.

    Raises:
        ShoalError: Shots of some rows are not there.
    """
    missing = np.setdiff1d(wanted, known)
    if missing.size:
        raise ShoalError(
            f"shots of {missing.size} rows are missing, the first is row {int(missing[0])}: run "
            "the job to its end before it is reduced"
        )


def pooled_shared(
    parts: Sequence[tuple[VariantMoments, IntArray]], num_terms: int
) -> FloatArray | None:
    """Pool the shared derivatives of several bases, as their means are pooled.

    Args:
        parts: Of each basis, and the positions of its terms.
        num_terms: How many terms T there are in all.
    """
    if any(part.shared is None for part, _ in parts):
        return None
    first = parts[0][0].shared
    assert first is not None
    pooled = np.zeros((first.shape[0], num_terms))
    for part, terms in parts:
        pooled[:, terms] += part.shots[:, None]
    found = np.zeros((first.shape[0], num_terms, first.shape[2]))
    for part, terms in parts:
        share = part.shots[:, None] / pooled[:, terms]
        assert part.shared is not None
        found[:, terms] += share[:, :, None] * part.shared
    return found


def basis_parts(
    parts: Sequence[tuple[VariantMoments, IntArray]], num_terms: int
) -> tuple[tuple[IntArray, FloatArray], ...]:
    """Return what each basis adds to the covariance of pooled terms.

    Args:
        parts: Of each basis, and the positions of its terms.
        num_terms: How many terms T there are in all.
    """
    pooled = np.zeros((parts[0][0].shots.size, num_terms)) if parts else np.zeros((0, 0))
    for part, terms in parts:
        pooled[:, terms] += part.shots[:, None]
    found = []
    for part, terms in parts:
        share = part.shots[:, None] / pooled[:, terms]
        found.append((terms, part.moments.covariance * share[:, :, None] * share[:, None, :]))
    return tuple(found)


def inverses(contrasts: FloatArray) -> FloatArray:
    """Return by what terms with these contrasts are multiplied [T]: 0, where there is no value."""
    return np.asarray(np.where(contrasts == 0, 0.0, 1.0 / np.where(contrasts == 0, 1, contrasts)))


def divided(
    bases: Sequence[tuple[IntArray, FloatArray]], scale: FloatArray
) -> tuple[tuple[IntArray, FloatArray], ...]:
    """Multiply terms by the inverses of their contrasts [T]."""
    return tuple(
        (terms, covariance * scale[terms, None] * scale[terms]) for terms, covariance in bases
    )
