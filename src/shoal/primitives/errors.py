"""The one tree of Shoal's own errors.

    ShoalError
    ├── RequestError (ValueError)     what was asked cannot be meant; nothing was started
    │   ├── OptionError               an unknown option, or a value that it cannot take
    │   └── UnsupportedError          well-formed, but no engine at hand can do it
    ├── ExecutionError                an engine, a worker or a queue failed while running
    │   ├── EngineError               the engine refused or broke on one block, in its own words
    │   ├── JobCancelledError         the job was cancelled before its result was complete
    │   └── OutOfTimeError            the workers were taken away before its result was complete
    └── StoreError                    the run folder cannot be used as it is
        ├── DrivenElsewhereError      another process runs the job, or did so a moment ago
        ├── StoreVersionError         written by another version of the format
        └── CorruptSegmentError       a segment does not hold what its checksum says

Wrong types are plain `TypeError`, wrong values without a field of their own plain `ValueError`.
"""

from __future__ import annotations


class ShoalError(Exception):
    """Base of every error that Shoal raises on its own account."""


class RequestError(ShoalError, ValueError):
    """What was asked cannot be meant."""


class OptionError(RequestError):
    """An option that does not exist, or a value that it cannot take."""


class UnsupportedError(RequestError):
    """A well-formed request that no engine at hand can serve."""


class ExecutionError(ShoalError):
    """Something failed while the job ran."""


class EngineError(ExecutionError):
    """An engine refused or broke on one block."""


class JobCancelledError(ExecutionError):
    """The job was cancelled before its result was complete."""


class OutOfTimeError(ExecutionError):
    """The time for which there were workers was over before the result was complete."""

    has_progressed: bool = True
    """Whether anything was committed in that time: if not, more of the same will not help."""


class StoreError(ShoalError):
    """The run folder cannot be used as it is."""


class DrivenElsewhereError(StoreError):
    """Another process runs the job, or did so a moment ago."""


class StoreVersionError(StoreError):
    """The run folder was written by another version of the format."""


class CorruptSegmentError(StoreError):
    """A segment does not hold what its checksum says."""

    segment: str | None = None
    """The segment's name, for those who can forget it and run its blocks again."""
