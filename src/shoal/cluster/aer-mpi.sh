#!/usr/bin/env bash
# Builds Qiskit Aer with MPI from PyPI's source package, for engine = "aer_mpi": some minutes.
#   aer-mpi.sh FOLDER     then put FOLDER/site first on PYTHONPATH, in MPI worlds only
# PYTHON: the Python that shall use it (and has qiskit-aer, whose version is built).
# MPI=pypi: with PyPI's MPICH beside PYTHON; MPI=system: with the mpicxx on PATH, the site's; unsaid:
# the first of the two that there is. MPICXX=/path/to/mpicxx says which, whatever MPI says.
set -euo pipefail

gangs=$(realpath "$(dirname "${BASH_SOURCE[0]}")/aer-mpi.hpp")
folder=$(realpath -m "${1:?say where to: aer-mpi.sh FOLDER}")
python=$(command -v "${PYTHON:-python3}")
beside=$(dirname "$python")
on_path=$(type -ap mpicxx | grep -vxF "$beside/mpicxx" | head -n 1 || true)
case ${MPI:-} in
  pypi) mpicxx=$beside/mpicxx ;;
  system) mpicxx=$on_path ;;
  "") mpicxx=$([[ -x $beside/mpicxx ]] && echo "$beside/mpicxx" || echo "$on_path") ;;
  *)
    echo "aer-mpi.sh: MPI=$MPI: expected pypi or system" >&2
    exit 1
    ;;
esac
mpicxx=${MPICXX:-$mpicxx}
if [[ ! -x $mpicxx ]]; then
  echo "aer-mpi.sh: no mpicxx${mpicxx:+ at $mpicxx}: load the site's MPI (module load ..., or apt-get" \
    "install libopenmpi-dev), or pip install 'shoal[mpi]', or say MPICXX=/path/to/mpicxx" >&2
  exit 1
fi
mpicxx=$(realpath -s "$mpicxx")
mpi=${mpicxx%/bin/*}
version=$("$python" -c 'from importlib.metadata import version; print(version("qiskit-aer"))')
wanted="$version with $mpicxx for $("$python" -VV), $(sha256sum <"$gangs" | cut -c1-8)"
if [[ -f $folder/built && $(<"$folder/built") == "$wanted" ]]; then
  echo "aer-mpi.sh: $folder/site is Aer $wanted already"
  exit 0
fi

missing=()
for pair in cblas.h=libopenblas-dev nlohmann/json.hpp=nlohmann-json3-dev spdlog/spdlog.h=libspdlog-dev; do
  echo "#include <${pair%%=*}>" | "${CXX:-c++}" -E -x c++ - >/dev/null 2>&1 || missing+=("${pair##*=}")
done
if ((${#missing[@]})); then
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    echo "aer-mpi.sh: headers are missing; on Debian and Ubuntu: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    { apt-get update -qq && apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null; }
fi

echo "aer-mpi.sh: building Aer $wanted: some minutes ..."
rm -rf "$folder"
mkdir -p "$folder"
"$python" -m venv "$folder/tools"
pip=("$folder/tools/bin/python" -m pip --disable-pip-version-check --quiet)
"${pip[@]}" install 'setuptools<81' 'scikit-build>=0.11' wheel cmake ninja 'pybind11>=3' numpy
export DISABLE_CONAN=ON CMAKE_BUILD_PARALLEL_LEVEL="${JOBS:-$(nproc)}"
export PATH="$folder/tools/bin:$PATH"
quoted=$(printf '%q' "$gangs")
export CXXFLAGS="${CXXFLAGS:-} -include $quoted"
export CMAKE_ARGS="-DAER_MPI=True -DDISABLE_CONAN=ON -DMPI_CXX_COMPILER=$mpicxx \
 -DMPI_C_COMPILER=${mpicxx%cxx}cc -DCMAKE_INSTALL_RPATH=$mpi/lib"
"${pip[@]}" wheel --no-deps --no-build-isolation --no-binary qiskit-aer --no-cache-dir \
  --wheel-dir "$folder/wheel" "qiskit-aer==$version"
"${pip[@]}" install --no-deps --target "$folder/site" "$folder"/wheel/*.whl
rm -rf "$folder/tools"
PYTHONPATH=$folder/site "$python" -c 'import qiskit_aer' # it starts MPI: a wrong one would fail here
echo "$wanted" >"$folder/built"
echo "aer-mpi.sh: built. PYTHONPATH=$folder/site mpirun -n 4 shoal run SWEEP.toml --executor mpi"
