"""What mitigation says of each string of a sampler's result, as columns beside its count."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from qiskit.primitives import PubResult

from ..primitives.mitigation.pub_quasi import MitigatedSamplerPubResult
from ..primitives.mitigation.quasi import distinct_strings
from ..primitives.outcomes import RegisterName
from ..primitives.workload import IntArray


class MitigatedStrings:
    """Of one register of a pub's result."""

    def __init__(self, result: PubResult, register: RegisterName) -> None:
        """Look for what was mitigated.

        Args:
            result: A pub's.
            register: The register's name.
        """
        self._quasi = self._selected = None
        if isinstance(result, MitigatedSamplerPubResult):
            self._quasi = result.quasi_probabilities.get(register)
            self._selected = result.selected.get(register)

    def columns(self, elements: IntArray, strings: NDArray[np.uint8]) -> dict[str, pa.Array]:
        """Return the columns of some rows; none where nothing was mitigated.

        Args:
            elements: The element of each row [N], rising.
            strings: The distinct strings of each element [N, bytes], rising.
        """
        columns = {}
        if self._quasi is not None:
            found = [self._quasi.flat[element] for element in np.unique(elements)]
            # They are of all the strings that were seen, in the same order.
            columns["quasi"] = pa.array(np.concatenate([one.values for one in found]))
            columns["quasi_std"] = pa.array(np.concatenate([one.stds for one in found]))
        if self._selected is not None:
            columns["selected"] = pa.array(self._counts(elements, strings))
        return columns

    def _counts(self, elements: IntArray, strings: NDArray[np.uint8]) -> IntArray:
        assert self._selected is not None
        counts = np.zeros(elements.size, dtype=np.int64)
        for element, rows in groupby(range(elements.size), key=elements.__getitem__):
            bits = self._selected.flat[element].array
            kept, shots = distinct_strings(bits, np.ones(len(bits), dtype=np.int64))
            known = {one.tobytes(): int(n) for one, n in zip(kept, shots, strict=True)}
            for row in rows:
                counts[row] = known.get(strings[row].tobytes(), 0)
        return counts
