# Requires Python 3.11 or newer and make. Everything else is installed into .venv from the locks.
#
#   PYTHON=python3.13 make test        use another Python
#   OKR_PORT=9000 make run             use another port
#   make test TESTS=tests/scoring      run some of the tests
#   make test WORKERS=1                set the number of processes; the default is one per core

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TESTS  ?=
WORKERS ?= logical
HADOLINT := $(BIN)/hadolint

# Install exactly what is locked: hashes are required, nothing is resolved or compiled.
# -qq shows errors only; the machine's own package index and proxy settings are used.
PIP     := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCKED  := --no-deps --only-binary :all: --require-hashes
# The project itself is installed last, with the locked build backend and without dependencies.
PROJECT := --no-deps --no-build-isolation --editable .

.DEFAULT_GOAL := help
.PHONY: help run test check schema bench import-full histories reads attack graphiql lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(VENV)/run.stamp ## serve a demo organisation in mid-quarter with GraphiQL and a token, on 127.0.0.1:8000 (OKR_PORT)
	@$(BIN)/okr-api demo --host 127.0.0.1 --port "$${OKR_PORT:-8000}"

# Run tests in parallel processes, each with its own PostgreSQL; idle processes take tests from the others.
# Bytecode is always written, because hundreds of processes would otherwise compile the same modules again.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

test: $(VENV)/dev.stamp ## run every test on PostgreSQL 18, and the SQL tests on 16 too; both are installed into .venv
	@$(PYTEST) $(TESTS)
ifeq ($(TESTS),)
	@echo "SQL tests again, on PostgreSQL 16:"
	@OKR_TEST_POSTGRES=16 OKR_TEST_OPERATIONS=60 $(PYTEST) tests/store --ignore tests/store/embedded \
	    tests/pubsub tests/auth tests/services/test_check_ins.py \
	    tests/query_engine/test_against_naive.py tests/graphql/test_reading.py
endif

# ── Checks ───────────────────────────────────────────────────────────────────────────────────────────────────────
# Each prints one line, and its output only on failure. All run, even after one has failed, two at a time.
# (That migrations and tables match is checked by a test: tests/store/test_migrations.py.)

INTERCHANGE := docs/interchange-1.schema.json
MAPPING := docs/mapping-1.schema.json
# The longest first.
CHECKS := check-types check-schema-lint check-schema check-imports check-lint check-format check-docker
.PHONY: $(CHECKS)

check: ## run all other checks: format, lint, imports, types, schema and its linters, Dockerfile
	@$(MAKE) --no-print-directory --keep-going --jobs 2 $(CHECKS) && echo "All checks passed."

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
	$(call passes,imports: import-linter,$(BIN)/lint-imports --no-cache)
check-types:
	$(call passes,types: mypy strict,$(BIN)/mypy)
check-schema:
	$(call passes,schema: schema.graphql matches the code,$(BIN)/okr-api schema | diff -u schema.graphql -)
	$(call passes,schema: $(INTERCHANGE) matches the code,$(BIN)/okr-api schema --interchange | diff -u $(INTERCHANGE) -)
	$(call passes,schema: $(MAPPING) matches the code,$(BIN)/okr-api schema --mapping | diff -u $(MAPPING) -)
check-schema-lint:
	@said=$$($(BIN)/python -m tools.schema_lint 2>&1); case $$? in \
	0) printf '  ok      %s\n' 'schema lint: graphql-eslint, graphql-schema-linter, graphql-inspector' ;; \
	3) printf '  LEFT OUT  %s\n%s\n' 'schema lint: npm cannot install the linters here' "$$said" ;; \
	*) printf '  FAILED  %s\n%s\n\n' 'schema lint' "$$said"; exit 1 ;; esac
check-docker:
	$(call passes,Dockerfile: hadolint,$(HADOLINT) Dockerfile)

# ── Generated files and measurements ─────────────────────────────────────────────────────────────────────────────

schema: $(VENV)/run.stamp ## generate schema.graphql and the JSON Schema of files from the code
	@$(BIN)/okr-api schema > $(VENV)/schema.graphql && mv $(VENV)/schema.graphql schema.graphql
	@$(BIN)/okr-api schema --interchange > $(VENV)/schema.json && mv $(VENV)/schema.json $(INTERCHANGE)
	@$(BIN)/okr-api schema --mapping > $(VENV)/mapping.json && mv $(VENV)/mapping.json $(MAPPING)

# Downloads its tools (PostGraphile, wrk) into .bench; the first run takes longer.
BENCH ?=
bench: $(VENV)/dev.stamp ## run the benchmark of docs/performance.md; needs an idle machine (BENCH="--quick --only Q1,M1")
	@$(BIN)/python -m bench $(BENCH)

import-full: $(VENV)/dev.stamp ## export and import 10,000 objectives with 315,000 check-ins; print times and memory
	@OKR_TEST_IMPORT=full $(PYTEST) -n 0 -s -o faulthandler_timeout=3600 tests/cli/test_large_imports.py

# One of the tests is the short form. A seed that it prints is tried again with OKR_TEST_CADENCE_SEED=….
MINUTES ?= 60
histories: $(VENV)/dev.stamp ## run random histories of cadences, the clock, reviews and the past, each for an hour (MINUTES=20)
	@OKR_TEST_CADENCE_MINUTES=$(MINUTES) $(PYTEST) -n 0 -s -o faulthandler_timeout=36000 \
	    tests/services/clock/test_cadence_histories.py tests/services/test_review_histories.py \
	    tests/services/test_past_histories.py tests/graphql/test_as_of_replays.py

# The tests ask a third of the pairs.
reads: $(VENV)/dev.stamp ## run all pairs of root fields, each for many callers at once
	@OKR_TEST_READS=full $(PYTEST) tests/query_engine/test_concurrent_reads.py

# tests/attack is the short form. --server-from=DIR attacks the server of another working copy.
ATTACK ?=
attack: $(VENV)/dev.stamp ## run every known attack on a dedicated server, beside honest clients (ATTACK="--quick --only 8,13")
	@$(BIN)/python -m attack $(ATTACK)

graphiql: ## build the packaged GraphiQL page from graphiql/ (needs Node and npm)
	@cd graphiql && npm ci && npm run build

# LOCK=--upgrade updates everything to its newest release; without it, only what pyproject.toml requires changes.
LOCK ?=
UV   := $(BIN)/uv --no-config pip compile --quiet $(LOCK) --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --custom-compile-command "make lock"

lock: $(VENV)/bin/python ## generate requirements/*.txt from pyproject.toml: versions and hashes, no index URLs
	@$(PIP) install --upgrade uv
	@$(UV) --group build --output-file requirements/build.txt
	@$(UV) pyproject.toml --extra embedded --extra mcp --output-file requirements/run.txt
	@$(UV) pyproject.toml --extra embedded --extra mcp --group dev --group build --output-file requirements/dev.txt \
	    --constraint requirements/run.txt --constraint requirements/build.txt
	@$(UV) examples/ariadne-codegen/requirements.in --output-file examples/ariadne-codegen/requirements.txt

clean: ## delete .venv and all caches (keeps the demo's database in .okr)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# ── The virtual environment ──────────────────────────────────────────────────────────────────────────────────────
# A stamp is newer than the locks it was installed from; a change of a lock or of pyproject.toml reinstalls.

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
	@echo "Installing the tools for tests and checks …"
	@$(PIP) install $(LOCKED) -r requirements/dev.txt
	@touch $@
