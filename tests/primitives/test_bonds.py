"""Bonds are counted from a template as the translated circuit has them."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import efficient_su2

from shoal.cluster.engines.chain_kernels import CHAIN_RULES
from shoal.cluster.engines.chains import chain_circuit
from shoal.cluster.engines.templates import unrolled_template
from shoal.primitives.bonds import chain_shape


def translated(circuit: QuantumCircuit):
    return chain_circuit(unrolled_template(circuit, CHAIN_RULES), range(circuit.num_qubits))


@pytest.mark.parametrize(
    "name",
    [
        "cx",
        "cy",
        "cz",
        "ch",
        "cs",
        "csdg",
        "csx",
        "cp",
        "crx",
        "cry",
        "crz",
        "ecr",
        "rxx",
        "ryy",
        "rzz",
        "rzx",
        "swap",
        "iswap",
        "dcx",
        "cu",
        "ccx",
    ],
)
def test_a_gate_lengthens_bonds_as_its_products_do(name):
    circuit = QuantumCircuit(5)
    add = getattr(circuit, name)
    angles = {"cu": 4, "cp": 1}.get(name, int(name[0] == "r" or name.startswith("cr")))
    add(*[Parameter(f"t{k}") for k in range(angles)], *([3, 0, 4] if name == "ccx" else [3, 0]))
    assert chain_shape(circuit, range(5)).bonds == translated(circuit).bonds


def test_composite_instructions_count_as_their_parts():
    layers = efficient_su2(6, reps=2)
    circuit = QuantumCircuit(8)
    circuit.append(layers.to_instruction(), [0, 2, 3, 4, 5, 7])
    assert chain_shape(circuit, range(8)).bonds == translated(circuit).bonds


def test_idle_qubits_have_no_tensors():
    circuit = QuantumCircuit(6)
    circuit.cx(1, 4)
    shape = chain_shape(circuit, {1, 4})
    assert (shape.sites, shape.bonds) == ((1, 4), (1, 2, 1))
    assert shape.spans(["IZIIZI", "IIIIXI"]) == [(0, 1), (0, 0)]


def test_no_state_needs_more_than_the_smaller_side_has():
    circuit = QuantumCircuit(4)
    for _ in range(9):
        circuit.cx(1, 2)
    shape = chain_shape(circuit, range(4))
    assert np.array_equal(shape.bits, [0, 0, 9, 0, 0])
    assert shape.needed_bits == (0, 0, 2, 0, 0)
