# Everything that is needed is made on the way: the virtual environment here, the private Asterisk in your cache folder.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin

.PHONY: help demo up test lint audit bench bench-quick chaos soak pictures clean

help:
	@echo "make demo         three callers in a moderated room, on a private Asterisk (ENGINE=local: on the Python mixer)"
	@echo "make up           a private Asterisk and the controller, for your softphone"
	@echo "make test         lint, then all tests, those against a real Asterisk included"
	@echo "make lint         ruff, mypy --strict, import rules"
	@echo "make audit        looks the installed libraries up in a database of known vulnerabilities; it needs the network"
	@echo "make bench        the benchmarks (bench-quick: in a fraction of the time)"
	@echo "make chaos        faults on purpose in 20 rooms with 60 phones, and what each of them costs (ROOMS=5: in fewer)"
	@echo "make soak         calls that come and go for half an hour, and whether anything grows (MINUTES=5: for less)"
	@echo "make pictures     takes the pictures of docs/dashboard.md anew"
	@echo "make clean        remove what was made here"

demo: $(VENV)/run.done
	$(RUN)/ari-conf demo $(if $(ENGINE),--engine $(ENGINE))

up: $(VENV)/run.done
	$(RUN)/ari-conf up

test: lint
	$(RUN)/python -m pytest --numprocesses 3 --dist worksteal

lint: $(VENV)/dev.done
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports

# Strict, for pip-audit passes over what it cannot look up, and a database that does not answer is no good news.
audit: $(VENV)/dev.done
	@$(RUN)/python -m pip freeze --exclude-editable >$(VENV)/audit.txt
	@if $(RUN)/pip-audit --strict --disable-pip --no-deps --progress-spinner off -r $(VENV)/audit.txt >$(VENV)/audit.log 2>&1; then \
		tail -n 1 $(VENV)/audit.log; \
	elif grep -q 'known vulnerabilit' $(VENV)/audit.log; then \
		cat $(VENV)/audit.log; exit 1; \
	else \
		echo "not audited, for the database does not answer here: $$(tail -n 1 $(VENV)/audit.log | cut -c 1-150)" >&2; exit 1; \
	fi

bench: $(VENV)/dev.done
	$(RUN)/python -m benchmarks

bench-quick: $(VENV)/dev.done
	$(RUN)/python -m benchmarks --quick

chaos: $(VENV)/dev.done
	$(RUN)/python -m tests.chaos $(if $(ROOMS),--rooms $(ROOMS))

soak: $(VENV)/dev.done
	$(RUN)/python -m tests.chaos.soak $(if $(ROOMS),--rooms $(ROOMS)) $(if $(MINUTES),--minutes $(MINUTES))

pictures: $(VENV)/dev.done
	$(RUN)/python -m tests.browser.pictures docs/images

clean:
	rm -rf $(VENV) demo-output benchmarks/results

# A marker is written last, so that an environment that was interrupted is finished the next time.
$(VENV)/run.done: pyproject.toml | $(VENV)/python.done
	$(RUN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/dev.done: pyproject.toml | $(VENV)/python.done
	$(RUN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(RUN)/python -m pip install --quiet --editable . --group dev
	@touch $@ $(VENV)/run.done

# Debian's python3 comes without pip and venv's ensurepip; its own package of pip serves then, and needs no root to be unpacked.
$(VENV)/python.done:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "ari_conf needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is $$($(PYTHON) --version); say which: make PYTHON=python3.11" >&2; exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null && $(PYTHON) -m venv $(VENV) || $(MAKE) --no-print-directory venv-without-ensurepip
	@touch $@

.PHONY: venv-without-ensurepip
venv-without-ensurepip:
	@rm -rf $(VENV) && $(PYTHON) -m venv --without-pip $(VENV) && mkdir $(VENV)/pip-package
	@cd $(VENV)/pip-package && { apt-get download -q python3-pip-whl >/dev/null || \
		{ echo "no pip: neither does $(PYTHON) bring it, nor can apt-get download python3-pip-whl (run apt-get update?)" >&2; exit 1; }; }
	@cd $(VENV)/pip-package && dpkg-deb -x python3-pip-whl_*.deb .
	@wheel=$$(ls $(VENV)/pip-package/usr/share/python-wheels/pip-*.whl) && $(RUN)/python $$wheel/pip install --quiet --no-index $$wheel
	@rm -rf $(VENV)/pip-package
