# csdesk: the commands of a checkout. `make` lists them.
PYTHON ?= python3
# Extras of the development install; .ci/run adds `peers`.
EXTRAS ?= dev
# How many processes `make test` spreads the tests over: auto is one for each core, 0 runs them in one process.
WORKERS ?= auto

VENV := .venv
PY := $(VENV)/bin/python
DEV := $(VENV)/.installed-$(EXTRAS)

.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/sh
unexport PYTHONPATH PYTHONHOME
unexport PYTHONDONTWRITEBYTECODE # tests start many processes: each would compile csdesk anew
export PYTHONNOUSERSITE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test soak fmt format-check lint types layers docs check bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.installed-cli ## see a desk at work
	@$(PY) -m csdesk demo

test: $(DEV) ## run the tests (COV=1 adds branch coverage)
	$(PY) -m pytest -m "not soak" -n $(WORKERS) --maxprocesses=8 --dist worksteal $(if $(COV),--cov --cov-report=term)

soak: $(DEV) ## run the long tests
	$(PY) -m pytest -m soak --durations=0
	CSDESK_EXAMPLES=10 $(PY) -m pytest -m "not soak" -n $(WORKERS) --maxprocesses=8 tests/property tests/integration/trials

fmt: $(DEV) ## format the code and repair what can be repaired
	$(PY) -m ruff check --fix-only --quiet
	$(PY) -m ruff format

format-check: $(DEV) ## is the code formatted?
	$(PY) -m ruff format --check

lint: $(DEV) ## ruff
	$(PY) -m ruff check

types: $(DEV) ## mypy and pyright
	$(PY) -m mypy
	$(PY) -m mypy tests/typing/api.py
	$(PY) -m pyright --pythonpath $(PY)

layers: $(DEV) ## do imports point the right way?
	@$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()" --no-logo

docs: $(DEV) ## build docs/_build/html, warnings are errors
	$(PY) -m sphinx -q -W --keep-going -n -b html docs docs/_build/html

check: format-check lint types layers docs ## all of it, as in CI
	@$(MAKE) --no-print-directory test COV=1

bench: $(DEV) ## run the benchmarks
	@$(PY) -m benchmarks

clean: ## remove what these commands made
	rm -rf $(VENV) docs/_build docs/reference/api .coverage htmlcov build dist
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests docs -name __pycache__ -prune -exec rm -rf {} +

# A stamp is newer than pyproject.toml when the environment is up to date. Both installs are editable, so that `make demo`
# never leaves an old copy behind for `make test`.
$(VENV)/.created:
	@command -v $(PYTHON) >/dev/null || { echo "csdesk: no '$(PYTHON)' here: install python3 (3.11 or newer), or name one: make PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "csdesk: $(PYTHON) is older than Python 3.11: install python3.11 or newer, or name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "csdesk: $(PYTHON) cannot make virtual environments: install python3-venv"; exit 1; }
	@rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed-%: pyproject.toml $(VENV)/.created
	$(PY) -m pip install -qq --editable '.[$*]'
	@touch $@
