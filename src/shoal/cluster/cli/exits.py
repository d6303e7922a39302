"""How a command ends: exit codes, and one message on standard error."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

DONE, RUN_FAILED, INPUT_WRONG = 0, 1, 2
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM


class CommandFailed(Exception):  # noqa: N818 - it ends a command, which is no error of the program
    """Ends a command with a message and an exit code."""

    def __init__(self, message: str, code: int) -> None:
        """Say why, and how the process is to exit."""
        super().__init__(message)
        self.code = code


class Terminated(BaseException):
    """SIGTERM or SIGHUP arrived: like KeyboardInterrupt, for those who end jobs by signal."""


@contextmanager
def wrong_input() -> Iterator[None]:
    """Make every error that the library raises on purpose an error of the input: exit code 2."""
    from ...primitives.errors import RequestError, StoreError

    try:
        yield
    except (RequestError, StoreError, ValueError, TypeError) as error:
        raise CommandFailed(str(error), INPUT_WRONG) from error
    except MemoryError as error:
        raise CommandFailed(f"too large for this machine's memory: {error}", INPUT_WRONG) from error
    except OSError as error:
        raise CommandFailed(
            f"{error.filename or ''}: {error.strerror or error}", INPUT_WRONG
        ) from error


@contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """Raise :class:`Terminated` in the main thread when this process is asked to end."""

    def _raise(number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = {number: signal.signal(number, _raise) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say_error(message: str) -> None:
    """Print a message for people on standard error."""
    sys.stderr.write(f"shoal: {message}\n")
    sys.stderr.flush()
