"""Measurement bases cover every term, deterministically and with few of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.quantum_info import PauliList

from shoal.primitives.bases import commuting_bases, compatible_terms, measured_qubits

LABELS = st.lists(st.text("IXYZ01+-rl", min_size=4, max_size=4), unique=True, max_size=30)


@given(LABELS)
def test_every_term_is_read_from_some_basis(labels):
    terms = tuple(label for label in labels if label != "IIII")
    read = {int(t) for basis in commuting_bases(terms) for t in compatible_terms(basis, terms)}
    assert read == set(range(len(terms)))


@given(LABELS)
def test_bases_do_not_depend_on_the_order_of_the_terms(labels):
    terms = [label for label in labels if label != "IIII"]
    assert commuting_bases(terms) == commuting_bases(terms[::-1])


def test_the_hydrogen_hamiltonian_needs_three_bases():
    assert sorted(commuting_bases(("IZ", "ZI", "ZZ", "XX", "YY"))) == ["XX", "YY", "ZZ"]


def test_an_ising_chain_needs_two_bases():
    terms = [f"{'I' * k}ZZ{'I' * (8 - k)}" for k in range(9)]
    terms += [f"{'I' * k}X{'I' * (9 - k)}" for k in range(10)]
    assert set(commuting_bases(terms)) == {"X" * 10, "Z" * 10}


def test_qubits_that_no_term_touches_are_not_measured():
    (basis,) = commuting_bases(["IIZIX"])
    assert basis == "IIZIX"
    assert measured_qubits(basis) == (0, 2)


def test_a_group_measures_free_qubits_in_z_so_that_more_terms_can_be_read():
    assert set(commuting_bases(["XXI", "IIZ", "ZII"])) == {"XXZ", "ZZZ"}


@pytest.mark.parametrize("width", [3, 5])
def test_no_more_groups_than_graph_colouring_needs_plus_a_few(rng, width):
    labels = sorted({"".join(rng.choice(list("IXYZ"), width)) for _ in range(60)} - {"I" * width})
    theirs = PauliList(labels).group_commuting(qubit_wise=True)
    assert len(commuting_bases(labels)) <= 1.2 * len(theirs) + 1
