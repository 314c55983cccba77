# Each line is a command that a person could type.

.PHONY: demo test bench gates

CAPTURES = testdata/captures

# The main job: a recorded busy switch, one JSON object a frame.
demo:
	@gunzip -c $(CAPTURES)/busy-plain.bin.gz | cargo run --quiet --release -p esl-proto --example dump -- -

# All tests. Warnings are errors.
test:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	cargo test --workspace --locked
	gates/run --locked

# No std, no alloc, no panic path: part of `test`.
gates:
	gates/run --locked

# Every row beside its yardstick, as a ratio.
bench:
	cargo bench -p esl-benches --bench parse
