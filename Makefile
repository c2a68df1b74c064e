# The commands of this repository. Each is a short script in scripts/, which says what it does.

.PHONY: help run test check soak

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

run: ## build Rollbook and serve ./data (more flags: make run ARGS="--listen 0.0.0.0:8080")
	@scripts/run $(ARGS)

test: ## every test on both engines, then the real clients (a part only: scripts/test -p rollbook-xapi)
	@scripts/test

check: ## what CI runs: format, house rules, lints, tests, documentation
	@scripts/check

soak: ## the long proofs, for a night: a million model steps, a thousand crashes
	@cargo xtask soak
