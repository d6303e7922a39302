"""Small circuits at many rows of parameters, evolved together in compiled kernels."""

from .circuit import CompiledCircuit, compile_circuit
from .errors import CannotCompile
from .expectations import expectations
from .states import states

__all__ = ["CannotCompile", "CompiledCircuit", "compile_circuit", "expectations", "states"]
