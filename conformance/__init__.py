"""The tests of Qiskit, Aer and qiskit-algorithms, run on Shoal's classes."""
