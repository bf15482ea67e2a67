# Every command that a person needs here; `make` alone lists them. README.md and CONTRIBUTING.md tell when.

PORT ?= 8080
DATA ?= data
ARGS ?=
python := .venv/bin/python
client := gateway/connectors/widget/client
lock := .venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links

.PHONY: help run test check bench chaos widget lock clean

help:  ## lists these commands
	@sed -n 's/^\([a-z]*\):  *## /make \1\t/p' Makefile

run:  ## the product with the sandbox: prints the address of its page (PORT=8080, DATA=data)
	@sh setup.sh run
	@exec $(python) -m sandbox --port "$(PORT)" --data "$(DATA)"

test:  ## all tests, about twenty minutes on two cores (ARGS="tests/router -k claim" for some)
	@sh setup.sh dev
	@sh setup.sh typings >/dev/null
	@CHROMIUM="$$(sh setup.sh browser)" && export CHROMIUM && exec $(python) -m pytest -n 3 --dist loadgroup $(ARGS)

check:  ## what needs no test run: style, types, import rules, locks
	@sh setup.sh dev
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy
	@if [ -x .venv/bin/hadolint ]; then set -x; .venv/bin/hadolint Dockerfile; fi
	@if [ -x .venv/bin/shellcheck ]; then set -x; .venv/bin/shellcheck setup.sh .ci/run; fi
	@NODE="$$(sh setup.sh widget)" && cd $(client) && set -x && "$$NODE" node_modules/typescript/bin/tsc --noEmit && "$$NODE" build.mjs --check
	$(python) -m pytest -q tests/test_architecture.py tests/test_repository.py tests/widget/test_client_imports.py

bench:  ## measures, prints one table, saves a whole run as docs/bench.md (ARGS="core latency --quick" for some)
	@sh setup.sh dev
	@exec $(python) -m bench $(ARGS)

chaos:  ## the fault run at length, saved as docs/chaos.md (ARGS="sockets --short" for some)
	@sh setup.sh dev
	@exec $(python) -m chaos $(ARGS)

widget:  ## builds the site widget's script from its TypeScript; both are committed
	@NODE="$$(sh setup.sh widget)" && cd $(client) && exec "$$NODE" build.mjs

lock:  ## pins what pyproject.toml asks for, with hashes (ARGS=--upgrade for newer versions)
	@sh setup.sh dev
	@[ -x .venv/bin/uv ] || $(python) -m pip install --quiet uv
	$(lock) $(ARGS) --output-file requirements.txt >/dev/null
	$(lock) $(ARGS) --extra dev --output-file requirements-dev.txt >/dev/null

clean:  ## forgets the environment and the caches; the data folder stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis $(client)/node_modules tests/sandbox/vk/typings/node_modules
