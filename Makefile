# Thin: each target is a readable line or two. `make run` and `make test` are the two commands of README.md.
PYTHON ?= python3
BIN := .venv/bin
SAMPLE := workspace/landing/sample
TRUTH := truth/sample
HEADLINE := select length_class as sentence, numerator as recalled_within_12_months, denominator as releases_on_licence, \
	round(rate, 3) as rate, round(rate_lower, 3) as from_rate, round(rate_upper, 3) as to_rate, suppression_reason \
	from rpt_recall_by_sentence_band where release_order = 'first release' and release_year = 'all' order by length_class
export DO_NOT_TRACK = 1

.PHONY: run test quick lint ui bench nation prove lock

# Exact versions by hash; uv itself comes from the same lock. Bytecode is made once here, where not every machine lets a run keep it.
.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	awk '/^[^ #]/ {wanted = /^uv==/} wanted' requirements.lock > .venv/uv.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement .venv/uv.lock
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

$(SAMPLE)/manifest.json: | .venv/ready
	$(BIN)/journeys synthesise $(SAMPLE) --truth $(TRUTH)

run: .venv/ready $(SAMPLE)/manifest.json ## from nothing to a release
	$(BIN)/journeys run --delivery $(SAMPLE)
	$(BIN)/journeys query "$(HEADLINE)"

test: .venv/ready ## every test
	$(BIN)/pytest

quick: .venv/ready ## what is fast: conventions and units
	$(BIN)/pytest tests/conventions tests/unit -m "not slow"

lint: .venv/ready
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 dbt_project/models dbt_project/tests
	$(BIN)/journeys contracts generate --check

ui: .venv/ready
	$(BIN)/journeys ui

bench: .venv/ready ## speed and memory as ratios in one run
	$(BIN)/python -m tests.benchmarks

nation: .venv/ready ## the whole nation, watched; NATION_SEED, NATION_FORMAT, NATION_SHARES
	$(BIN)/python -m tests.benchmarks.nation

prove: .venv/ready ## proofs too long for every change
	$(BIN)/python -m tests.proofs

lock: ## versions and hashes, no addresses
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml --output-file requirements.lock
