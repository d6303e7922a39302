"""Optima: chosen where there is no noise, and honest where there is."""

import math

import pytest

from shoal.cluster.reports.optimum import find_optima
from shoal.cluster.reports.optimum_table import optimum_table
from shoal.cluster.reports.references import find_references


def optima_of(found, sense="minimum"):
    return find_optima(found.request, found.labels, found.result, sense)


def test_the_exact_pass_chooses_and_the_others_are_read_there(done):
    found = done()
    zz, ix = optima_of(found)
    assert zz.readings[0].ev == pytest.approx(-1)
    assert zz.is_chosen_exactly
    # (pi, 0) and (0, pi) are equally good; the nearest to zero is taken, phi first.
    assert sorted(zz.point.values()) == pytest.approx([0, math.pi])
    element = found.result[1].data.evs
    assert zz.readings[1].ev in element
    assert ix.observable.terms == ("IX",)


def test_a_noisy_scan_alone_is_said_to_be_biased(done):
    found = done(precision="0.1")
    optima = optima_of(found)
    table = optimum_table(optima, find_references(optima, None), "", 10)
    assert not optima[0].is_chosen_exactly
    assert any("biased (too low)" in note for note in table.notes)


def test_the_maximum_is_the_other_end(done):
    zz, ix = optima_of(done(), "maximum")
    assert (zz.readings[0].ev, ix.readings[0].ev) == (pytest.approx(1), pytest.approx(1))


def test_references_are_the_ends_of_the_spectrum(done):
    found = done(observables="terms = { ZZ = 2, XX = 1, II = 0.5 }")
    optima = optima_of(found)
    assert find_references(optima, "exact_diagonalization").values == pytest.approx([-2.5])
    assert find_references(optima, 3.0).values == (3.0,)


def test_the_table_has_a_column_a_pass_and_the_difference(done):
    optima = optima_of(done())
    table = optimum_table(optima, find_references(optima, "exact_diagonalization"), "Ha", 1)
    assert table.headings == (
        "observable", "phi", "theta", "exact [Ha]", "estimate [Ha], 100 shots a basis",
        "diagonalisation", "difference",
    )  # fmt: skip
    assert len(table.rows) == 1
    assert table.notes[0].startswith("1 of 2 lines")
    assert any("unbiased" in note for note in table.notes)


def test_exact_sweeps_say_that_no_shots_were_drawn(done):
    optima = optima_of(done(precision="0"))
    table = optimum_table(optima, find_references(optima, None), "", 10)
    assert table.notes == ("Exact values at the best parameters of the scan; no shots were drawn.",)
