# The launcher ./cctv does the work (a bare Debian has no make); these are its names for those who type make.
.PHONY: help setup demo test check check-fast bench soak format lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' Makefile

setup: ## virtual environment, packages, dashboard
	@./cctv setup

demo: ## everything on this machine with four simulated cameras
	@./cctv demo

test: ## all checks and all tests
	@./cctv test

check: ## ruff, mypy, import contracts, shellcheck, dashboard types, lint and tests
	@./cctv check

check-fast: ## the checks without the dashboard: before each commit
	@./cctv check-fast

bench: ## the benches: one JSON line a claim
	@./cctv bench

soak: ## the long rounds of the fault tests (hours); the seed is printed
	@./cctv soak

format: ## put the code into its one form
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

lock: ## new versions of all Python packages (needs uv)
	@cd requirements && for list in runtime dev node; do \
		uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $$list.in -o $$list.txt; done
