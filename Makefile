# Shoal's commands: `make help` lists them, CONTRIBUTING.md says when to use which.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
PYTHON ?= python3
ARGS ?=
PYTEST_ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTEST := $(BIN)/pytest
SHELL_FILES = $(shell git ls-files -- '*.sh' '*.bash' '*.sbatch' .ci/run)

.PHONY: help run test lint types contracts shell wheel check docs-test statistics chaos \
        conformance bench aer-mpi install install-test install-dev install-conformance install-bench clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

run: install ## install, then run the main job: the dissociation curve of H2 on a Ray cluster
	$(BIN)/shoal run configs/h2_dissociation.toml $(ARGS)

test: install-test ## install with the test extras, then pass every test (PYTEST_ARGS=...)
	$(PYTEST) $(PYTEST_ARGS)

lint: install-dev ## ruff: style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-dev ## mypy, strict, over the package
	$(BIN)/mypy

contracts: install-dev ## import-linter: the floors, and what each may import
	$(BIN)/lint-imports

shell: install-dev ## shellcheck over every shell file
	$(BIN)/shellcheck $(SHELL_FILES)

wheel: install-dev ## build dist/, and install the wheel alone and look into it
	rm -rf dist build/wheel-venv
	$(BIN)/python -m build --outdir dist
	$(PYTHON) -m venv build/wheel-venv
	build/wheel-venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps dist/*.whl
	build/wheel-venv/bin/python -I -c 'import importlib.resources as r, shoal; \
	  print("wheel:", shoal.__version__, *sorted(f.name for f in r.files("shoal.configs").iterdir() if f.name[0] != "_"))'
	rm -rf build/wheel-venv

check: lint types contracts shell wheel test ## everything that a pull request must pass

docs-test: install-test ## the snippets of README and docs, and the doctests of the package
	$(PYTEST) tests/test_docs.py src/shoal $(PYTEST_ARGS)

statistics: install-test ## long statistical checks of estimates and error bars
	$(PYTEST) -m statistics --timeout 3600 $(PYTEST_ARGS)

chaos: install-test ## processes killed at random, for minutes
	$(PYTEST) -m chaos --timeout 3600 $(PYTEST_ARGS)

conformance: install-conformance ## the peers' own tests, with our classes in the place of theirs
	$(BIN)/python -m conformance $(ARGS)

bench: install-bench ## Shoal beside its peers, timed in turn, values checked (ARGS=--small)
	$(BIN)/python -m benchmarks.peers $(ARGS)

aer-mpi: install-test ## Qiskit Aer with MPI (MPI=pypi or system), into build/aer-mpi: some minutes (docs/mpi.md)
	PYTHON=$(BIN)/python MPI=$(MPI) bash src/shoal/cluster/aer-mpi.sh build/aer-mpi

clean: ## remove builds, caches and the virtual environment
	rm -rf build dist .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests conformance -name __pycache__ -type d -prune -exec rm -rf {} +
	if [ -f $(VENV)/.made-by-make ]; then rm -rf $(VENV); fi

install: $(VENV)/.installed ## the virtual environment, with what a user needs
install-test: $(VENV)/.installed-test ## ... with the test extras
install-dev: $(VENV)/.installed-dev ## ... with a maintainer's tools
install-conformance: $(VENV)/.installed-conformance ## ... with what the peers' tests import
install-bench: $(VENV)/.installed-bench ## ... with the peers themselves

$(VENV)/.made-by-make:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: $(PYTHON) is not Python 3.11 or newer; say which is: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "make: $(PYTHON) cannot make virtual environments; install its venv module (Debian, Ubuntu: python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml | $(VENV)/.made-by-make
	@echo "Installing Shoal and what it needs into $(VENV): some minutes, 1.1 GB ..."
	$(PIP) --editable .
	@$(BIN)/shoal doctor --warm
	@touch $@

$(VENV)/.installed-test: pyproject.toml | $(VENV)/.made-by-make
	@echo "Installing Shoal and its test extras into $(VENV): some minutes, 1.1 GB ..."
	$(PIP) --editable '.[test]'
	@$(BIN)/shoal doctor --warm
	@touch $(VENV)/.installed $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/.made-by-make
	@echo "Installing Shoal and its maintainers' tools into $(VENV) ..."
	$(PIP) --editable '.[dev]'
	@touch $(VENV)/.installed $(VENV)/.installed-test $@

$(VENV)/.installed-conformance: pyproject.toml | $(VENV)/.made-by-make
	$(PIP) --editable '.[conformance]'
	@touch $(VENV)/.installed $(VENV)/.installed-test $@

$(VENV)/.installed-bench: pyproject.toml | $(VENV)/.made-by-make
	$(PIP) --editable '.[bench]'
	@$(BIN)/shoal doctor --warm
	@touch $(VENV)/.installed $(VENV)/.installed-test $@
