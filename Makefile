# Short names for what Meson does. `make` alone lists them.
LISTEN ?= 127.0.0.1:3000
DATA ?= parley-data
FUZZ_SECONDS ?= 60

.PHONY: help build run test test-tsan test-valgrind test-crash-long test-hostile-long test-md-long bench fuzz check-style clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

build: ## install what is missing, build the release: build/parley
	@tools/setup build
	@test -f build/build.ninja || meson setup build --buildtype=release
	@ninja -C build parley

run: build ## build, make the sample company if there is no data yet, serve on $LISTEN (127.0.0.1:3000)
	@test -e $(DATA) || build/parley demo --data $(DATA)
	@exec build/parley serve --data $(DATA) --listen $(LISTEN)

test: ## install what only tests need, run everything, end with `N passed, N failed`
	@tools/setup test
	@tools/run-tests

test-tsan: ## the unit tests that use threads, under ThreadSanitizer
	@tools/setup test
	@tools/run-tests tsan

test-valgrind: ## the unit tests under valgrind
	@tools/setup test
	@tools/run-tests valgrind

test-hostile-long: ## what hostile clients may take of time and memory, on 500 thousand messages; wants a quiet machine
	@tools/setup test
	@tools/run-tests hostile-long

test-crash-long: ## the crash tests with 500 kills
	@tools/setup test
	@tools/run-tests crash-long

test-md-long: ## message markup against the original's parser: 1,000,000 texts, all conversations
	@tools/setup test
	@tools/run-tests md-long

bench: ## measure; see bench/README.md
	@tools/setup bench
	@bench/run

fuzz: ## each fuzz target for $FUZZ_SECONDS (60)
	@tools/setup fuzz
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/run-fuzz

check-style: ## what clang-format would change is an error
	@tools/setup test
	@tools/check-style

clean: ## remove everything that was built; data stays
	@rm -rf build build-*
