"""Shoal's classes behind the constructors of qiskit-ibm-runtime, in its local mode.

Its primitives find the session or batch that they are in by themselves where no mode is said.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from qiskit.providers import BackendV2

from shoal import cluster
from shoal.primitives import Estimator, Sampler

NOT_OURS = ("max_execution_time",)
"""Options of IBM's service, which its local mode passes over."""


class _Opened:
    """The constructor of IBM's sessions and batches, and what is open now."""

    open: ClassVar[list[Any]] = []

    def __init__(self, backend: BackendV2, max_time: int | str | None = None) -> None:
        super().__init__(backend, max_time=max_time)

    def __enter__(self) -> Self:
        _Opened.open.append(self)
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        _Opened.open.remove(self)
        super().__exit__(*error)


class Session(_Opened, cluster.Session):
    """``qiskit_ibm_runtime.Session``."""


class Batch(_Opened, cluster.Batch):
    """``qiskit_ibm_runtime.Batch``."""


class EstimatorV2(Estimator):
    """``qiskit_ibm_runtime.EstimatorV2``."""

    def __init__(self, mode: Any = None, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(mode or _Opened.open[-1], _ours(options))


class SamplerV2(Sampler):
    """``qiskit_ibm_runtime.SamplerV2``."""

    def __init__(self, mode: Any = None, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(mode or _Opened.open[-1], _ours(options))


def _ours(options: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (options or {}).items() if name not in NOT_OURS}
