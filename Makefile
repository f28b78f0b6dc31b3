# Everything a person does with this project, one word each. `make` alone lists them.
# Needs only Python 3.11 or newer with its venv module; nothing is installed outside this folder.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNNER := $(BIN)/runner
# Hashes are required and nothing is compiled here: what is installed is byte for byte what was locked.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:
PYTEST_WORKERS ?= 2
JOB ?=

# Files in .venv that say what is installed; each is older than what it was made from when that has changed.
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
BENCH_VENV := benchmarks/data/.venv
BENCH_STAMP := $(BENCH_VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test check plan run serve bench lint docs lock

help: ## list these targets
	@echo "make TARGET, where TARGET is one of"
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-8s %s\n", $$1, $$2}' Makefile
	@echo "PYTHON=/path/to/python3.12 chooses the Python that .venv is made with."

setup: $(STAMP) ## make .venv/ with .venv/bin/runner (safe to repeat)

$(STAMP): requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh deploy/make_venv.sh $(VENV)
	@echo "Installing the locked packages into $(VENV) ..."
	@$(PIP_INSTALL) -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
	@echo "Ready: $(RUNNER)"

$(DEV_STAMP): $(STAMP) requirements-dev.lock
	@echo "Installing the test tools into $(VENV) ..."
	@$(PIP_INSTALL) -r requirements-dev.lock
	@touch $@

demo: $(STAMP) ## set up, run the demo district through two nights, print where its summaries are
	@$(BIN)/python -m jobs.demo.generator.nights --runner $(RUNNER)

test: $(DEV_STAMP) ## set up and run all tests
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadgroup $(PYTEST_ARGS)

check: $(STAMP) ## every problem of every district and job file
	@$(RUNNER) check

plan: $(STAMP) ## dry run of JOB=district/job, or of all enabled jobs
	@$(BIN)/python -m deploy.plan_jobs $(JOB)

run: $(STAMP) ## run JOB=district/job now
	@test -n "$(JOB)" || { echo "Say which job: make run JOB=demo/students" >&2; exit 64; }
	@$(RUNNER) run $(JOB)

serve: $(STAMP) ## the daemon: runs each job at its time until stopped
	@$(RUNNER) serve

bench: $(STAMP) $(BENCH_STAMP) ## measure ours and the peers, write docs/performance.md (QUICK=1: 100,000 rows, two minutes; EVERYTHING=1: growth as well)
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(BENCH_ARGS)
	@$(if $(QUICK),,$(BIN)/python -m benchmarks.policy)
	@$(if $(EVERYTHING),set -e; for part in moves districts growth; do $(BIN)/python -m benchmarks.$$part; done)

$(BENCH_STAMP): requirements-bench.lock
	@PYTHON="$(PYTHON)" sh deploy/make_venv.sh $(BENCH_VENV)
	@echo "Installing the peers (DuckDB, pandas, dlt) into $(BENCH_VENV) ..."
	@$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-bench.lock
	@touch $@

lint: $(DEV_STAMP) ## style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: $(STAMP) ## write the generated pages again (job reference, messages)
	@$(BIN)/python -m docs.tools.make_docs

lock: ## choose newer versions of everything and write the lock files (needs uv)
	@sh deploy/lock.sh
