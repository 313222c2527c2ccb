# Every target sets up what it needs on a Debian machine that has Go and make.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS   += --no-print-directory

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
TOOL    := go tool -modfile=tools/go.mod
ARGS    ?=

# A clone that belongs to another user must build too; git would refuse to tell its state.
export GOFLAGS := $(shell go env GOFLAGS 2>/dev/null) -buildvcs=false

# Pure Go and no paths of this machine, so that the binary runs anywhere and can be built again the same.
# The version goes in by hand, from git where that is to be had.
BUILD := CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)'

# The race detector brings a check of unsafe pointers with it. SQLite, translated from C, consists of those, and took most
# of the time of its tests to have them checked.
RACE := -race -gcflags=modernc.org/...=-d=checkptr=0 -timeout 30m

.DEFAULT_GOAL := help
.PHONY: help demo build test lint bench year setup vulncheck image clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## Run everything in one process on simulated platforms (needs only Go)
	@exec bin/pengikut demo $(ARGS)

build: ## Build bin/pengikut, a static binary
	@scripts/setup build
	@echo "building bin/pengikut (the first time takes a minute or two)"
	@$(BUILD) -o bin/pengikut ./cmd/pengikut

# The race detector makes the largest tests ten times as slow, so under it they do a tenth, and the
# first two lines do them whole.
test: setup ## Run all tests with the race detector, and the large ones whole without it, on servers they start themselves
	go test $(ARGS) ./influencer ./store ./worker
	go test $(ARGS) -run WalkOfTheAPI ./cmd/pengikut
	go test $(RACE) $(ARGS) $$(go list ./... | grep -v /cmd/)
	go test $(RACE) -parallel 4 $(ARGS) ./cmd/...

lint: ## Check format, vet, lint and known vulnerabilities
	@scripts/setup build
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not in gofmt's form:"; echo "$$unformatted"; exit 1; }
	@for script in scripts/* .ci/run; do bash -n "$$script"; done
	go vet ./...
	$(TOOL) golangci-lint run $(ARGS) ./...
	@scripts/vulncheck

bench: build ## Measure: the figures of docs/performance.md, on servers it starts itself with durable writes
	@scripts/setup test
	@go run ./internal/testservers/withservers bin/pengikut bench $(ARGS)

year: setup ## Live through a recorded year of 10,000 simulated people, and replay it
	go test ./store -count=1 -v -timeout 3h -run 'TestRecordedYear/postgres' -args -year.people=10000 -year.days=365 $(ARGS)

setup: ## Install what building and testing need and this machine lacks
	@scripts/setup test

vulncheck: ## Look for known vulnerabilities only
	@scripts/vulncheck

image: ## Build the container image pengikut:VERSION
	docker build --build-arg VERSION=$(VERSION) -t pengikut:$(VERSION) .

clean: ## Remove what was built
	rm -rf bin
