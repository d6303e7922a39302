"""From Qiskit's circuits to the few operations that the kernels know. No numba here."""
