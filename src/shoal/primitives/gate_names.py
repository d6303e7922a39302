"""What the names of instructions promise: engines, noise models and queues go by them."""

from __future__ import annotations

from collections.abc import Mapping

from qiskit.circuit import (
    Barrier,
    BoxOp,
    BreakLoopOp,
    ContinueLoopOp,
    ControlledGate,
    ForLoopOp,
    Gate,
    IfElseOp,
    Instruction,
    Operation,
    Store,
    SwitchCaseOp,
    WhileLoopOp,
)
from qiskit.circuit.library import (
    DiagonalGate,
    Initialize,
    PauliGate,
    PermutationGate,
    UCGate,
    UnitaryGate,
)
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping

_CONTROLLED = (
    *("cu2", "mcp", "mcphase", "mcr", "mcrx", "mcry", "mcrz", "mcswap", "mcsx", "mcu", "mcu1"),
    *("mcu2", "mcu3", "mcx", "mcx_gray", "mcy", "mcz"),
)
"""Names that Aer knows, of gates with any number of controls."""

_KINDS: Mapping[str, type] = {
    **{name: gate.base_class for name, gate in get_standard_gate_name_mapping().items()},
    **dict.fromkeys(_CONTROLLED, ControlledGate),
    "barrier": Barrier,
    "box": BoxOp,
    "break_loop": BreakLoopOp,
    "continue_loop": ContinueLoopOp,
    "diagonal": DiagonalGate,
    "for_loop": ForLoopOp,
    "if_else": IfElseOp,
    "initialize": Initialize,
    "multiplexer": UCGate,
    "pauli": PauliGate,
    "permutation": PermutationGate,
    "store": Store,
    "switch_case": SwitchCaseOp,
    "unitary": UnitaryGate,
    "while_loop": WhileLoopOp,
}

_CHANNELS = frozenset({"kraus", "quantum_channel", "roerror", "superop"})
"""Names of noise in a circuit, whose classes are not Qiskit's."""


def is_named_rightly(operation: Operation) -> bool:
    """Return whether an instruction is what its name says; a name that nobody knows says nothing.

    Args:
        operation: Anything that a circuit may hold. What only has a name, and no definition that
            could differ from it, is what its name says.
    """
    name = operation.name
    if name in _KINDS:
        return isinstance(operation, _KINDS[name]) or not _is_defined(operation)
    if name in _CHANNELS or name.startswith(("save_", "set_")):
        return type(operation) not in (Gate, Instruction) or not _is_defined(operation)
    return True


def _is_defined(operation: Operation) -> bool:
    return getattr(operation, "definition", None) is not None
