# Composing to a Mood. `make help` lists the commands; Python, make and git are all they need.
# Without make, `python -m lib book` does what `make book` does.

PROFILE ?= laptop
DATA ?=
# A clone of VGMIDI, for the appendix on rated emotions; without one it shows the tables that are kept.
RATED ?=
# The site that `make test-site` looks at; by default the smoke book's.
SITE ?=
# The environment. `make book VENV=` uses the active one (conda, say) as it is and installs nothing.
VENV ?= .venv
# The versions of Python that serve, and the interpreter that the environment is made with: the first that runs.
SERVES := 3.11 3.12 3.13 3.14
PYTHON ?= $(shell for python in $(SERVES:%=python%); do \
	$$python -c "" 2>/dev/null && echo $$python && exit; done; echo python3)

BIN := $(if $(VENV),$(VENV)/bin/)
GENERATED := $(or $(MOOD_HOME),.)
# Named by the lock's checksum: another lock, another stamp, and the environment is brought up to date.
STAMP := $(VENV)/.installed-$(firstword $(shell cksum < requirements.txt))
TEST_HOME := $(CURDIR)/_build/test
TEST_SITE := $(TEST_HOME)/_build/html
# Holds oneDNN and torch to what the weakest processor that serves can do: no bfloat16.
WEAKEST := ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2

# Waiting threads sleep instead of spinning; see lib/__init__.py.
export OMP_WAIT_POLICY ?= passive

.DEFAULT_GOAL := help
.PHONY: help book execute build pdf publishable test smoke-book test-folders test-weakest test-site test-links coverage lint evidence pretrained bench gpu-check lab figures \
	env lock clean clean-all

help:
	@echo "make book [PROFILE=laptop] [DATA=folder]   environment, music, training, notebooks, the site in _build/html"
	@echo "          [RATED=folder]                   with a clone of VGMIDI the tables of appendix 3 computed, not kept"
	@echo "make test                                  environment, lint, tests, a smoke book and its gates"
	@echo "make test-site [SITE=folder]               the smoke book's site, or another, in a real browser"
	@echo "make test-folders                          a tiny book of each of some odd folders of music"
	@echo "make test-weakest                          networks, composing and the smoke book as on a weak processor"
	@echo "make test-links [PROFILE=laptop]           whether the addresses on other hosts still answer"
	@echo "make coverage                              which lines of lib the tests run, in _build/coverage"
	@echo "make pdf                                   the whole book in _build/html as one PDF; needs Chromium"
	@echo "make publishable                           refuse the site in _build/html if it is a trial"
	@echo "make evidence                              the long runs behind chapters 3b to 6, 8 and appendix 1, into book/evidence"
	@echo "make pretrained                            the model that comes with the book, trained and judged anew"
	@echo "make bench [JSON=file]                     the original's way against ours, timed in turns"
	@echo "make gpu-check [JSON=file]                 does the book work on this GPU? minutes, made-up data"
	@echo "make lab [PROFILE=laptop]                  JupyterLab: chapters with their numbers filled in, and those to run"
	@echo "make figures [PROFILE=laptop]              every figure as SVG and PNG with caption and licence, in _build/figures"
	@echo "make env                                   the environment alone, in .venv"
	@echo "make lock                                  requirements.txt from pyproject.toml, for every Python"
	@echo "make clean                                 delete the built site; runs and executed notebooks stay"
	@echo "make clean-all                             delete everything generated: music, runs, notebooks, site"

book: execute build

execute: env
	$(BIN)python -m lib execute --profile "$(PROFILE)" --data "$(DATA)" --rated "$(RATED)"

build: env
	$(BIN)python -m lib build --profile "$(PROFILE)" --data "$(DATA)" --rated "$(RATED)"

# Prints the site that `make book` has built.
pdf: env
	$(BIN)python -m lib pdf

# What a publishing workflow asks before it lets the site out.
publishable: env
	$(BIN)python -m lib publishable

test: lint
	OMP_NUM_THREADS=1 $(BIN)python -m pytest -n 2 --ignore tests/site --ignore tests/browser
	$(MAKE) --no-print-directory smoke-book
	MOOD_SMOKE_BOOK="$(TEST_HOME)" $(BIN)python -m pytest tests/site

# The smoke book is made in a home of its own, always from nothing, and leaves the site and runs of others alone.
smoke-book: env
	rm -rf "$(TEST_HOME)"
	MOOD_HOME="$(TEST_HOME)" $(MAKE) --no-print-directory execute PROFILE=smoke DATA= RATED=
	MOOD_HOME="$(TEST_HOME)" $(MAKE) --no-print-directory build PROFILE=smoke DATA= RATED=

# Fourteen small folders, each odd in one way, and two in several ways; `make test` tries one of these.
test-folders: env
	MOOD_FOLDERS=all OMP_NUM_THREADS=1 $(BIN)python -m pytest -n 2 tests/folders

# What depends on the processor, once more as on the weakest one. It adds nothing where the machine is one.
test-weakest: env
	$(WEAKEST) OMP_NUM_THREADS=1 $(BIN)python -m pytest -n 2 tests/models tests/training tests/composing
	$(WEAKEST) $(MAKE) --no-print-directory smoke-book TEST_HOME="$(TEST_HOME)-weakest"

# Skips where there is no browser, unless MOOD_BROWSER=required.
test-site: env
	$(if $(SITE),,@test -f "$(TEST_SITE)/index.html" || $(MAKE) --no-print-directory smoke-book)
	@export MOOD_SITE="$(or $(SITE),$(TEST_SITE))"; \
	$(BIN)python -m pytest -n 2 --dist loadgroup -rs tests/browser || { \
		echo "once more, one at a time: a browser that has no processor for seconds is late, a fault fails again"; \
		$(BIN)python -m pytest --last-failed --last-failed-no-failures none -rs tests/browser; }

test-links: env
	$(BIN)python -m lib links --profile "$(PROFILE)" --data "$(DATA)"

# Apart from `make test`, which it makes two thirds slower.
coverage: env
	OMP_NUM_THREADS=1 $(BIN)python -m pytest -n 2 --ignore tests/site --ignore tests/browser \
		--cov=lib --cov-report=term --cov-report=html:_build/coverage

lint: env
	$(BIN)ruff check .
	$(BIN)ruff format --check .
	$(BIN)lint-imports
	$(BIN)python .ci/types.py
	$(BIN)codespell README.md CITATION.cff book lib notebooks tests

evidence: env
	$(BIN)python -m lib evidence

pretrained: env
	$(BIN)python -m lib pretrain

bench: env
	$(BIN)python -m lib bench $(if $(JSON),--json "$(JSON)")

# The module itself: with VENV= it asks less of the active environment than all commands together do.
gpu-check: env
	$(BIN)python -m lib.long_runs.gpu_check $(if $(JSON),--json "$(JSON)")

lab: env
	$(BIN)python -m lib lab --profile "$(PROFILE)"

figures: env
	$(BIN)python -m lib figures --profile "$(PROFILE)"

ifneq ($(VENV),)
env: $(STAMP)

$(STAMP):
	@$(PYTHON) -c 'import sys; serves, own = sys.argv[1:], "%d.%d" % sys.version_info[:2]; own in serves or sys.exit("This book needs Python %s or %s, and $(PYTHON) is %s: install one of them, or say where it is with make PYTHON=/path/to/python%s" % (", ".join(serves[:-1]), serves[-1], own, serves[0]))' $(SERVES)
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the versions of requirements.txt into $(VENV); the first time takes some minutes"
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@rm -f $(VENV)/.installed-* && touch $@
else
env:
	@python -c 'import lib' 2>/dev/null || { echo "The active environment lacks this package: conda env create -f environment.yml, or leave VENV= out." >&2; exit 1; }
endif

# One lock for every Python that serves and every system: packages that only some of them need carry a marker.
# Versions that still fit stay; without requirements.txt all are the newest. CUDA's packages are left out, since
# they come with the build of torch that a machine takes.
lock:
	rm -rf _build/lock && $(PYTHON) -m venv _build/lock
	_build/lock/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	{ test ! -f requirements.txt || cp requirements.txt _build/lock/requirements.txt; }
	_build/lock/bin/uv pip compile --quiet --universal --fork-strategy fewest --python-version $(firstword $(SERVES)) \
		--no-header --no-annotate --output-file _build/lock/requirements.txt pyproject.toml
	{ echo "# Exact versions for Python $(firstword $(SERVES)) to $(lastword $(SERVES)) on any machine, made by" \
		"\`make lock\` from pyproject.toml."; \
		grep -vE "^(#|nvidia-|cuda-|triton==)|== 'emscripten'" _build/lock/requirements.txt; } > _build/requirements.txt
	mv _build/requirements.txt requirements.txt && rm -rf _build/lock

clean:
	rm -rf "$(GENERATED)/_build"

clean-all: clean
	rm -rf "$(GENERATED)/data" "$(GENERATED)/artifacts" notebooks/media
