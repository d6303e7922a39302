"""From what a user names as a queue to something that can be asked."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

from qiskit.primitives import BaseSamplerV2
from qiskit.providers import BackendV2

from ...primitives.errors import RequestError
from ..engines.backend_limits import takes_primitives_only
from .backend_queue import BackendQueue
from .faults import is_transient
from .ibm import ibm_sampler
from .port import Queue
from .sampler_queue import SamplerQueue


def queue_of(device: object) -> Queue:
    """Return a queue before a device.

    Args:
        device: A backend, a sampler of Qiskit's V2 interface, or a `Queue`.

    Raises:
        TypeError: It is none of these.
    """
    if isinstance(device, Queue):
        return device
    if isinstance(device, BaseSamplerV2):
        return SamplerQueue(device)
    if isinstance(device, BackendV2):
        if takes_primitives_only(device):
            return SamplerQueue(ibm_sampler(device))
        return BackendQueue(device)
    raise TypeError(
        f"a queue: found {type(device).__name__}, expected a BackendV2, a BaseSamplerV2, or a"
        " shoal.cluster.queues.port.Queue; a NodeQueue takes Cluster.with_queues"
    )


def open_provider(name: str, provider: str, arguments: Mapping[str, Any]) -> Queue:
    """Call the function that gives a queue's device, which may ask the vendor.

    Args:
        name: The queue's, for messages.
        provider: ``module:function``.
        arguments: Of the function.

    Raises:
        RequestError: There is no such function, it raised, or it returned something else; where
            credentials are missing it says so in its own words.
    """
    where = f"queues.{name}.provider"
    try:
        return queue_of(call_provider(where, provider, arguments))
    except TypeError as error:
        raise RequestError(f"{where} = {provider!r}: {error}") from error


def call_provider(where: str, provider: str, arguments: Mapping[str, Any]) -> Any:
    """Call a function that a profile names.

    Args:
        where: The key that names it.
        provider: ``module:function``.
        arguments: Of the function.

    Raises:
        RequestError: There is no such function, or it raised.
    """
    where = f"{where} = {provider!r}"
    module_name, separator, function_name = provider.partition(":")
    if not separator or not function_name:
        raise RequestError(f"{where}: expected 'module:function'")
    try:
        function = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError) as error:
        raise RequestError(f"{where} cannot be imported: {error}") from error
    try:
        inspect.signature(function).bind(**arguments)
    except (TypeError, ValueError) as error:
        raise RequestError(f"{where}, with {dict(arguments)}: {error}") from error
    try:
        return function(**arguments)
    except Exception as error:
        if is_transient(error):
            raise RequestError(f"{where}: the vendor is out of reach: {error}") from error
        raise RequestError(
            f"{where}: {type(error).__name__}: {error}. Credentials come from the environment or"
            " from the provider's own saved account, never from our files"
        ) from error
