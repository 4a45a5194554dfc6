# Everything this project needs is Python 3.11 or newer and make. The rest is installed into .venv from the locks.
#
#   PYTHON=python3.13 make test        another Python
#   OKR_PORT=9000 make run             another port
#   make test TESTS=tests/scoring      some of the tests
#   make test WORKERS=1                in so many processes; by default one for each core

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TESTS  ?=
WORKERS ?= logical
HADOLINT := $(BIN)/hadolint

# Hashes only, nothing resolved, nothing compiled: what is locked is what is installed.
# -qq leaves errors; the machine's own package index and proxy settings stay in force.
PIP     := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCKED  := --no-deps --only-binary :all: --require-hashes
# The project itself comes last, by the locked build backend, and brings nothing along.
PROJECT := --no-deps --no-build-isolation --editable .

.DEFAULT_GOAL := help
.PHONY: help run test check schema bench import-full attack graphiql lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(VENV)/run.stamp ## a demo organisation with a live quarter, GraphiQL and a token, on 127.0.0.1:8000 (OKR_PORT)
	@$(BIN)/okr-api demo --host 127.0.0.1 --port "$${OKR_PORT:-8000}"

# Processes that test at once, each with a PostgreSQL of its own; those that have run out of tests take some of the
# others'. Compiled modules are kept, whatever the environment says: hundreds of processes would compile them again.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

test: $(VENV)/dev.stamp ## every test on PostgreSQL 18, and what speaks to it on 16 too; both come with the install
	@$(PYTEST) $(TESTS)
ifeq ($(TESTS),)
	@echo "What is said in SQL once more, on PostgreSQL 16:"
	@OKR_TEST_POSTGRES=16 OKR_TEST_OPERATIONS=60 $(PYTEST) tests/store --ignore tests/store/embedded \
	    tests/pubsub tests/auth tests/services/test_check_ins.py \
	    tests/query_engine/test_against_naive.py tests/graphql/test_reading.py
endif

# ── Checks ───────────────────────────────────────────────────────────────────────────────────────────────────────
# Each prints one line, and what it found only where it found something. All run, also after one has failed.
# (That the migrations and the tables say the same is a test: tests/store/test_migrations.py.)

CHECKS := check-format check-lint check-imports check-types check-schema check-docker
.PHONY: $(CHECKS)

check: ## every check beside the tests: format, lint, imports, types, schema, Dockerfile
	@$(MAKE) --no-print-directory --keep-going $(CHECKS) && echo "All checks passed."

define passes
@if said=$$($(2) 2>&1); then printf '  ok      %s\n' '$(1)'; \
else printf '  FAILED  %s\n%s\n\n' '$(1)' "$$said"; exit 1; fi
endef

$(CHECKS): $(VENV)/dev.stamp

check-format:
	$(call passes,format: ruff format,$(BIN)/ruff format --check --quiet --diff .)
check-lint:
	$(call passes,lint: ruff check,$(BIN)/ruff check --quiet .)
check-imports:
	$(call passes,imports: arrows point one way,$(BIN)/lint-imports --no-cache)
check-types:
	$(call passes,types: mypy strict,$(BIN)/mypy)
check-schema:
	$(call passes,schema: schema.graphql is what the code says,$(BIN)/okr-api schema | diff -u schema.graphql -)
check-docker:
	$(call passes,Dockerfile: hadolint,$(HADOLINT) Dockerfile)

# ── What is generated ────────────────────────────────────────────────────────────────────────────────────────────

schema: $(VENV)/run.stamp ## schema.graphql, from the code
	@$(BIN)/okr-api schema > $(VENV)/schema.graphql && mv $(VENV)/schema.graphql schema.graphql

# What it compares with (PostGraphile, wrk) it fetches itself, into .bench; the first run takes longer.
BENCH ?=
bench: $(VENV)/dev.stamp ## the measurements of docs/performance.md, on a quiet machine (BENCH="--quick --only Q1,M1")
	@$(BIN)/python -m bench $(BENCH)

import-full: $(VENV)/dev.stamp ## an export of 10,000 objectives with 315,000 check-ins comes back, with times and memory
	@OKR_TEST_IMPORT=full $(PYTEST) -n 0 -s -o faulthandler_timeout=3600 tests/cli/test_large_imports.py

# The short form of it is a test: tests/attack. With --server-from=DIR the server of another working copy is attacked.
ATTACK ?=
attack: $(VENV)/dev.stamp ## every known attack on a server of its own, honest clients beside it (ATTACK="--quick --only 8,13")
	@$(BIN)/python -m attack $(ATTACK)

graphiql: ## the packaged GraphiQL page, from graphiql/ (needs Node and npm)
	@cd graphiql && npm ci && npm run build

# With LOCK=--upgrade everything moves to its newest release; without, only what pyproject.toml asks for.
LOCK ?=
UV   := $(BIN)/uv --no-config pip compile --quiet $(LOCK) --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --custom-compile-command "make lock"

lock: $(VENV)/bin/python ## requirements/*.txt from pyproject.toml: versions and hashes, without any address
	@$(PIP) install --upgrade uv
	@$(UV) --group build --output-file requirements/build.txt
	@$(UV) pyproject.toml --extra embedded --output-file requirements/run.txt
	@$(UV) pyproject.toml --extra embedded --group dev --group build --output-file requirements/dev.txt \
	    --constraint requirements/run.txt --constraint requirements/build.txt

clean: ## away with .venv and all caches (the demo's database under .okr stays)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# ── The environment ──────────────────────────────────────────────────────────────────────────────────────────────
# A stamp is newer than the locks it was installed from; a changed lock or pyproject.toml installs again.

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    found=$$($(PYTHON) --version 2>/dev/null) || found=missing; \
	    echo "okr-api needs Python 3.11 or newer; '$(PYTHON)' is $$found. Name another: make PYTHON=python3.13 …" >&2; \
	    exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "Python could not make a virtual environment (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }

$(VENV)/run.stamp: requirements/build.txt requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing into $(VENV) …"
	@$(PIP) install $(LOCKED) -r requirements/build.txt -r requirements/run.txt
	@$(PIP) install $(PROJECT)
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "Installing what tests and checks need …"
	@$(PIP) install $(LOCKED) -r requirements/dev.txt
	@touch $@
