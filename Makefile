# petcam: `make run` and `make test` need nothing prepared; see `make help`.
SHELL := /bin/sh
.DELETE_ON_ERROR:
export GOTOOLCHAIN := local

VENV := .venv
BIN := $(VENV)/bin
STREAMER := build/petcam-streamer
# What petcam-streamer shows people, which becomes part of it: docs/page-bundle.md. Folders are listed too, so that a file
# that is gone counts.
PAGES := streamer/internal/page/bundle
PAGES_INDEX := $(PAGES)/index.json.gz
PAGES_SOURCES := $(shell find templates static words) \
  $(shell find tools/pages petcam/web/http petcam/web/home_screen petcam/words -name '*.py')
GO_SOURCES := $(shell find streamer -name '*.go' -not -name '*_test.go') streamer/go.mod streamer/go.sum
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' petcam/__init__.py)
# The build back ends are pinned in requirements/build.txt, hence no isolation.
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation
say = @echo "petcam: $(1)"

.PHONY: help
help: ## what there is to make
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

.PHONY: setup
setup: $(BIN)/petcam $(STREAMER) ## prepare the virtual environment and build the streamer

.PHONY: run
run: setup ## start the whole camera with the demo source (ARGS="--port 9000"; ARGS="--source FILE" looks for pets in it)
	@case " $(ARGS)" in *" --source"*) $(MAKE) --no-print-directory model || echo "petcam: it goes on without boxes" ;; esac
	@exec $(BIN)/petcam demo $(ARGS)

.PHONY: test
test: setup $(VENV)/.test lint ## lint, then unit, integration and browser tests
	@tools/run-tests

.PHONY: test-go
test-go: setup $(VENV)/.test ## the tests of the page with petcam-streamer, alone, as its server
	@PETCAM_SERVER=go tools/run-tests

.PHONY: test-faults
test-faults: setup $(VENV)/.test build/faultfs ## state files and recordings on a disk with faults (root; a minute and a half)
	@$(BIN)/python -m pytest tests/faults $(ARGS)

.PHONY: lint
lint: setup $(VENV)/.test ## ruff, mypy, gofmt, go vet, staticcheck, tsc, shellcheck
	@tools/lint

.PHONY: format
format: setup $(VENV)/.test ## ruff and gofmt put the code into shape
	@$(BIN)/ruff check -q --fix --select I petcam tests bench tools/rooms tools/pages tools/model_to_onnx
	@$(BIN)/ruff format -q petcam tests bench tools/rooms tools/pages tools/model_to_onnx
	@"$$($$(tools/find-go) env GOROOT)/bin/gofmt" -w streamer tests/faults/faultfs

.PHONY: bench
bench: setup $(VENV)/.test build/viewers build/lossyrelay build/h2hold ## measure, and print one table
	@$(BIN)/python -m bench $(ARGS)

.PHONY: soak
soak: setup $(VENV)/.test build/viewers ## viewers come and go for half an hour, services restart: does anything grow? (ARGS="--minutes 600")
	@$(BIN)/python -m bench.soak $(ARGS)

.PHONY: stress
stress: setup $(VENV)/.test build/faultfs ## every fault of the disk at every step; 50 power cuts on two file systems; network cameras at every rate, and a day of their clocks; 100 kills of petcam events; the shared memory under stress: 10 million reads, 200 kills, 1,000 re-creations (an hour)
	@PETCAM_FAULTS=all $(BIN)/python -m pytest --timeout 1800 tests/faults
	@$(MAKE) --no-print-directory test-power ARGS="--cuts 50"
	@PETCAM_ZOO=all $(BIN)/python -m pytest --timeout 1800 tests/zoo/test_rates.py tests/unit/feed/test_live_clock.py
	@PETCAM_KILLS=100 $(BIN)/python -m pytest -s tests/unit/events/test_kills.py tests/integration/events/test_kills.py
	@$(BIN)/python -m bench.shm --reads 10000000 --kills 200 --recreations 1000 $(ARGS)

.PHONY: test-power
test-power: setup deb $(VENV)/.test ## cut the power of virtual machines on which petcam runs (root; ARGS="--cuts 50")
	@tools/test-power $(ARGS)

.PHONY: model
model: setup $(VENV)/.test ## fetch and convert the model that finds people, cats and dogs
	@tools/model

.PHONY: deb
deb: setup ## build the Debian packages for amd64 and arm64, and the model's, into dist/
	@tools/deb
	@$(MAKE) --no-print-directory model-deb || echo "petcam: no package of the model; petcam's own are there"

.PHONY: model-deb
model-deb: setup $(VENV)/.test ## build the Debian package of the model alone
	@tools/model-deb

.PHONY: test-package
test-package: deb $(VENV)/.test ## prove the packages in booted Debian containers (root)
	@tools/test-package $(ARGS)

.PHONY: test-arm64
test-arm64: setup $(VENV)/.test ## the tests of shared memory and of the detector on arm64, emulated (root)
	@tools/test-arm64 $(ARGS)

.PHONY: test-compat
test-compat: setup ## the Python tests with the oldest and the newest libraries
	@tools/test-compat $(ARGS)

.PHONY: audit
audit: setup ## what is known against the libraries, and whether a secret lies in the tree (asks the Internet)
	@tools/audit

.PHONY: lock
lock: ## pin the Python packages and their hashes anew
	@tools/lock

.PHONY: clean
clean: ## remove what was built
	rm -rf $(VENV) build dist node_modules petcam.egg-info
	find $(PAGES) -mindepth 1 -not -name README -delete

$(VENV)/.made:
	$(call say,making the virtual environment in $(VENV))
	@python=$$(tools/find-python) && "$$python" -m venv --clear $(VENV)
	@touch $@

$(BIN)/petcam: requirements/build.txt requirements/petcam.txt setup.cfg pyproject.toml $(VENV)/.made
	$(call say,installing the pinned Python packages)
	@$(PIP) --require-hashes -r requirements/build.txt
	@$(PIP) --require-hashes -r requirements/petcam.txt
	@PYTHONWARNINGS=ignore $(PIP) --no-deps -e .
	@touch $@

$(VENV)/.test: requirements/test.txt $(BIN)/petcam
	$(call say,installing what the tests need)
	@$(PIP) --require-hashes -r requirements/test.txt
	@touch $@

$(PAGES_INDEX): $(PAGES_SOURCES) | $(BIN)/petcam
	$(call say,making the streamer's pages)
	@$(BIN)/python -m tools.pages $(PAGES)

$(STREAMER): $(GO_SOURCES) $(PAGES_INDEX) | $(BIN)/petcam
	$(call say,building the streamer)
	@go=$$(tools/find-go) && mkdir -p build && cd streamer && \
	  CGO_ENABLED=0 "$$go" build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o ../$(STREAMER) .

build/viewers build/lossyrelay build/h2hold: $(GO_SOURCES) | $(BIN)/petcam
	@go=$$(tools/find-go) && cd streamer && CGO_ENABLED=0 "$$go" build -trimpath -o ../$@ ./cmd/$(@F)

build/faultfs: $(wildcard tests/faults/faultfs/*) | $(BIN)/petcam
	@go=$$(tools/find-go tests/faults/faultfs) && cd tests/faults/faultfs && CGO_ENABLED=0 "$$go" build -trimpath -o ../../../$@ .
