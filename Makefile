# The commands people type; each works on a fresh machine with Python >= 3.11 and make.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
export FLASK_APP = wsgi:app

.PHONY: run test bench lint translations lock clean

.venv/.runtime: requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.test: .venv/.runtime requirements-test.lock requirements-contract.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-contract.lock
	@touch $@

marketplace/translations/en/LC_MESSAGES/messages.mo: marketplace/translations/en/LC_MESSAGES/messages.po .venv/.runtime
	$(BIN)/pybabel --quiet compile -d marketplace/translations

translations: marketplace/translations/en/LC_MESSAGES/messages.mo

run: .venv/.runtime translations
	PORT=$(PORT) $(BIN)/python -m flask serve

test: .venv/.test translations
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -n 2 --dist loadfile

bench: .venv/.test translations
	$(BIN)/python -m tests.bench

lint: .venv/.test
	$(BIN)/ruff check .
	PYTHONPATH=. $(BIN)/lint-imports

clean:
	rm -rf .venv instance .pytest_cache .hypothesis .ruff_cache .import_linter_cache
