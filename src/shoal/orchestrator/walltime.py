"""How long a job has its workers: a limit that others set, and may tell of while the job runs."""

from __future__ import annotations


class Walltime:
    """When the workers are taken away, as far as is known.

    One thread may say what it learns while another one goes by it.

    >>> walltime = Walltime(100.0)
    >>> walltime.seconds_left(40.0)
    60.0
    >>> walltime.drain()
    >>> walltime.is_draining
    True
    """

    def __init__(self, ends: float | None = None) -> None:
        """Start with what is known.

        Args:
            ends: When, by the clock of whoever asks; ``None``: nobody takes them away.
        """
        self._ends = ends
        self._is_draining = False

    @property
    def is_draining(self) -> bool:
        """Whether nothing new is to be sent: what runs may end in time."""
        return self._is_draining

    def ends_at(self, ends: float | None) -> None:
        """Take in a new limit: administrators lengthen jobs, and users shorten them.

        Args:
            ends: When; ``None``: nobody takes the workers away any more.
        """
        self._ends = ends

    def drain(self) -> None:
        """Take in a warning: the end is near."""
        self._is_draining = True

    def seconds_left(self, now: float) -> float | None:
        """Return the time until the workers are taken away.

        Args:
            now: The time.

        Returns:
            Less than zero: it is over; ``None``: nobody takes them away.
        """
        return None if self._ends is None else self._ends - now
