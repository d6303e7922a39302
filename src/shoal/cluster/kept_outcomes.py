"""Outcomes of a mitigated job without a store: kept, so that they can be reduced again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from qiskit.primitives import PrimitiveResult

from ..orchestrator.reduce import reduce_blocks
from ..primitives.errors import ExecutionError
from ..primitives.mitigation.rereduce import plan_of_reduce
from ..primitives.outcomes import BlockOutcome
from ..primitives.request import Request
from ..primitives.workload import Workload


class KeptOutcomes:
    """What a job's engine brought, for as long as its handle lives; nothing where none mitigates.

    An unmitigated job can be reduced in one way only, and its shots are let go.
    """

    def __init__(self, request: Request, workload: Workload) -> None:
        """Keep nothing yet.

        Args:
            request: What was asked.
            workload: Its expansion.
        """
        self._request, self._workload = request, workload
        self._found: dict[int, BlockOutcome] = {}

    def keep(self, outcomes: Iterable[BlockOutcome]) -> Iterator[BlockOutcome]:
        """Hand outcomes on, and remember them where they can serve again."""
        for outcome in outcomes:
            if self._workload.families:
                self._found[outcome.block] = outcome
            yield outcome

    def outcomes(self, blocks: Iterable[int]) -> Iterator[BlockOutcome]:
        """Give outcomes back, in the order given."""
        return (self._found[block] for block in blocks)

    def reduce(self, changes: Mapping[str, Any], name: str | None) -> PrimitiveResult:
        """Reduce once more.

        Args:
            changes: Options that differ from the request's.
            name: Of the result; nothing is stored, so it says nothing here.

        Raises:
            RequestError: The outcomes cannot serve these options.
            ExecutionError: Nothing was kept.
        """
        options = self._request.options.updated(changes)
        plan_of_reduce(self._request, options)
        if not self._workload.families:
            raise ExecutionError(
                "this job ran without mitigation and without a store: its result() is all that "
                "its shots can say, and they were let go"
            )
        return reduce_blocks(self._request, self._workload, self, options=options)
