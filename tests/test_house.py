"""The house: links at the top, what the wheel holds, which names are public."""

import importlib
import importlib.metadata
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ["cluster", "orchestrator", "primitives"]
FOLDERS = [*FLOORS, "configs", "slurm"]


def package_files() -> set[str]:
    return {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src" / "shoal").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def wheel_files(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    built = subprocess.run([*command, str(ROOT)], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("folder", FOLDERS)
def test_link_at_the_top_leads_into_the_package(folder: str) -> None:
    link = ROOT / folder
    assert link.is_symlink()
    assert link.readlink() == Path("src/shoal") / folder
    assert (link / "__init__.py").is_file()


def test_wheel_holds_every_file_of_the_package(wheel_files: set[str]) -> None:
    assert package_files() - wheel_files == set()


def test_wheel_holds_nothing_but_the_package(wheel_files: set[str]) -> None:
    metadata = {name for name in wheel_files if name.split("/")[0].endswith(".dist-info")}
    assert wheel_files - metadata - package_files() == set()


def test_wheel_has_the_command_the_runner_and_the_licence(wheel_files: set[str]) -> None:
    endings = {name.split(".dist-info/")[1] for name in wheel_files if ".dist-info/" in name}
    assert {"entry_points.txt", "licenses/LICENSE"} <= endings


@pytest.mark.parametrize("floor", ["primitives", "cluster"])
def test_all_is_sorted_and_equals_what_is_importable(floor: str) -> None:
    module = importlib.import_module(f"shoal.{floor}")
    importable = [
        name
        for name in dir(module)
        if not name.startswith("_") and not isinstance(getattr(module, name), types.ModuleType)
    ]
    assert list(module.__all__) == sorted(module.__all__)
    assert set(module.__all__) == set(importable)


@pytest.mark.parametrize(
    ("floor", "names"),
    [("primitives", {"Estimator", "Sampler"}), ("cluster", {"Cluster", "open_store"})],
)
def test_the_names_that_people_rely_on_are_public(floor: str, names: set[str]) -> None:
    assert names <= set(importlib.import_module(f"shoal.{floor}").__all__)


@pytest.mark.parametrize(
    ("group", "name"), [("console_scripts", "shoal"), ("shoal.runners", "default")]
)
def test_entry_point_leads_to_a_callable(group: str, name: str) -> None:
    (entry,) = importlib.metadata.entry_points(group=group, name=name)
    assert callable(entry.load())


def test_primitives_start_neither_ray_nor_aer_when_imported() -> None:
    program = "import sys, shoal.primitives; print({'ray', 'qiskit_aer'} & set(sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "set()"
