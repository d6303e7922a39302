"""The other end of a distant queue: what runs on the node that can reach the vendor."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from qiskit.transpiler import Target

from ...primitives.workload import Workload
from ..engines.backend_limits import BackendLimits
from .faults import is_transient, never_arrived
from .opening import open_provider
from .port import CannotList, Queue

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
"""Variables by which clients find their way out; written small or large."""


@dataclass(frozen=True, slots=True)
class FarProvider:
    """How a queue is opened over there."""

    provider: str
    """``module:function``."""
    arguments: Mapping[str, Any]
    node: str
    """What the node is called."""
    folder: str = ""
    """In which providers are looked for, too, where the node sees it."""
    name: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that the node is given, where it has none of its own."""

    @property
    def key(self) -> str:
        """What tells it from others."""
        return f"{self.name} {self.provider} {dict(self.arguments)}"

    @property
    def need(self) -> str:
        """What its worker offers, and no other."""
        return f"queue {self.name} at {self.node}"


@dataclass(frozen=True, slots=True)
class Introduction:
    """What circuits are made for, and what a job may be."""

    limits: BackendLimits
    target: Target
    can_retrieve: bool
    plugins: Mapping[str, str]
    """The transpiler's stages that the backend brings, by the names of its methods."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call."""

    kind: Literal["value", "unlisted", "not_now", "never_arrived", "error"]
    value: Any = None
    words: str = ""


_opened: dict[str, Queue] = {}
"""Of this process; a worker that is started again opens its queue again."""


def far_call(
    workload: Workload, how: FarProvider, method: str, arguments: tuple[Any, ...]
) -> Answer:
    """Call one of a queue's methods in the worker that serves it.

    Args:
        workload: None of the calls needs it.
        how: How the queue is opened, if it is not yet.
        method: Its name; ``introduction``: what it is.
        arguments: Of the method.

    Returns:
        The answer; faults of the vendor's client are told apart here, where its classes are.
    """
    try:
        queue = _opened.get(how.key) or _open(how)
        if method == "introduction":
            return Answer("value", _introduction(queue))
        return Answer("value", getattr(queue, method)(*arguments))
    except CannotList:
        return Answer("unlisted")
    except Exception as error:  # a vendor's client, which may raise anything
        words = f"{type(error).__name__}: {error}"
        if not is_transient(error):
            return Answer("error", words=words)
        # Nothing was sent by way of a queue that could not even be opened.
        is_sent = how.key in _opened and not never_arrived(error)
        return Answer("not_now" if is_sent else "never_arrived", words=words)


def proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of proxies.

    >>> proxies({"HTTPS_PROXY": "http://out:3128", "HOME": "/root"})
    {'HTTPS_PROXY': 'http://out:3128'}
    """
    return {name: value for name, value in environment.items() if name.lower() in PROXIES}


def look_for_modules_in(folder: Path) -> None:
    """Let providers be found beside a profile.

    Args:
        folder: The profile's.
    """
    place = os.fspath(folder.absolute())
    if place not in sys.path:
        sys.path.append(place)


def _open(how: FarProvider) -> Queue:
    if not proxies(os.environ):
        os.environ.update(how.environment)
    if how.folder:
        look_for_modules_in(Path(how.folder))
    _opened[how.key] = open_provider(how.name, how.provider, how.arguments)
    return _opened[how.key]


def _introduction(queue: Queue) -> Introduction:
    backend = queue.backend
    names = ("get_translation_stage_plugin", "get_scheduling_stage_plugin")
    plugins = {name: getattr(backend, name)() for name in names if hasattr(backend, name)}
    return Introduction(queue.limits, backend.target, queue.can_retrieve, plugins)
