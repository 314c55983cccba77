#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| esl_fuzz::sim::run(data));
