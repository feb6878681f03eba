# The first Python that is new enough; PY=/path/to/python3 chooses another.
PY ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
STAMP := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup run token import emulators trace test test-long smoke contract check lock fmt bench clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: $(STAMP) ## make .venv with everything that running and testing need

$(STAMP): requirements-lock.txt
	@test -n "$(PY)" || { echo "Libro needs Python 3.11 or later; none was found."; exit 1; }
	@echo "Setting up .venv (once, about a minute) ..."
	@$(PY) -m venv --clear .venv && $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $< && touch $@

run: setup ## start everything on this machine, with demo data: http://127.0.0.1:7071/api/docs
	@$(BIN)/python -m local serve --demo $(ARGS)

token: setup ## print a token to try; ARGS="--role Employee --legal-entity USRT --worker 000160 --store HOUSTON"
	@$(BIN)/python -m local token $(or $(ARGS),--role Administrator --legal-entity USRT)

import: setup ## load customers from a file; ARGS="FILE.jsonl.gz --legal-entity USRT --store HOUSTON"
	@$(BIN)/python -m local import $(ARGS)

emulators: setup ## start Microsoft's emulators with our queues and containers; needs Docker and ACCEPT_EULA=Y
	@$(BIN)/python -m local emulators --write
	@docker compose up --detach && $(BIN)/python -m local emulators --wait --seed

trace: setup ## show one asynchronous creation, hop by hop, with what each took
	@$(BIN)/python -m local trace

# Tests wait half of their time, so three processes share two cores, each with data and ports of its
# own; ARGS run in one process.
SPREAD = -n $(shell $(PY) -c 'import os; print((os.cpu_count() or 2) * 3 // 2)') --dist worksteal
BROKER := tests/doubles/servicebus

test: setup ## run the tests, those of the API on both stores; ARGS="tests/customers -k phone"
	@$(BIN)/python -m pytest -q $(or $(ARGS),$(SPREAD) tests)
	@test -n "$(ARGS)" || $(BIN)/python -m pytest -q $(SPREAD) tests --store=cosmos --as-azure
	@test -n "$(ARGS)" || $(BIN)/python -m pytest -q -n 8 -c $(BROKER)/pytest.ini --rootdir . $(BROKER)

test-long: setup ## run the same tests at a larger size, for an hour or more; ARGS="tests/clienteling"
	@$(BIN)/python -m pytest -q --long $(SPREAD) $(or $(ARGS),tests)

smoke: setup ## ask a deployed app twenty things, and clean up: URL=... TOKEN=... [ADMIN_TOKEN=...]
	@TOKEN="$(TOKEN)" ADMIN_TOKEN="$(ADMIN_TOKEN)" $(BIN)/python -m tools.smoke "$(URL)" $(ARGS)

contract: setup ## hold the Cosmos DB account, or the emulator, that the environment names to the contract
	@$(BIN)/python -m pytest -q tests/contracts --account

check: setup ## lint, types, arrows, dead code, conventions and infra; BICEP=... names a compiler
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy && $(BIN)/lint-imports
	@$(BIN)/python tools/dead_code.py
	@$(BIN)/python -m pytest -q -rs tests/test_conventions.py tests/infra

# Azure gets the versions of the lock, for the one Python it runs there: see docs/decisions/0027.
LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-annotate --custom-compile-command "make lock" $(ARGS)

lock: setup ## pin what requirements.in and -dev.in need; ARGS=--upgrade takes newer versions
	@$(LOCK) --universal --python-version 3.11 requirements-dev.in --output-file requirements-lock.txt
	@$(LOCK) --python-version 3.13 --python-platform linux --constraints requirements-lock.txt \
		requirements.in --output-file requirements.txt

fmt: setup ## format, and mend what can be mended by itself
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: setup ## measure, one JSON line per operation; ARGS="--quick"
	@$(BIN)/python -m bench $(ARGS)

clean: ## forget .venv and the local data
	rm -rf .venv .local
