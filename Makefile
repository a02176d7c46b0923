# Two commands matter: `make demo` runs the whole platform on real data, `make test` runs every check.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
UV := $(VENV)/bootstrap/bin/uv
# where pip is told to look first (a CPU build of torch, say), uv looks too
FIND_LINKS = $(shell $(PYTHON) -m pip config get global.find-links 2>/dev/null || $(PYTHON) -m pip config get :env:.find-links 2>/dev/null)
UV_FLAGS = $(foreach place,$(PIP_FIND_LINKS) $(FIND_LINKS),--find-links $(place))

export BENTOML_DO_NOT_TRACK := True
export DO_NOT_TRACK := 1
export TOKENIZERS_PARALLELISM := false
export HF_HUB_DISABLE_TELEMETRY := 1

.PHONY: help demo test test-slow lint env lock lock-serving system bench clean distclean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: env ## install, run the whole loop on a year of shop data, serve (SERVE=0: stop after printing)
	@exec $(BIN)/zhiyin demo

# One worker begins with the DAGs' tests, the longest, of which one Airflow runs at a time. Servers, browsers and
# clocks are real: what failed while others ran is run once more by itself, and failing again fails the build.
test: env system lint ## install and run every check
	@export TMPDIR=$$(scripts/test-folder); \
	$(BIN)/python -m pytest -m "not slow" -n 2 --no-loadscope-reorder --durations 40 || { \
		status=$$?; test $$status = 1 || exit $$status; \
		echo "What failed, once more by itself: a test that passes now failed beside others, and is to be mended."; \
		$(BIN)/python -m pytest -m "not slow" --last-failed --last-failed-no-failures none; }

test-slow: env system ## the tests that take minutes
	TMPDIR=$$(scripts/test-folder) $(BIN)/python -m pytest -m slow

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

env: $(VENV)/.installed ## the Python environment, from requirements.lock

$(VENV)/.installed: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Zhiyin needs Python 3.11: install it, or name it with PYTHON=..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV)/bootstrap && $(VENV)/bootstrap/bin/pip install -q uv; }
	$(UV) pip sync -q --compile-bytecode --python $(BIN)/python $(UV_FLAGS) requirements.lock
	$(UV) pip install -q --offline --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

lock: ## resolve requirements.lock anew from pyproject.toml
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV)/bootstrap && $(VENV)/bootstrap/bin/pip install -q uv; }
	@sed -i '/^torch==/d' requirements.lock  # else its bare version is preferred to the CPU build's
	$(UV) pip compile pyproject.toml -q --all-extras --python-version 3.11 --no-annotate --no-header \
		--no-emit-index-url --no-emit-find-links $(UV_FLAGS) -o requirements.lock
	@sed -i -E 's/^(torch==[^+]+)\+cpu/\1/' requirements.lock
	@$(MAKE) lock-serving

lock-serving: env ## the part of requirements.lock that a Bento needs
	PYTHONPATH=. $(BIN)/python scripts/serving_lock.py

system: ## PostgreSQL, Redis and chromium for the tests, by apt-get where that's possible
	@scripts/system-packages

bench: env ## run every benchmark and write the tables of docs/
	$(BIN)/python -m benchmarks.all

clean: ## forget all data, models and reports
	rm -rf "$${ZHIYIN_HOME:-var}"

distclean: clean
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
