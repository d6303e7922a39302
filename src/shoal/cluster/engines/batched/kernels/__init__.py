"""The compiled kernels. Nothing outside this folder imports numba, and it is imported late."""
