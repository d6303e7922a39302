"""Learning the noise of layers of two-qubit gates: circuits, fit, and what comes of them."""
