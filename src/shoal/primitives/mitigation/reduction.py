"""The reduce of a mitigated estimator: a fold over outcomes, then one finish.

What is kept are tallies, so shots may come in any order; the finish depends on the tallies and the
plan alone and may be done again with another plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..observables import FloatArray, TermLabel, coefficient_matrix, union_of_terms
from ..outcomes import BlockOutcome
from ..workload import BASES_FIELD, Family, IntArray, RowGroup, Variant, Workload
from .calibrations import CalibrationPart, Calibrations, support_of
from .common_errors import CommonErrors
from .estimates import (
    Extrapolation,
    ObservableEstimates,
    TermEstimates,
    extrapolated_observables,
    extrapolations,
    observables_at,
    plain_terms,
    trex_terms,
    variances_by_basis,
)
from .intervals import half_widths
from .joining import block_diagonal, joined
from .moments import pooled_moments
from .rereduce import check_effective_factors
from .resilience import Resilience
from .summed_variant import SummedVariant, is_summed
from .trex import Contrasts
from .uncertain_rates import RateSlopes, UncertainRates
from .variant_tallies import (
    ClusterVariant,
    ExactVariant,
    LocalVariant,
    ShotVariant,
    basis_parts,
    divided,
    inverses,
    pooled_shared,
)

Fields = Mapping[str, FloatArray]
"""Arrays [K, P, ...] by IBM's names of the data's fields."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupFields:
    """Everything that is reported of one row group."""

    group: int
    """The group of the family's first program."""
    fields: Fields
    chosen: Mapping[str, int]
    """How many terms each extrapolator was chosen for."""
    unbounded: tuple[TermLabel, ...] = ()
    """Terms that the readout tells nothing of: their contrast is not significantly other than 0."""


@dataclass(frozen=True, slots=True, eq=False)
class ReductionPart:
    """What was folded of some of a workload's blocks, to be folded on elsewhere."""

    variants: Mapping[int, list[Any]]
    calibrations: CalibrationPart


class EstimatorReduction:
    """Folds a mitigated estimator's outcomes."""

    def __init__(self, workload: Workload, plan: Resilience) -> None:
        """Start with nothing.

        Args:
            workload: The mitigated workload.
            plan: What is mitigated: the workload's own plan, or one that needs no other data.
        """
        self._workload, self._plan = workload, plan
        for family in workload.families:
            check_effective_factors(plan, family.requested, family.factors)
        self._calibrations = Calibrations(workload)
        self._summed: list[tuple[SummedVariant, int]] = []
        """And the calibration of each."""
        uncertain = UncertainRates.of(plan.layer_noise)
        self._rates = None if uncertain is None else uncertain.covariance
        self._variants = {
            variant.index: self._kept(family, variant)
            for family in workload.families
            for program in family.programs
            for variant in workload.variants
            if variant.program == program
        }

    def add(self, outcome: BlockOutcome) -> None:
        """Take the outcome of one block; each comes once, in any order."""
        if self._calibrations.add(outcome):
            self._calibrate(self._calibrations)
            return
        for shots in outcome.shots:
            kept = self._variants[shots.variant]
            assert not isinstance(kept, ExactVariant)
            kept.add(shots)
        for values in outcome.values:
            exact = self._variants[values.variant]
            assert isinstance(exact, ExactVariant)
            exact.values.append((values.rows, values.values))

    def blocks_ahead(self) -> tuple[int, ...]:
        """Return the blocks of calibrations, if memory is bounded only where these come first."""
        return self._calibrations.blocks() if self._summed else ()

    def look_ahead(self, outcomes: Iterable[BlockOutcome]) -> None:
        """Learn from the outcomes of `blocks_ahead` what shots are worth; they are not folded."""
        ahead = Calibrations(self._workload)
        for outcome in outcomes:
            ahead.add(outcome)
        self._calibrate(ahead)

    def part(self) -> ReductionPart:
        """Return all that was folded so far, to be merged by another process."""
        found = {number: kept.parts() for number, kept in self._variants.items()}
        return ReductionPart(
            {number: parts for number, parts in found.items() if parts}, self._calibrations.part()
        )

    def merge(self, part: ReductionPart) -> None:
        """Fold what another process has folded; no block was with both."""
        for number, parts in part.variants.items():
            self._variants[number].take(parts)
        self._calibrations.merge(part.calibrations)

    @property
    def calibrations(self) -> Calibrations:
        """What was tallied of the readout."""
        return self._calibrations

    def finished(self) -> list[GroupFields]:
        """Return the fields of every row group of the base programs."""
        return [
            self._finish(family, groups)
            for family in self._workload.families
            for groups in family.groups
        ]

    def _calibrate(self, calibrations: Calibrations) -> None:
        for kept, program in self._summed:
            if calibrations.is_whole(program):
                kept.calibrate(calibrations.of(program))

    def _kept(
        self, family: Family, variant: Variant
    ) -> ExactVariant | ClusterVariant | ShotVariant | LocalVariant | SummedVariant:
        program = self._workload.programs[variant.program]
        if variant.is_exact:
            return ExactVariant()
        if program.randomizations > 1 or program.signs is not None:
            return ClusterVariant(program, variant, self._plan.check, self._rates)
        if self._plan.readout == "local" and family.calibration is not None:
            qubits = self._calibrations.qubits(family.calibration)
            if len(family.calibrations) > 1 or not is_summed(program, variant):
                return LocalVariant(variant, qubits)
            summed = SummedVariant(variant, qubits)
            self._summed.append((summed, family.calibration))
            return summed
        return ShotVariant(program, variant, self._plan.check)

    def _finish(self, family: Family, groups: tuple[int, ...]) -> GroupFields:
        base = self._workload.groups[groups[0]]
        observables = [self._workload.observables[member] for member in base.observables]
        terms = union_of_terms(observables)
        weights, constants = coefficient_matrix(observables, terms)
        kept = [f for f, asked in enumerate(family.requested) if self._uses(asked)]
        common = self._common_errors(family, terms)
        noisy = [
            self._terms(family, self._workload.groups[groups[f]], terms) for f in kept
        ] if terms else []  # fmt: skip
        factors = np.array([family.factors[f] for f in kept])
        found = self._fields(groups[0], base, factors, noisy, weights, constants, common)
        lost = {
            term
            for one in noisy
            if one.unbounded is not None
            for term, is_unbounded in zip(terms, one.unbounded.tolist(), strict=True)
            if is_unbounded
        }
        return replace(found, unbounded=tuple(sorted(lost)))

    def _uses(self, asked: float) -> bool:
        return asked in self._plan.zne.factors if self._plan.zne else asked == 1.0

    def _fields(
        self,
        group: int,
        base: RowGroup,
        factors: FloatArray,
        noisy: list[TermEstimates],
        weights: FloatArray,
        constants: FloatArray,
        errors: CommonErrors,
    ) -> GroupFields:
        zne, points = self._plan.zne, base.rows.size
        if not noisy:
            constant = self._constant_fields(constants, points)
            return self._with_intervals(base, GroupFields(group, constant, {}), weights)
        wide = np.broadcast_to(weights[:, None], (len(weights), points, weights.shape[1]))
        at_factor = [
            errors.with_rates(
                observables_at(one, weights, constants, errors.readout), [one], [wide]
            )
            for one in noisy
        ]
        fields = {"evs": at_factor[0].values, "stds": np.sqrt(at_factor[0].variances)}
        if zne is None:
            fields |= self._parts(base, noisy, [wide], errors)
            return self._with_intervals(base, GroupFields(group, fields, {}), weights)
        models, best = extrapolations(factors, noisy, zne)

        def at(model: Extrapolation, place: int) -> ObservableEstimates:
            common = noisy, weights, constants, errors.readout
            plain = extrapolated_observables(model, place, *common)
            return errors.with_rates(plain, noisy, model.pulls(place, noisy, weights))

        selected = at(best, 0)
        every = [[at(model, x) for x in range(1, len(zne.at))] for model in models]
        fields = {"evs": selected.values, "stds": np.sqrt(selected.variances)}
        fields |= self._parts(base, noisy, best.pulls(0, noisy, weights), errors)
        as_asked = [at_factor[zne.factors.index(factor)] for factor in zne.asked]
        fields["evs_noise_factors"] = np.stack([one.values for one in as_asked], axis=-1)
        fields["stds_noise_factors"] = np.sqrt(
            np.stack([one.variances for one in as_asked], axis=-1)
        )
        fields["evs_extrapolated"] = _nested([[x.values for x in model] for model in every])
        variances = _nested([[x.variances for x in model] for model in every])
        fields["stds_extrapolated"] = np.sqrt(variances)
        assert best.chosen is not None
        counts = np.bincount(best.chosen.reshape(-1), minlength=len(models))
        names = dict(zip(zne.extrapolators, counts.tolist(), strict=True))
        return self._with_intervals(base, GroupFields(group, fields, names), weights)

    def _parts(
        self,
        base: RowGroup,
        noisy: list[TermEstimates],
        pulls: list[FloatArray],
        errors: CommonErrors,
    ) -> dict[str, FloatArray]:
        """Say what errors consist of: by bases where stages are to know that, by what is shared."""
        fields = errors.learnt_fields(noisy, pulls)
        if self._plan.joint_errors:
            fields |= errors.joint_fields(noisy, pulls)
        count = self._workload.most_bases(base.program)
        if count:
            pairs = zip(noisy, pulls, strict=True)
            found = [variances_by_basis(one, pull, count) for one, pull in pairs]
            fields[BASES_FIELD] = np.sqrt(np.stack(found, axis=2))
        return fields

    def _with_intervals(
        self, base: RowGroup, found: GroupFields, weights: FloatArray
    ) -> GroupFields:
        """Add the ends of confidence intervals, where they are asked for."""
        if self._plan.confidence is None:
            return found
        clusters = self._workload.programs[base.program].randomizations
        evs, stds = found.fields["evs"], found.fields["stds"]
        drawn = [self._workload.variants[number].shots or 0 for number in base.variants]
        draws = clusters if clusters > 1 else min(drawn, default=0)
        reach = np.abs(weights).sum(axis=1)[:, None]
        half = half_widths(self._plan.confidence, stds, clusters, draws, reach)
        ends = {"evs_lower": evs - half, "evs_upper": evs + half}
        return replace(found, fields={**found.fields, **ends})

    def _constant_fields(self, constants: FloatArray, points: int) -> dict[str, FloatArray]:
        values = np.repeat(constants[:, None], points, axis=1)
        fields = {"evs": values, "stds": np.zeros_like(values)}
        if (zne := self._plan.zne) is not None:
            shapes = {
                "noise_factors": (len(zne.asked),),
                "extrapolated": (len(zne.extrapolators), len(zne.reported)),
            }
            for name, shape in shapes.items():
                axes = (slice(None), slice(None), *(None for _ in shape))
                wide = np.broadcast_to(values[axes], (*values.shape, *shape))
                fields[f"evs_{name}"], fields[f"stds_{name}"] = wide, np.zeros(wide.shape)
        return fields

    def _terms(
        self, family: Family, group: RowGroup, terms: tuple[TermLabel, ...]
    ) -> TermEstimates:
        calibrations = self._calibrations_of(family)
        if not calibrations:
            return self._terms_at(group, group.rows, terms, None)
        nearest = self._calibrations.nearest(family, group.program, group.rows)
        parts = [
            (at, self._terms_at(group, group.rows[at], terms, calibrations[place]), place)
            for place in np.unique(nearest).tolist() or [0]
            for at in [np.flatnonzero(nearest == place)]
        ]
        return joined(parts, len(calibrations))

    def _terms_at(
        self,
        group: RowGroup,
        points: IntArray,
        terms: tuple[TermLabel, ...],
        calibration: int | None,
    ) -> TermEstimates:
        """Estimate terms at points that share a calibration, if they have one."""
        column = {term: place for place, term in enumerate(terms)}
        parts = []
        for number in group.variants:
            variant, kept = self._workload.variants[number], self._variants[number]
            if isinstance(kept, LocalVariant | SummedVariant):
                assert calibration is not None
                found = kept.finish_with(self._calibrations.of(calibration), points)
            else:
                found = kept.finish(points)
            parts.append((found, np.array([column[term] for term in variant.terms])))
        pooled = pooled_moments([(p.moments, at, p.shots) for p, at in parts], len(terms))
        is_asked = self._workload.most_bases(group.program) > 0
        bases = basis_parts(parts, len(terms)) if is_asked else ()
        by_rates = RateSlopes.pooled([(p.by_rates, p.shots, at) for p, at in parts], len(terms))
        if self._plan.readout == "trex" and calibration is not None:
            contrasts = self._contrasts(calibration, terms)
            scale = inverses(contrasts.values)
            return replace(
                trex_terms(pooled, contrasts),
                bases=divided(bases, scale),
                by_rates=None if by_rates is None else by_rates.scaled(scale),
            )
        shared = pooled_shared(parts, len(terms))
        plain = plain_terms(pooled)
        return TermEstimates(plain.means, plain.covariance, shared, bases=bases, by_rates=by_rates)

    def _calibrations_of(self, family: Family) -> tuple[int, ...]:
        """Return the calibrations that a family's estimates depend on."""
        return () if self._plan.readout == "none" else family.calibrations

    def _contrasts(self, calibration: int, terms: tuple[TermLabel, ...]) -> Contrasts:
        known = self._calibrations.supports(calibration)
        places = [known[support_of(term)] for term in terms]
        found = self._calibrations.of(calibration).contrasts()
        return Contrasts(found.means[0, places], found.covariance[0][np.ix_(places, places)])

    def _common_errors(self, family: Family, terms: tuple[TermLabel, ...]) -> CommonErrors:
        calibrations = self._calibrations_of(family) if terms else ()
        if not calibrations:
            return CommonErrors(rates=self._rates)
        first, *others = calibrations
        found = [self._covariance_of(first, terms)]
        deviations = [self._deviations_of(first, terms)] if self._plan.joint_errors else []
        for one in others:
            # What was not measured is not used: its part of the slopes is 0.
            is_there = self._calibrations.is_measured(one)
            found.append(self._covariance_of(one, terms) if is_there else np.zeros_like(found[0]))
            if deviations:
                same = self._deviations_of(one, terms) if is_there else np.zeros_like(deviations[0])
                deviations.append(same)
        return CommonErrors(
            block_diagonal(found), block_diagonal(deviations) if deviations else None, self._rates
        )

    def _covariance_of(self, calibration: int, terms: tuple[TermLabel, ...]) -> FloatArray:
        """Return the covariance [G, G] of what one calibration gives to all estimates."""
        if self._plan.readout == "trex":
            return self._contrasts(calibration, terms).covariance
        return np.diag(np.concatenate(self._calibrations.of(calibration).error_variances()))

    def _deviations_of(self, calibration: int, terms: tuple[TermLabel, ...]) -> FloatArray:
        """Return what each independent draw of one calibration adds to its numbers [D, G]."""
        if self._plan.readout == "trex":
            known = self._calibrations.supports(calibration)
            places = [known[support_of(term)] for term in terms]
            return self._calibrations.of(calibration).contrast_deviations()[:, places]
        return np.sqrt(self._covariance_of(calibration, terms))


def _nested(arrays: list[list[FloatArray]]) -> FloatArray:
    """Return [K, P, models, places]."""
    return np.moveaxis(np.array(arrays), (0, 1), (-2, -1))
