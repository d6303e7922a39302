"""Exact states of a program's rows, prepared by Aer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from qiskit_aer.library import SaveDensityMatrix, SaveStatevector

from ...primitives.observables import FloatArray
from .aer_session import AerSession
from .aer_templates import template_of
from .measurements import MeasuredCircuit
from .noise import Noise
from .states import ComplexArray
from .templates import Template

STATE_BYTES = 1 << 26
"""Exact states that are held at once, as long as one is smaller."""

_LABEL = "state"


def state_template(
    measured: MeasuredCircuit, kept: Sequence[int], method: str, noise: Noise | None
) -> Template:
    """Write a circuit that saves its state in the end.

    Args:
        measured: A circuit that has a body.
        kept: The qubits of the state, rising: all that anything acts on, and perhaps more.
        method: ``statevector`` or ``density_matrix``.
        noise: What gates suffer.
    """
    assert measured.body is not None
    template = template_of(measured.body, method, noise, has_resets=measured.has_resets)
    save = SaveDensityMatrix if method == "density_matrix" else SaveStatevector
    template.circuit.append(save(len(kept), label=_LABEL), kept)
    return template


def prepare_states(
    session: AerSession, template: Template, rows: FloatArray, width: int
) -> Iterator[tuple[int, ComplexArray]]:
    """Prepare states, as many at a time as memory allows.

    Args:
        session: Where.
        template: What `state_template` wrote.
        rows: Parameters [R, P].
        width: Qubits of a state.

    Yields:
        The first row of each part, and its statevectors [r, 2**n] or matrices [r, 2**n, 2**n].
    """
    is_mixed = session.settings.method == "density_matrix"
    step = max(1, STATE_BYTES >> (4 + width * (2 if is_mixed else 1)))
    for start in range(0, rows.shape[0], step):
        found = session.run(template, rows[start : start + step], width)
        states = [np.asarray(one[_LABEL]) for one in found]
        yield start, states[0][None] if len(states) == 1 else np.stack(states)
