# Each line is a command that a person could type.

.PHONY: demo test bench icount peers gates

# The main job: a simulated switch with calls, and the monitor on it.
demo:
	@cargo build --quiet --release -p esl-proto --example switch --example monitor
	@esl-proto/examples/demo.sh target/release/examples 30

# All tests. Warnings are errors.
test:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	cargo test --workspace --locked
	gates/run --locked
	esl-proto/tests/valgrind
	esl-proto/tests/peers/run

# No std, no alloc, no panic path: part of `test`.
gates:
	gates/run --locked

# Every row beside its yardstick, as a ratio.
bench:
	cargo bench -p esl-benches --bench parse

# The instructions that each piece of work takes: no more than 3 % over the committed counts.
icount:
	benches/icount/run

# This library and others of its kind over loopback: one table, one plot.
peers:
	benches/peers/run
