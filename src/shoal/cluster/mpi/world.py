"""The MPI world that this process is part of: joined once, checked, left or ended once."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Mapping
from typing import Any

from ...primitives.errors import ExecutionError
from ..engines.aer_build import has_gangs, is_aer_with_mpi
from ..engines.aer_gang import spread_over
from ..engines.gang_layout import own_gang
from .launch import launch_of, size_fault
from .shared_memory import take_names_away

ENDED = 1
"""The exit code of a world that one of its ranks has ended."""

NO_LIBRARY = (
    "no MPI library could be loaded: {words}. Load your site's (module load ...), or install one "
    "beside Shoal: pip install 'shoal[mpi]', which brings MPICH and its mpirun"
)


class MpiWorld:
    """A communicator of our own over all processes, with what is needed to leave it in order."""

    def __init__(self, mpi: Any) -> None:
        """Take part, in a world that was found in order.

        Args:
            mpi: The module ``mpi4py.MPI``.
        """
        self._mpi = mpi
        self.comm = mpi.COMM_WORLD.Dup()
        self.rank: int = self.comm.Get_rank()
        self.size: int = self.comm.Get_size()
        self.is_left_behind = False
        """Whether ranks could not be asked to leave: they are ended with this process."""
        self.end_code = ENDED
        self._is_left = False
        self._gang: Any = None

    @classmethod
    def join(cls, environ: Mapping[str, str] | None = None) -> MpiWorld:
        """Become a part of the world, or return it if that has happened; called by every rank.

        Args:
            environ: The environment's variables; ``None``: this process's.

        Raises:
            ExecutionError: There is no MPI library, the world is not as large as the launcher
                says, has one process only, or was left before.
        """
        global _joined
        if _joined is None:
            _joined = cls(_checked_mpi(os.environ if environ is None else environ))
            atexit.register(_joined.end_if_not_left)
            _joined.comm.Barrier()
            take_names_away()
        elif _joined._is_left:
            raise ExecutionError(
                "this process has left its MPI world, and cannot join it again: keep one "
                "Cluster.mpi() open for all of the work"
            )
        return _joined

    def enter_gang(self, ranks: int) -> None:
        """Share states with one's neighbours from now on; all ranks of the gang call it at once.

        Args:
            ranks: Of each gang.
        """
        gang = own_gang(self.size, ranks, self.rank)
        if len(gang) < 2 or not has_gangs():
            return  # a rank that drives alone, or an Aer that takes the whole world
        if self._gang is not None:
            self._gang.Free()
        members = self.comm.Get_group().Incl(gang)
        self._gang = self.comm.Create_group(members)
        spread_over(self._gang.py2f())

    def leave(self) -> None:
        """Finalize MPI, which waits for every other rank to do so."""
        if not self._is_left:
            self._is_left = True
            if self._gang is not None:
                self._gang.Free()
            self.comm.Free()
            self._mpi.Finalize()

    def abort(self, code: int = ENDED) -> None:
        """End every process of the world at once; does not return.

        Args:
            code: The exit code.
        """
        self._is_left = True
        self._mpi.COMM_WORLD.Abort(code)

    def end_if_not_left(self) -> None:
        """End the world where this process ends in the middle: the others would wait for ever."""
        if not self._is_left:
            sys.stdout.flush()
            sys.stderr.flush()
            self.abort(self.end_code)


_joined: MpiWorld | None = None


def _checked_mpi(environ: Mapping[str, str]) -> Any:
    launch = launch_of(environ)
    try:
        import mpi4py

        mpi4py.rc.thread_level = "serialized"
        mpi4py.rc.finalize = False
        if is_aer_with_mpi():
            # It starts MPI when it is imported, whether or not that has happened before.
            import qiskit_aer  # noqa: F401
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        words = " ".join(str(error).split())
        raise ExecutionError(NO_LIBRARY.format(words=words)) from error
    library = " ".join(MPI.Get_library_version().split("\n")[0].strip("\0").split())
    fault = size_fault(launch, MPI.COMM_WORLD.Get_size(), library)
    if fault is None and MPI.Query_thread() < MPI.THREAD_SERIALIZED:
        fault = f"{library} allows no calls from a second thread (MPI_THREAD_SERIALIZED)"
    if fault is not None:
        MPI.Finalize()
        raise ExecutionError(fault)
    return MPI
