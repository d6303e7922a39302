"""What is asked and what it means: Qiskit's V2 primitives, from pubs to results."""
