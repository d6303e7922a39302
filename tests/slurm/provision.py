"""What the testbed needs of a machine, and a place on it that no other test run has."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TESTBED = Path(__file__).parent / "testbed" / "slurm-testbed.sh"

HOW_TO = "run the tests as root on Debian 12, in a virtual machine or a privileged container"

_CAP_NET_ADMIN, _CAP_SYS_ADMIN = 12, 21
_MAX_CLUSTERS = 16


@cache
def missing_for_testbed() -> str | None:
    """Why the testbed cannot run here, after installing what can be installed; or None."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return f"the Slurm testbed needs root on Linux: {HOW_TO}"
    if not _has_capabilities():
        return f"the Slurm testbed needs CAP_NET_ADMIN and CAP_SYS_ADMIN: {HOW_TO}"
    if shutil.which("apt-get") is None:
        return f"the Slurm testbed installs Debian's Slurm with apt-get: {HOW_TO}"
    installed = subprocess.run(
        [TESTBED, "install"], capture_output=True, text=True, timeout=600, check=False
    )
    if installed.returncode != 0:
        return f"Slurm could not be installed: {_last_line(installed.stderr)}"
    links = "ip link add name br0 type bridge; ip link add name veth0 type veth peer name veth1"
    tried = subprocess.run(
        ["unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "sh", "-ec", links],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode != 0:
        return f"no network of namespaces here: {_last_line(tried.stderr)}: {HOW_TO}"
    return None


@dataclass(frozen=True)
class Place:
    """A testbed's own folder, bridge and addresses."""

    number: int

    @property
    def subnet(self) -> str:
        return f"10.198.{100 + self.number}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SLURM_TESTBED_STATE": f"/var/lib/shoal-testbed-{self.number}",
            "SLURM_TESTBED_BRIDGE": f"shoal{self.number}",
            "SLURM_TESTBED_SUBNET": self.subnet,
        }


@contextmanager
def own_place() -> Iterator[Place]:
    """A place for this process, until it ends: what a dead run left there, `up` clears."""
    Path("/run/lock").mkdir(exist_ok=True)
    for number in range(_MAX_CLUSTERS):
        with Path(f"/run/lock/shoal-testbed-{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            yield Place(number)
            return
    raise RuntimeError(f"{_MAX_CLUSTERS} testbeds run on this machine already")


def shared_folders() -> list[str]:
    """What nodes must see of this machine's temporary folders: they have ones of their own."""
    needed = (ROOT, Path(sys.prefix), Path(sys.base_prefix))
    found = {str(path.resolve()) for path in needed}
    return sorted(path for path in found if path.startswith(("/tmp/", "/var/tmp/")))


def _has_capabilities() -> bool:
    status = Path("/proc/self/status").read_text().splitlines()
    (effective,) = (line.split()[1] for line in status if line.startswith("CapEff:"))
    wanted = 1 << _CAP_NET_ADMIN | 1 << _CAP_SYS_ADMIN
    return int(effective, 16) & wanted == wanted


def _last_line(words: str) -> str:
    return ([line for line in words.splitlines() if line.strip()] or ["no words"])[-1]
