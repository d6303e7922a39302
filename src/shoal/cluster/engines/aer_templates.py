"""A circuit as a method of Aer is given it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator

from .noise import Noise
from .templates import Template, unrolled_template
from .unroller import ROTATIONS_AS_RZ, UnrollerRules

_WRONG: Mapping[str, frozenset[str]] = defaultdict(
    frozenset, {"matrix_product_state": frozenset({"initialize"})}
)
"""What a method knows and does wrong: docs/engines.md has a reproducer of each."""


def template_of(
    circuit: QuantumCircuit, method: str, noise: Noise | None, *, has_resets: bool
) -> Template:
    """Write a circuit in instructions that a method of Aer knows and binds right.

    An instruction that Aer knows by its name stays as it is, because noise is keyed by names; any
    other is replaced by its definition, as far down as needed. Where noise is keyed by the name of
    one of those, the parts are ideal and the noise follows them.

    Args:
        circuit: As the user gave it.
        method: One of Aer's methods.
        noise: What the gates suffer.
        has_resets: Whether a reset may find its qubit in another state than 0.

    Raises:
        UnsupportedError: An instruction is neither known to Aer nor defined.
    """
    is_clifford = method == "stabilizer"
    is_reset_noisy = noise is not None and "reset" in noise.gate_names
    rules = UnrollerRules(
        native_names(method),
        native_names("automatic"),
        noise,
        ROTATIONS_AS_RZ if is_clifford else {},
        drops_resets=not (has_resets or is_reset_noisy),
    )
    return unrolled_template(circuit, rules, is_clifford=is_clifford)


@cache
def native_names(method: str) -> frozenset[str]:
    """Return the names of the gates and other instructions that a method of Aer knows."""
    return frozenset(AerSimulator(method=method).configuration().basis_gates) - _WRONG[method]
