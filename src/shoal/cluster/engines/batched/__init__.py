"""Small circuits at many rows of parameters, evolved together in compiled kernels."""

from .circuit import CompiledCircuit, compile_circuit
from .errors import CannotCompile
from .expectations import expectations
from .probabilities import probabilities
from .sampling import DrawKey, sample_counts, sample_shots
from .states import states
from .warm import warm

__all__ = [
    "CannotCompile",
    "CompiledCircuit",
    "DrawKey",
    "compile_circuit",
    "expectations",
    "probabilities",
    "sample_counts",
    "sample_shots",
    "states",
    "warm",
]
