# Each target first sets up its own environment in .venv: once, and again when pyproject.toml or constraints.txt change.
# Needed beforehand: Python 3.11 or newer (with venv), git, make.

SHELL := /bin/sh
BIN := .venv/bin
READY := .venv/.ready
PYTEST_ARGS ?=
# One process more than there are processors, for some tests wait; what PYTEST_ARGS chooses is run by one, which
# starts sooner. tests/sharing.py says who gets which tests.
PROCESSES ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n < 8 ? n + 1 : 8)))
PYTEST = $(BIN)/python -m pytest $(or $(PYTEST_ARGS),-n $(PROCESSES) --dist loadgroup --no-loadscope-reorder)

.PHONY: help demo test test-engines check format bench lock clean

help:
	@echo "make demo     draft a recorded outage, offline, into reports/"
	@echo "make test     run the tests; those that need a server that is not here are skipped by name"
	@echo "make test-engines  the same outage drafted from Prometheus 3, Thanos and Mimir, which are built first (needs Go)"
	@echo "make check    formatting, lint, types, import contracts, tests"
	@echo "make format   put the code into the house's form"
	@echo "make bench    measure detection and the whole flow"
	@echo "make lock     choose new versions of everything and write constraints.txt"
	@echo "make clean    remove the environment and the caches, never a report"

demo: $(READY)
	@$(BIN)/incident-timeline demo

test: $(READY)
	@$(PYTEST)

# The servers are built from their Go modules into .cache/engines: a quarter of an hour, once.
test-engines: $(READY)
	$(BIN)/python -m tests.engines.modules
	$(BIN)/python -m pytest -q tests/engines/built_engines.py tests/engines/test_engines_debian.py $(PYTEST_ARGS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(PYTEST)

format: $(READY)
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(READY)
	@set -e; for bench in tests/bench/*_bench.py; do \
	  name=$${bench#tests/bench/}; echo "== $${name%.py}"; $(BIN)/python -m tests.bench.$${name%.py}; done

# The versions tested first, then whatever newer one the machine calls python3.
$(READY): pyproject.toml constraints.txt
	@set -e; found=; for python in python3.13 python3.12 python3.11 python3 python; do \
	  if $$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	  then found=$$python; break; fi; done; \
	if [ -z "$$found" ]; then \
	  echo "no Python 3.11 or newer with venv was found; install one (Debian: apt install python3-venv) and run make again" >&2; \
	  exit 1; fi; \
	echo "setting up .venv with $$($$found --version); this happens once and takes about a minute" >&2; \
	$$found -m venv --clear .venv; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r constraints.txt; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .; \
	touch $(READY)

# With the oldest Python we support, so that the versions chosen serve all of them.
lock:
	@set -e; mkdir -p .cache; python3.11 -m venv --clear .cache/lock; \
	.cache/lock/bin/python -m pip install --quiet --disable-pip-version-check pip-tools; \
	.cache/lock/bin/python -m piptools compile --quiet --extra dev --generate-hashes --allow-unsafe \
	  --strip-extras --no-header \
	  --output-file .cache/lock/constraints.txt pyproject.toml; \
	{ echo "# Every package of the environment with the digests of its files. Written by: make lock"; \
	  grep -v '^--' .cache/lock/constraints.txt; } > constraints.txt; \
	echo "constraints.txt is new; run make check"

clean:
	rm -rf .venv .cache build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
