# Each target is one portable command; on Windows use the conda commands of the README instead.
PYTHON ?= python3
BIN := .venv/bin
# Dozens of kernels and commands import the package anew, and every worker its tests: what was compiled is kept.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help pack live workshop test long slow lessons lab check strip bench clean
help:            ## what there is
	@grep -E '^[a-z]+: .*##|^[a-z]+:  +##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.venv/kit: pyproject.toml requirements.lock
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'pmo_kit needs Python 3.11 or newer: make PYTHON=python3.11 ...')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable .
	@touch $@

.venv/dev: .venv/kit
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable ".[dev]"
	@touch $@

pack: .venv/kit            ## committee packs of every shipped register, in build/packs
	$(BIN)/pmo-kit pack --all

live: .venv/kit            ## the solver of pages that answer back, from npm, if it is the pinned one
	$(BIN)/python -c "import sys; from pmo_kit.packs.media.html import fetch; sys.exit(fetch())"

workshop: .venv/kit        ## lessons from their sources, facilitator guide in build/workshop
	$(BIN)/python -m pmo_kit.workshop.guide

lab: .venv/kit             ## JupyterLab on the notebooks
	$(BIN)/pmo-kit lab

# Three on two cores: while one waits for a browser or a kernel, two work.
test: .venv/dev            ## every fast test, some notebooks and a browser included
	$(BIN)/python -m pytest -n 3 --dist loadscope -m "not slow and not long"

long: .venv/dev            ## whole notebooks, packs and meetings, searches against trying all plans
	$(BIN)/python -m pytest -n 2 --dist loadscope -m "long and not slow"

slow: .venv/dev            ## the slow suites, with their counters
	EXAMPLES=4 $(BIN)/python -m pytest -s -m "slow or hypothesis"

lessons: .venv/dev         ## workshop solutions with their numbers, the half day walked through in JupyterLab
	$(BIN)/python -m pytest -n 2 --dist loadscope -m slow tests/workshop

check: .venv/dev           ## style, types, layers
	$(BIN)/python tests/static_checks.py

strip: .venv/dev           ## notebooks as they are committed
	$(BIN)/python tests/notebooks/strip.py

bench: .venv/dev           ## measured claims, against peers in the same run
	$(BIN)/python -m tests.bench

clean:           ## forget what was built
	rm -rf build dist
