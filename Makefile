# Each line is a command that a person could type.

.PHONY: demo test bench gates fuzz targets install uninstall wheel icount peers

# The main job: a simulated switch with calls, and the monitor on it.
demo:
	@cargo build --quiet --release -p esl-proto --example switch --example monitor
	@esl-proto/examples/demo.sh target/release/examples 30

# All tests. Warnings are errors.
test:
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	cargo test --workspace --locked
	gates/run --locked
	esl-proto/tests/valgrind
	fuzz/run
	esl-proto/tests/peers/run
	esl-ffi/tests/run --locked
	esl-py/tests/run

# No std, no alloc, no panic path: part of `test`.
gates:
	gates/run --locked

# The core and the C library on other processors, under qemu: 64-bit ARM, 32 bits, the other order of octets.
targets:
	gates/targets

# Every row beside its yardstick, as a ratio.
bench:
	cargo bench -p esl-benches --bench parse
	benches/c/run
	esl-py/benches/run

# Each fuzz target for a minute, or `make fuzz FUZZ_SECONDS=1200`; one of them: fuzz/run --seconds 60 decode.
FUZZ_SECONDS = 60
fuzz:
	fuzz/run --seconds $(FUZZ_SECONDS)

# The C library, with its C++ headers and its pkg-config and CMake files: PREFIX (/usr/local), DESTDIR, LIBDIR, INCLUDEDIR.
install:
	esl-ffi/package/install

uninstall:
	esl-ffi/package/install --uninstall

# The Python wheel, into target/wheels.
wheel:
	esl-py/wheel

# The instructions that each piece of work takes: no more than 3 % over the committed counts.
icount:
	benches/icount/run

# This library and others of its kind over loopback: one table, one plot.
peers:
	benches/peers/run
