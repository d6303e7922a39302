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
def aer_library() -> Path | None:
    """Return the library of the Aer that would be imported, if there is one."""
    # The parent package is only looked for, not imported.
    spec = find_spec("qiskit_aer")
    places = [] if spec is None else spec.submodule_search_locations or []
    found = (
        library
        for place in places
        for library in (Path(place) / "backends").glob("controller_wrappers*.so")
    )
    return next(found, None)


@cache
def is_aer_with_mpi() -> bool:
    """Say whether that Aer spreads states over an MPI world."""
    return _has(b"MPI_Init_thread")


@cache
def has_gangs() -> bool:
    """Say whether that Aer can be told to spread states over a part of the world, as ours can."""
    return _has(b"shoal_aer_gang")


def _has(name: bytes) -> bool:
    library = aer_library()
    return library is not None and name in library.read_bytes()
