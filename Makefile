# `make demo` and `make test` do all set-up by themselves; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
COLLECTION := collections/ansible_collections/slipway/deploy
# Set-up links the commands for later; the recipes do not depend on the caller's PATH, settings or Python.
VENV := $(CURDIR)/.venv/bin
IN_VENV := env -u PYTHONPATH -u PYTHONHOME PATH="$(VENV):$$PATH"

.PHONY: help setup demo demo-stop test check lint unit fmt collection bench lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install system packages and the Python environment (the others call it)
	@scripts/setup.sh

demo: setup ## Start the sandbox and deploy twelve services to it
	@$(IN_VENV) scripts/demo.sh

demo-stop: setup ## Stop the sandbox of the demo
	@$(IN_VENV) python -m sandbox down

test: ## Every test; PART="lint e2e/drift molecule" runs parts of them, an unknown PART lists all
	@scripts/setup.sh clients
	@$(IN_VENV) scripts/test.py $(PART)

check: setup ## The fast part: lint and unit tests
	@$(MAKE) --no-print-directory -j2 --keep-going --output-sync=target lint unit

lint: setup ## ruff, mypy, import-linter, yamllint, changelog fragments
	@$(IN_VENV) scripts/lint.sh
	@$(IN_VENV) scripts/changelog.sh

unit: setup ## Unit tests of the collection
	@cd $(COLLECTION) && $(IN_VENV) python -m pytest -q -n auto

fmt: setup ## Format the Python files
	@$(IN_VENV) ruff format
	@$(IN_VENV) ruff check --fix

collection: setup ## Build the collection with its roles and playbooks into .run/collection
	@$(IN_VENV) scripts/collection.sh

bench: setup ## Measure, against an empty run and the scheduling floor, and print a table
	@$(IN_VENV) python -m tests.bench

lock: setup ## Resolve pyproject.toml's ranges into the two lock files
	@scripts/lock.sh

clean: demo-stop ## Stop the sandbox and remove everything that is not in git
	@scripts/hosts.sh remove
	@git clean -qfdX
