"""What a backend says of its calibration, as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from qiskit.providers import BackendV2


def properties_of(backend: BackendV2) -> Mapping[str, Any] | None:
    """Return a backend's properties: its own, else the errors and durations of its target.

    Args:
        backend: The backend.

    Returns:
        Nested mappings that JSON can hold; ``None`` where the backend says nothing of noise.
    """
    own = getattr(backend, "properties", None)
    found = own() if callable(own) else None
    if found is not None and hasattr(found, "to_dict"):
        plain: Mapping[str, Any] = json.loads(json.dumps(found.to_dict(), default=_plain))
        return plain
    gates = {
        name: [
            {"qubits": list(qubits), "error": one.error, "duration": one.duration}
            for qubits, one in of_qubits.items()
            if qubits is not None and one is not None
        ]
        for name, of_qubits in backend.target.items()
    }
    gates = {name: listed for name, listed in gates.items() if listed}
    return {"backend_name": str(backend.name), "target": gates} if gates else None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
