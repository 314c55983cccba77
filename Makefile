# Each line is a command that a person could type. `## ` begins what `make help` says of a target.

PARTS = rust fuzz gates peers c py docs

.PHONY: help demo check test $(PARTS:%=test-%) test-programs soak deps docs bench gates fuzz targets install uninstall archive wheel icount peers

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile | awk -F ': ' '{ printf "make %-10s  %s\n", $$1, substr($$0, length($$1) + 3) }'

demo: ## the calls of a simulated office, live: a minute, or until Ctrl-C
	@demo/run

check: ## format, lints and the tests of the Rust crates: before every commit
	tests/run check

# Two parts at a time, as each leaves a core idle for much of its time. A part that fails does not keep the others from
# running; the last line tells of all.
test: export TESTS_REPORT_LATER = yes
test: ## all tests; installs nothing outside target/
	@$(MAKE) --no-print-directory --jobs=2 $(PARTS:%=test-%)
	@tests/run --report $(PARTS)

# These have the environment and the wheel of the Python part: one makes them.
ifdef TESTS_REPORT_LATER
test-docs test-programs: $(filter test-py,$(PARTS:%=test-%))
endif

test-rust: ## format, lints, documentation, the tests of the Rust crates, the scan under valgrind
	tests/run rust

test-gates: ## file names, no std and no alloc and no panic, the oldest Rust
	tests/run gates

test-fuzz: ## each fuzz target over its corpus and 10000 new inputs
	tests/run fuzz

test-peers: ## clients of other projects against the simulated switch
	tests/run peers

test-c: ## the C library, its C++ headers, how they are installed, the examples, the pages
	tests/run c

test-py: ## the wheel, with every Python that is found, and its types
	tests/run py

test-docs: ## the site, strictly, and the programs on its pages and in README.md; the workflows
	tests/run docs

test-programs: ## the programs in esl-py/examples, with the servers that they need: not part of make test
	tests/run programs

soak: ## what takes hours: many random cases, long fuzzing with AddressSanitizer, floods: SOAK_SECONDS=1200 a fuzz target
	tests/run soak

deps: ## what the tests need of the system: Debian's packages, or what is to be installed by hand
	tests/deps

docs: ## the site, checked strictly, into target/site/html; with its programs tested: make test-docs
	site/build

gates: test-gates ## the same as test-gates

targets: ## the core and the C library on other processors, under qemu: 64-bit ARM, 32 bits, big-endian
	gates/targets

bench: ## every row beside its yardstick, as a ratio; how cost grows
	cargo bench -p esl-benches --bench parse
	cargo bench -p esl-benches --bench tokio
	benches/c/run
	esl-py/benches/run
	benches/scale/run

FUZZ_SECONDS = 60
fuzz: ## each fuzz target for a minute, or FUZZ_SECONDS=1200; one of them: fuzz/run --seconds 60 decode
	fuzz/run --seconds $(FUZZ_SECONDS)

install: ## the C library, C++ headers, pkg-config and CMake files: PREFIX (/usr/local), DESTDIR, LIBDIR, INCLUDEDIR
	esl-ffi/package/install

uninstall: ## takes away what `make install` has put there
	esl-ffi/package/install --uninstall

archive: ## the C library with its headers and a checksum, into target/archives
	esl-ffi/package/archive

wheel: ## the Python wheel, into target/wheels: for every Linux since 2014, where zig can be had
	esl-py/wheel --portable

icount: ## the instructions that each piece of work takes: no more than 3 % over the committed counts
	benches/icount/run

peers: ## this library and others of its kind over loopback: one table
	benches/peers/run
