"""The store in memory."""

from dataclasses import replace

import pytest

from shoal.orchestrator.memory import MemoryStore
from shoal.primitives.errors import StoreError
from tests.orchestrator.sampled import commit
from tests.orchestrator.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self, engine) -> MemoryStore:
        return MemoryStore(engine.request, engine.workload)

    def test_a_receipt_without_its_segment_is_refused(self, store, engine) -> None:
        receipt = replace(commit(store, engine, [0]), payload=None)
        with pytest.raises(StoreError, match="did not come along with its receipt"):
            store.record(receipt)
