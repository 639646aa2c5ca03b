# Two commands do everything: `make demo` and `make test`.
# Set-up needs Python 3.11 or newer (and a C++ compiler on Linux), nothing else.
PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin
# Processes that share the tests; more of them want 2 GB of memory each.
WORKERS ?= 2

.PHONY: demo test check setup format lock clean

demo: setup            ## the whole thing with the starter model, in your browser
	@$(RUN)/nightschool demo

# The tests start some hundred interpreters: with compiled modules each takes half the time.
test: setup            ## all tests
	@PYTHONDONTWRITEBYTECODE= $(RUN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: setup           ## format, lint, strict types
	@$(RUN)/ruff format --check .
	@$(RUN)/ruff check .
	@$(RUN)/mypy

setup:                 ## .venv with the `nightschool` command; again only when the lock changes
	@scripts/setup "$(PYTHON)" "$(VENV)"

format: setup
	@$(RUN)/ruff format .
	@$(RUN)/ruff check --fix .

lock:                  ## resolve requirements.lock anew (needs uv)
	@uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-annotate \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	    --quiet -o requirements.lock

clean:
	@rm -rf $(VENV) build *.egg-info
