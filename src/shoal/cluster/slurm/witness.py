"""A file in the store for a run's time, that every node must see: else what it commits is lost."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...primitives.errors import StoreError


@contextmanager
def witness_in(store: Path | None) -> Iterator[str | None]:
    """Put a file into a store, and take it away again.

    Args:
        store: The store's folder, made if it is not there.

    Yields:
        The file's path; ``None``: there is no store.

    Raises:
        StoreError: The store cannot be written.
    """
    if store is None:
        yield None
        return
    witness = store / f".seen-by-all-{secrets.token_hex(4)}"
    try:
        store.mkdir(parents=True, exist_ok=True)
        witness.touch()
    except OSError as error:
        raise StoreError(f"the store {store} cannot be written: {error.strerror}") from error
    try:
        yield str(witness)
    finally:
        with suppress(OSError):
            witness.unlink()
