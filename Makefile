# Every target runs on a fresh machine that has Python 3.11 or newer, and make.
PYTHON ?= python3
CONTEXT ?= pipeline_context.json
VENV := .venv
BIN := $(VENV)/bin
NOTEBOOK := epoch005-model-development/notebooks/model_training.ipynb
SIDE_BY_SIDE := -n 2 --dist loadfile --no-loadscope-reorder  # whole files, so that what a file shares is made once
READY := $(VENV)/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup check run all train tune evaluate test test-quick test-all lint format notebook ui clean

help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  Variables: CONTEXT=path/to/pipeline_context.json  BUDGET=seconds  TIMEOUT=seconds of phase 2 (else the context's time_budget_s, else no limit)  PYTHON=python3.12"

setup: $(READY) ## create the environment in .venv (5 GB, some minutes)

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than Python 3.11. Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	@echo "Creating the environment in $(VENV) (some minutes) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet -r requirements.txt
	@$(BIN)/python -m pip install --quiet --no-deps -e .
	@touch $@

check: $(READY) ## read, split and check the table of CONTEXT, without training
	@$(BIN)/model-development check --context "$(CONTEXT)"

run: $(READY) ## all phases on CONTEXT; with BUDGET phases 1 and 2 within so many seconds
ifdef BUDGET
	@$(BIN)/model-development run --context "$(CONTEXT)" --budget "$(BUDGET)"
else
	@$(MAKE) --no-print-directory -j1 train tune evaluate
endif

all: $(READY) ## all eight stages, from the problem to the package; BUDGET: seconds for training and tuning
	@$(BIN)/model-development workflow --context "$(CONTEXT)" $(if $(BUDGET),--budget "$(BUDGET)")

train: $(READY) ## phase 1: the notebook, by papermill
	@$(BIN)/model-development train --context "$(CONTEXT)"

tune: $(READY) ## phase 2: tune the best model of phase 1
	@$(BIN)/model-development tune --context "$(CONTEXT)" $(if $(TIMEOUT),--timeout "$(TIMEOUT)")

evaluate: $(READY) ## phase 3: open the test rows once, evaluate, report
	@$(BIN)/model-development evaluate --context "$(CONTEXT)"

test-quick: $(READY) ## tests of single parts that take no quarter of a second each
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow and not whole"

test: $(READY) ## all tests but the slow ones
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-all: $(READY) ## all tests
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "slow or not slow"

lint: $(READY) ## check style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: $(READY) ## mend style
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

notebook: $(READY) ## open the notebook in JupyterLab
	@$(BIN)/jupyter lab $(NOTEBOOK)

ui: $(READY) ## open MLflow on the local store of CONTEXT
	@$(BIN)/mlflow ui --backend-store-uri \
		"$${MLFLOW_TRACKING_URI:-sqlite:///$${ARTIFACTS_DIR:-$$(cd "$$(dirname "$(CONTEXT)")" && pwd)/artifacts}/mlflow.db}"

clean: ## remove the environment; artifacts stay
	rm -rf $(VENV)
