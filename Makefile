# make run    install what is missing, open the page on the demo data (DATA=/path/to/dataset for your own)
# make test   install what is missing, run the whole test suite
# make lint   ruff, mypy, import-linter
# make parity the FLAME layer against smplx, lip vertex error against torchmetrics (torch in an environment of its own)
# make ray    jobs on a Ray cluster of one machine (Ray in an environment of its own)
# make bench  every benchmark behind a number in the README

PYTHON ?= python3
DATA ?=
ARGS ?=

VENV := .venv
PARITY := .venv-parity
RAY := .venv-ray
BENCHMARKS := $(filter-out benchmarks/naive_pipeline.py benchmarks/make_replica.py, $(wildcard benchmarks/*.py))
PIP := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: run test lint parity ray bench system system-test clean
.DEFAULT_GOAL := run

run: system $(VENV)/run.stamp
	exec $(VENV)/bin/python app.py $(if $(DATA),"$(DATA)") $(ARGS)

test: system-test $(VENV)/dev.stamp
	$(VENV)/bin/python -m pytest -m "not parity and not ray" -n auto --maxprocesses 4 --dist loadfile $(ARGS)

lint: $(VENV)/dev.stamp
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

parity: system $(PARITY)/parity.stamp
	$(PARITY)/bin/python -m pytest -m parity tests/parity $(ARGS)

ray: system $(RAY)/ray.stamp
	$(RAY)/bin/python -m pytest -m ray tests/jobs $(ARGS)

bench: system $(PARITY)/parity.stamp
	@for script in $(BENCHMARKS); do echo "== $$script"; $(PARITY)/bin/python "$$script" || exit 1; done

system:
	@tools/need-packages libegl1 libgl1 libgl1-mesa-dri
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: Python 3.11 or newer is needed; name it with PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || tools/need-packages python3-venv

system-test: system
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || tools/need-packages chromium

$(VENV)/run.stamp: requirements.txt constraints.txt | system
	@echo "Installing Python packages into $(VENV) (about a minute)"
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python $(PIP) --requirement requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements.txt constraints.txt | system
	@echo "Installing Python packages for tests into $(VENV) (about a minute)"
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python $(PIP) --requirement requirements-dev.txt
	@touch $@ $(VENV)/run.stamp

$(PARITY)/parity.stamp: requirements-parity.txt requirements-dev.txt requirements.txt constraints.txt | system
	@echo "Installing torch, smplx and torchmetrics into $(PARITY) (some minutes)"
	@test -x $(PARITY)/bin/python || $(PYTHON) -m venv $(PARITY)
	@$(PARITY)/bin/python $(PIP) --requirement requirements-dev.txt --requirement requirements-parity.txt
	@touch $@

$(RAY)/ray.stamp: requirements-ray.txt requirements-dev.txt requirements.txt constraints.txt | system
	@echo "Installing Ray into $(RAY) (about a minute)"
	@test -x $(RAY)/bin/python || $(PYTHON) -m venv $(RAY)
	@$(RAY)/bin/python $(PIP) --requirement requirements-dev.txt --requirement requirements-ray.txt
	@touch $@

clean:
	rm -rf $(VENV) $(PARITY) $(RAY) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
