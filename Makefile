# Kontor. Everything a machine lacks is installed on the way; what has not changed is skipped.
# PYTHON=python3.12 chooses another Python, PORT=8010 another port, ARGS="…" goes to the tool.

PYTHON ?= python3
HERE   := $(shell dirname "$(strip $(MAKEFILE_LIST))")
SETUP  := exec $(PYTHON) "$(HERE)/deploy/setup.py"

.PHONY: help run demo test test-fast check translations bench clean
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' "$(HERE)/Makefile" | expand -t 20

run: ## install what is missing, start everything on http://127.0.0.1:8000
	@$(SETUP) run

demo: ## prepare the database with the demo organisation, print its sign-in
	@$(SETUP) demo

test: ## every test, with real PostgreSQL, Redis, Chromium, Docker and a Minecraft client
	@$(SETUP) test $(ARGS)

test-fast: ## the inner loop, below a minute
	@$(SETUP) test-fast $(ARGS)

check: ## ruff, mypy, import rules, translations, migrations
	@$(SETUP) check $(ARGS)

translations: ## bring new sentences into the English catalogue, name those not translated
	@$(SETUP) translations

bench: ## the measurements in benchmarks/, each prints a table
	@$(SETUP) bench $(ARGS)

clean: ## remove the environment and what tools cached; your data in var/ stays
	@rm -rf "$(HERE)/.venv" "$(HERE)/.mypy_cache" "$(HERE)/.ruff_cache" "$(HERE)/.pytest_cache" "$(HERE)/.hypothesis"
