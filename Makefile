# Every target installs what it needs first. The Node that runs everything comes from npm, with the repository.
SHELL := /bin/sh
BIN := node_modules/.bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
NODE ?= linux-x64

.PHONY: help install check unit test verify demo splunkapp package bench clean
.DEFAULT_GOAL := help

help: ## what you are reading
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: node_modules/.installed

node_modules/.installed: package.json package-lock.json .npmrc
	npm ci --no-audit --no-fund --loglevel=error
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); if (a < 22 || (a === 22 && b < 22)) { console.error("This platform gets no Node from npm: install Node 22.22 or later, this one is " + process.version + "."); process.exit(1) }'
	@touch $@

demo: install ## a stream, a split and a restart, and the events Splunk would index; about a minute, needs nothing
	@node scripts/demo.ts

check: install
	@npm run --silent check

unit: install
	@npm run --silent unit

test: check unit ## types, lint, format, import rules, dead code, and every test which needs only npm

verify: install ## the full counts, and the same suites against real parts, which it installs; about a quarter of an hour
	@node scripts/verify.ts

splunkapp: install ## kinloader.tar.gz, to be installed with "splunk install app"; NODE=none leaves Node out
	@NODE=$(NODE) node scripts/package.ts

package: install ## kinloader-<version>.tgz, the library and the commands, to be installed with "npm install"
	@npm pack --silent

bench: install ## speed and memory as ratios to floors in the same run
	@node scripts/bench.ts

clean: ## removes what the other targets made, node_modules included
	rm -rf dist coverage .verify kinloader.tar.gz kinloader-*.tgz node_modules
