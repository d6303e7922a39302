"""Whether the Aer at hand was built with MPI, found out without loading it: loading starts MPI."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

RECIPE = (
    "make aer-mpi (in a checkout of Shoal) builds it into build/aer-mpi/site, and then\n"
    "  PYTHONPATH=build/aer-mpi/site mpirun -n 4 shoal run SWEEP.toml --executor mpi\n"
    "docs/mpi.md says how by hand"
)


@cache
def is_aer_with_mpi() -> bool:
    """Say whether the Aer that would be imported spreads states over an MPI world."""
    # The parent package is only looked for, not imported.
    spec = find_spec("qiskit_aer")
    places = [] if spec is None else spec.submodule_search_locations or []
    return any(
        b"MPI_Init_thread" in library.read_bytes()
        for place in places
        for library in (Path(place) / "backends").glob("controller_wrappers*.so")
    )
