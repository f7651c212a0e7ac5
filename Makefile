# Needs Python 3.11 or newer with venv (on Debian and Ubuntu: apt install python3-venv), make,
# and a package index that pip can reach. Everything is installed into .venv.

SHELL := /bin/sh
# The first of these that is really there and new enough; `make PYTHON=/path/to/python` chooses another.
PYTHON ?= $(shell for needs in venv,ensurepip sys; do for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c "import sys, $$needs; sys.exit(sys.version_info < (3, 11))" 2>/dev/null && echo $$p && exit; done; done)
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --quiet
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

.PHONY: help setup run demo test trust bench

help: ## list what make can do
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile

setup: $(INSTALLED) ## install what `make run` needs, and nothing else

run: $(INSTALLED) ## collect, and serve the public pages, on this machine
	@exec $(VENV)/bin/engaged run

demo: $(INSTALLED) ## an invented campaign to play with, on this machine, without any network
	@exec $(VENV)/bin/engaged demo

test: $(INSTALLED_DEV) ## formatter, linter, types, import contracts, all tests
	@./check

trust: $(INSTALLED_DEV) ## the long forms: kills, state machines
	@./check --trust

bench: $(INSTALLED_DEV) ## what is fast, beside peers
	@set -e; for file in $$(grep -l __main__ bench/*.py); do echo "$$file"; $(VENV)/bin/python "$$file"; done

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { \
		echo "Engaged needs Python 3.11 or newer, and none is here: install one, or say make PYTHON=/path/to/python." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module: install it (on Debian and Ubuntu: apt install python3-venv), then run make again." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# The stamps make pip run only when what is asked for has changed. --no-compile: Python compiles what
# it imports anyway, and most of what is installed is never imported.
$(INSTALLED): requirements.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing into $(VENV) …"
	@$(PIP) install --no-compile --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt $(INSTALLED)
	@echo "Installing what the tests need …"
	@$(PIP) install --no-compile --require-hashes -r requirements-dev.txt
	@touch $@
