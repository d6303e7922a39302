"""``[circuits.NAME]`` to circuits: OpenQASM, QPY or the user's own function."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit, qasm2, qasm3, qpy

from .functions import call_function
from .model import CircuitTable

_OPENQASM_2 = re.compile(r"^\s*(//[^\n]*\n\s*)*OPENQASM\s+2", re.MULTILINE)


def read_circuits(table: CircuitTable, name: str, folder: Path) -> list[QuantumCircuit]:
    """Make the circuits that one table of a sweep file asks for.

    Args:
        table: The table.
        name: Its name, which circuits from OpenQASM get.
        folder: What relative paths start from.

    Returns:
        One or more circuits.

    Raises:
        ValueError: A file cannot be read, a text does not parse, a function returns something else.
    """
    if table.qasm is not None:
        return [_parse_openqasm(table.qasm, name)]
    if table.function is not None:
        return _as_circuits(call_function(table.function, table.arguments, folder), table.function)
    assert table.file is not None
    return _read_file(folder / table.file.expanduser(), name)


def _read_file(path: Path, name: str) -> list[QuantumCircuit]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from error
    if path.suffix == ".qpy":
        try:
            return _as_circuits(qpy.load(io.BytesIO(content)), str(path))
        except Exception as error:  # qpy raises whatever the bytes lead it to
            raise ValueError(f"{path} is not a QPY file that this Qiskit reads: {error}") from error
    if path.suffix not in (".qasm", ".qasm2", ".qasm3"):
        raise ValueError(f"found {path.name}, expected a .qasm or .qpy file")
    try:
        return [_parse_openqasm(content.decode("utf-8"), name)]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _parse_openqasm(text: str, name: str) -> QuantumCircuit:
    said = io.StringIO()
    try:
        # The parser of OpenQASM 3 prints what it objects to.
        with contextlib.redirect_stderr(said):
            circuit = _loads(text)
    except Exception as error:  # its grammar errors have no common base
        words = "; ".join(filter(None, [str(error).strip("'\""), *said.getvalue().split("\n")]))
        raise ValueError(f"the circuit does not parse as OpenQASM: {words}") from error
    circuit.name = name
    return circuit


def _loads(text: str) -> QuantumCircuit:
    if _OPENQASM_2.match(text):
        return qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    return qasm3.loads(text)


def _as_circuits(found: Any, source: str) -> list[QuantumCircuit]:
    circuits = [found] if isinstance(found, QuantumCircuit) else found
    if not isinstance(circuits, list | tuple) or not circuits:
        raise ValueError(f"{source} gave {type(found).__name__}, expected circuits")
    for circuit in circuits:
        if not isinstance(circuit, QuantumCircuit):
            raise ValueError(f"{source} gave {type(circuit).__name__}, expected a QuantumCircuit")
    return list(circuits)
