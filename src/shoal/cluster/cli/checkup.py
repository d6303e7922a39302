"""What a machine offers to Shoal, and what may bite."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..engines.aer_build import is_aer_with_mpi
from ..node_cores import usable_cores
from .finding import Finding, Verdict
from .mpi_checkup import mpi_words
from .qpu_checkup import qpu_words
from .slurm_checkup import slurm_job, slurm_version

MIN_OPEN_FILES = 4096
"""Ray opens some hundred files a worker."""

MIN_SHARED_BYTES = 1 << 27
"""Below 128 MiB Ray keeps its objects on disk."""

MAX_SOCKET_PATH = 107
"""Bytes of a Unix socket's path; Ray's are about 70 longer than the folder that they are in."""

_PACKAGES = ("qiskit", "qiskit-aer", "ray", "numpy", "pyarrow", "mpi4py")


def checkup(store: Path) -> Iterator[Finding]:
    """Look at this machine.

    Args:
        store: The folder that jobs would be kept in.

    Yields:
        Findings; a check that breaks is a finding too.
    """
    checks: dict[str, Callable[[], Finding]] = {
        "Python": _python,
        "packages": _packages,
        "cores": _cores,
        "memory": _memory,
        "Aer": _aer,
        "GPUs": _gpus,
        "store": lambda: _store(store),
        "shared memory": _shared_memory,
        "open files": _open_files,
        "temp folder": _socket_path,
        "QPUs": _qpus,
        "Slurm": slurm_version,
        "Slurm job": slurm_job,
        "MPI": _mpi,
    }
    for what, check in checks.items():
        try:
            yield check()
        except Exception as error:  # one that breaks must not hide the others
            yield Finding(what, "bad", f"{type(error).__name__}: {error}")


def _python() -> Finding:
    is_known = sys.version_info[:2] >= (3, 11)
    words = f"{platform.python_version()} on {platform.system()} {platform.release()}"
    return Finding("Python", "ok" if is_known else "bad", words)


def _packages() -> Finding:
    found, missing = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("packages", "bad", f"not installed: {', '.join(missing)}")
    return Finding("packages", "ok", ", ".join(found))


def _cores() -> Finding:
    usable, present = usable_cores(), os.cpu_count() or 1
    words = f"{usable} usable" + (f" of {present} in the machine" if usable < present else "")
    load = os.getloadavg()[0]
    is_busy = load > 0.5 * present
    return Finding("cores", "note" if is_busy else "ok", f"{words}; load {load:.1f}")


def _memory() -> Finding:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    words = f"{_size(pages * size)} in the machine"
    if (limit := _cgroup_limit()) is not None and limit < pages * size:
        words = f"{_size(limit)} allowed by the cgroup, of {words}"
    return Finding("memory", "ok", words)


def _cgroup_limit() -> int | None:
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return int(Path(path).read_text())
        except (OSError, ValueError):
            continue
    return None


def _aer() -> Finding:
    """Run one circuit, so that a wheel for another processor is found out here."""
    from qiskit import QuantumCircuit
    from qiskit_aer import AerSimulator

    circuit = QuantumCircuit(1)
    circuit.h(0)
    circuit.measure_all()
    simulator = AerSimulator(seed_simulator=1)
    counts = simulator.run(circuit, shots=100).result().get_counts()
    if sum(counts.values()) != 100:
        return Finding("Aer", "bad", f"a circuit of 100 shots gave {counts}")
    devices = ", ".join(simulator.available_devices())
    methods = ", ".join(simulator.available_methods())
    mpi = "; with MPI, for engine aer_mpi alone" if is_aer_with_mpi() else ""
    return Finding("Aer", "ok", f"devices: {devices}; methods: {methods}{mpi}")


def _gpus() -> Finding:
    if shutil.which("nvidia-smi") is None:
        return Finding("GPUs", "note", "none: no nvidia-smi on PATH")
    listed = _output(["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"])
    names = [line.strip() for line in listed.splitlines() if line.strip()]
    if not names:
        return Finding("GPUs", "note", "nvidia-smi lists none")
    from qiskit_aer import AerSimulator

    words = f"{len(names)}: {'; '.join(names)}"
    if "GPU" not in AerSimulator().available_devices():
        return Finding("GPUs", "bad", f"{words}, but this Aer has no GPU support: qiskit-aer-gpu")
    return Finding("GPUs", "ok", words)


def _store(store: Path) -> Finding:
    """Write, sync and rename a file where jobs would be kept, as a commit does."""
    folder = store if store.is_dir() else store.absolute().parent
    before, after = (folder / f".shoal-doctor-{os.getpid()}{ending}" for ending in ("~", ""))
    began = time.monotonic()
    try:
        with before.open("wb") as file:
            file.write(b"x" * 65536)
            file.flush()
            os.fsync(file.fileno())
        before.rename(after)
    except OSError as error:
        return Finding("store", "bad", f"{folder} cannot be written: {error.strerror}")
    finally:
        for path in (before, after):
            with suppress(OSError):
                path.unlink()
    milliseconds = 1000 * (time.monotonic() - began)
    free = shutil.disk_usage(folder).free
    where = f"{folder} on {_filesystem(folder)}"
    words = f"{where}: {_size(free)} free; a commit takes {milliseconds:.1f} ms"
    return Finding("store", "bad" if free < 1 << 30 else "ok", words)


def _filesystem(folder: Path) -> str:
    """Name the filesystem of the longest mount point that a folder lies below."""
    best, kind = "", "an unknown filesystem"
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mounted, found, *_ = line.split()
        is_below = folder.resolve().is_relative_to(mounted.replace("\\040", " "))
        if is_below and len(mounted) >= len(best):
            best, kind = mounted, found
    return kind


def _shared_memory() -> Finding:
    """Look at where Ray keeps its objects."""
    try:
        free = shutil.disk_usage("/dev/shm").free  # noqa: S108 - only its size is looked at
    except OSError:
        return Finding("shared memory", "note", "no /dev/shm: Ray keeps objects on disk, slowly")
    verdict: Verdict = "ok" if free >= MIN_SHARED_BYTES else "note"
    return Finding("shared memory", verdict, f"{_size(free)} free in /dev/shm")


def _open_files() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    words = f"{soft:,} (up to {hard:,})"
    if soft < MIN_OPEN_FILES:
        return Finding("open files", "bad", f"{words}; Ray wants {MIN_OPEN_FILES:,}: ulimit -n")
    return Finding("open files", "ok", words)


def _socket_path() -> Finding:
    folder = os.environ.get("TMPDIR", "/tmp")  # noqa: S108 - only its length is looked at
    if len(folder.encode()) + 70 > MAX_SOCKET_PATH:
        return Finding("temp folder", "bad", f"{folder} is too long for Ray's sockets: set TMPDIR")
    return Finding("temp folder", "ok", folder)


def _qpus() -> Finding:
    is_usable, words = qpu_words()
    return Finding("QPUs", "note" if is_usable is None else "ok" if is_usable else "bad", words)


def _mpi() -> Finding:
    works, words = mpi_words()
    return Finding("MPI", "note" if works is None else "ok" if works else "bad", words)


def _command(what: str, command: list[str], otherwise: str) -> Finding:
    if shutil.which(command[0]) is None:
        return Finding(what, "note", otherwise)
    first, *_ = _output(command).splitlines() or [""]
    return Finding(what, "ok", first.strip() or f"{command[0]} says nothing")


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return done.stdout or done.stderr


def _size(num_bytes: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if num_bytes < 1024:
            return f"{num_bytes:.0f} {unit}"
        num_bytes /= 1024
    return f"{num_bytes:.1f} TiB"
