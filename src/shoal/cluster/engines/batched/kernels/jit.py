"""How every kernel is compiled: without the GIL, with IEEE arithmetic, kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:  # numba's types differ from version to version
    numba: Any
    FunctionCache: Any
    intrinsic: Any
else:
    import numba
    from numba.core.caching import FunctionCache
    from numba.extending import intrinsic

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


class _SourceCache(FunctionCache):  # type: ignore[misc]
    """numba's own cache, which looks only at the file of the function, asked to look at all."""

    def __init__(self, function: Callable[..., Any]) -> None:
        """Look at the sources beside a function, and at those here."""
        super().__init__(function)
        self._folder = Path(function.__code__.co_filename).parent

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        return (*super()._index_key(sig, codegen), _source_digest(self._folder))


def inlined(function: AnyFunction) -> AnyFunction:
    """Compile a part of a kernel, without what it would take to be called from Python."""
    decorate = numba.njit(
        nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
    )
    result: AnyFunction = decorate(function)
    return result


def kernel(function: AnyFunction) -> AnyFunction:
    """Compile a function that Python calls, once for all processes that share a cache folder."""
    compiled = numba.njit(nogil=True, error_model="numpy")(function)
    compiled._cache = _SourceCache(function)
    result: AnyFunction = compiled
    return result


def instruction(generator: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of types a part of kernels: it writes LLVM's own instructions."""
    made: Callable[..., Any] = intrinsic(generator)
    return made


@cache
def _source_digest(folder: Path) -> str:
    here = Path(__file__).parent
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted({here.parent / "opcodes.py", *here.glob("*.py"), *folder.glob("*.py")}):
        digest.update(path.read_bytes())
    return digest.hexdigest()
