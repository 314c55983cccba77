//! Each odd way to write a Content-Length, to the client's side and to the server's.

use esl_proto::frame::DecodeErrorKind;
use esl_proto::{Decoder, Limits};

use crate::feed::{Seen, whole_and_split};
use crate::octets::Octets;

use DecodeErrorKind::{BodyTooLong, ConflictingLength, InvalidLength};

/// Where the value begins in a line that begins `Content-Length: `.
const VALUE: u64 = 16;

/// What the client's side makes of these header lines: each test has one kind of them.
mod from_a_server {
    use super::*;

    const FIRST: &str = "Content-Type: api/response\n";
    const NEXT: &str = "Content-Type: auth/request\n";

    fn decode(lines: &str, limits: Limits) -> Vec<Seen> {
        whole_and_split(&Decoder::new(limits), format!("{FIRST}{lines}\n\nhello{NEXT}\n").as_bytes())
    }

    /// `lines` are refused; the offset counts from their front.
    fn refused(lines: &str, kind: DecodeErrorKind, offset: u64) {
        assert_eq!(
            decode(lines, Limits::DEFAULT),
            [Seen::error(kind, FIRST.len() as u64 + offset)],
            "{}",
            lines.escape_debug()
        );
    }

    /// `lines` say that five octets follow.
    fn five(lines: &str, limits: Limits) {
        let frame = Seen::frame(&format!("{FIRST}{lines}\n"), Some("hello"), Some("api/response"));
        let next = Seen::frame(NEXT, None, Some("auth/request"));
        assert_eq!(decode(lines, limits), [frame, next], "{}", lines.escape_debug());
    }

    /// `lines` say nothing of a body: what was meant to be one is read as the head of the next frame.
    fn no_length(lines: &str) {
        let frame = Seen::frame(&format!("{FIRST}{lines}\n"), None, Some("api/response"));
        let stray = Seen::frame(&format!("hello{NEXT}"), None, None);
        assert_eq!(decode(lines, Limits::DEFAULT), [frame, stray], "{}", lines.escape_debug());
    }

    #[test]
    fn negative_is_refused() {
        refused("Content-Length: -5", InvalidLength, VALUE);
        refused("Content-Length: -0", InvalidLength, VALUE);
    }

    #[test]
    fn signed_is_refused() {
        refused("Content-Length: +5", InvalidLength, VALUE);
    }

    #[test]
    fn empty_is_refused() {
        refused("Content-Length:", InvalidLength, VALUE - 1);
        refused("Content-Length: ", InvalidLength, VALUE);
        refused("Content-Length:  \t ", InvalidLength, VALUE);
        refused("Content-Length: \r", InvalidLength, VALUE);
    }

    #[test]
    fn hexadecimal_is_refused() {
        refused("Content-Length: 0x5", InvalidLength, VALUE);
        refused("Content-Length: a", InvalidLength, VALUE);
        refused("Content-Length: 5h", InvalidLength, VALUE);
    }

    #[test]
    fn any_other_octet_is_refused() {
        for value in ["5.0", "5,5", "5 5", "5\t5", "5\r5", "5\0", "\u{0665}", "5;", "%35", "\"5\"", "five"] {
            refused(&format!("Content-Length: {value}"), InvalidLength, VALUE);
        }
    }

    #[test]
    fn overflowing_is_beyond_every_limit() {
        // The second would be five in 64 bits.
        for value in ["18446744073709551615", "18446744073709551621", "340282366920938463463374607431768211456"] {
            refused(&format!("Content-Length: {value}"), BodyTooLong, VALUE);
        }
        refused(&format!("Content-Length: {}", "9".repeat(100_000)), BodyTooLong, VALUE);
    }

    #[test]
    fn leading_zeros_count_for_nothing() {
        five("Content-Length: 0005", Limits::DEFAULT);
        five(&format!("Content-Length: {}5", "0".repeat(100_000)), Limits::DEFAULT);
    }

    #[test]
    fn blanks_around_it_are_no_part_of_it() {
        five("Content-Length:5", Limits::DEFAULT);
        five("Content-Length:   5", Limits::DEFAULT);
        five("Content-Length: \t5\t  ", Limits::DEFAULT);
    }

    #[test]
    fn a_carriage_return_after_it_is_no_part_of_it() {
        five("Content-Length: 5\r", Limits::DEFAULT);
        five("Content-Length: 5 \r\r", Limits::DEFAULT);
    }

    #[test]
    fn the_case_of_its_letters_does_not_matter() {
        five("content-length: 5", Limits::DEFAULT);
        five("CONTENT-LENGTH: 5", Limits::DEFAULT);
        five("cOnTeNt-LeNgTh:5", Limits::DEFAULT);
        refused("content-LENGTH: -5", InvalidLength, VALUE);
    }

    #[test]
    fn twice_the_same_is_read_once() {
        five("Content-Length: 5\nContent-Length: 5", Limits::DEFAULT);
        five("Content-Length: 5\nX: y\ncontent-length:005", Limits::DEFAULT);
    }

    #[test]
    fn twice_and_different_is_refused_at_the_later() {
        let first = "Content-Length: 5\n";
        refused(&format!("{first}Content-Length: 6"), ConflictingLength, first.len() as u64 + VALUE);
        refused(&format!("{first}{first}Content-Length: 0"), ConflictingLength, 2 * first.len() as u64 + VALUE);
        refused(&format!("{first}Content-Length: x"), InvalidLength, first.len() as u64 + VALUE);
    }

    #[test]
    fn the_limit_itself_is_within_the_limit() {
        five("Content-Length: 5", Limits { max_body: 5, ..Limits::DEFAULT });
        let beyond = decode("Content-Length: 5", Limits { max_body: 4, ..Limits::DEFAULT });
        assert_eq!(beyond, [Seen::error(BodyTooLong, FIRST.len() as u64 + VALUE)]);
        let most = Limits::DEFAULT.max_body;
        refused(&format!("Content-Length: {}", most + 1), BodyTooLong, VALUE);
        let seen = decode(&format!("Content-Length: {most}"), Limits::DEFAULT);
        assert!(matches!(seen[..], [Seen::Incomplete(_)]), "{seen:?}");
    }

    #[test]
    fn a_blank_before_the_colon_makes_another_name() {
        no_length("Content-Length : 5");
        no_length("Content-Length\t: x");
        no_length("Content-Length\r: 5");
    }

    #[test]
    fn other_names_are_no_content_length() {
        no_length(" Content-Length: 5");
        no_length("\tContent-Length: 5");
        no_length("X-Content-Length: -5");
        no_length("Content-Lengths: 5");
        no_length("Content_Length: 5");
        no_length("X: Content-Length: 5");
    }

    #[test]
    fn a_text_that_goes_on_in_the_next_line_is_no_number() {
        refused("Content-Length: 5\n5", InvalidLength, VALUE);
        refused("Content-Length: 5\n\t", InvalidLength, VALUE);
        five("Content-Length: 5\n: 5", Limits::DEFAULT);
    }
}

/// What the server's side makes of them: what FreeSWITCH makes, which reads them with `atoi`.
mod from_a_client {
    use super::*;

    const COMMAND: &str = "sendmsg\n";

    /// Reads a command with these header lines, five octets that may be its body, and `exit`.
    fn decode(lines: &str, limits: Limits) -> Vec<Seen> {
        whole_and_split(&Decoder::for_requests(limits), format!("{COMMAND}{lines}\n\nhelloexit\n\n").as_bytes())
    }

    fn refused(lines: &str, kind: DecodeErrorKind, offset: u64) {
        let error = Seen::error(kind, COMMAND.len() as u64 + offset);
        assert_eq!(decode(lines, Limits::DEFAULT), [error], "{}", lines.escape_debug());
    }

    /// `lines` give the command this body, and the next command begins so.
    fn body(lines: &str, body: Option<&str>, next: &str) {
        let seen = decode(lines, Limits::DEFAULT);
        let [Seen::Frame(first), Seen::Frame(second)] = &seen[..] else { panic!("{lines:?}: {seen:?}") };
        assert_eq!(first.body, body.map(Octets::from), "{}", lines.escape_debug());
        assert_eq!(second.head, Octets::from(next), "{}", lines.escape_debug());
    }

    #[test]
    fn negative_is_refused() {
        refused("Content-Length: -5", InvalidLength, VALUE);
        refused("Content-Length: -5x", InvalidLength, VALUE);
        body("Content-Length: -0", Some(""), "helloexit\n");
    }

    #[test]
    fn signed_is_a_number() {
        body("Content-Length: +5", Some("hello"), "exit\n");
        body("Content-Length: +-5", Some(""), "helloexit\n");
    }

    #[test]
    fn empty_is_zero() {
        body("Content-Length:", Some(""), "helloexit\n");
        body("Content-Length:   ", Some(""), "helloexit\n");
    }

    #[test]
    fn hexadecimal_is_the_zero_before_its_letter() {
        body("Content-Length: 0x5", Some(""), "helloexit\n");
        body("Content-Length: abc", Some(""), "helloexit\n");
    }

    #[test]
    fn what_follows_the_digits_does_not_matter() {
        for value in ["5x", "5 5", "5.9", "5\t", "5\0", "5-"] {
            body(&format!("Content-Length: {value}"), Some("hello"), "exit\n");
        }
    }

    #[test]
    fn overflowing_is_too_long() {
        refused("Content-Length: 99999999999999999999", BodyTooLong, VALUE);
        // Five in 64 bits, and in 32.
        refused("Content-Length: 18446744073709551621", BodyTooLong, VALUE);
        refused("Content-Length: 4294967301", BodyTooLong, VALUE);
        refused(&format!("Content-Length: {}", "9".repeat(100_000)), BodyTooLong, VALUE);
    }

    #[test]
    fn blanks_before_it_are_no_part_of_it() {
        body("Content-Length:5", Some("hello"), "exit\n");
        body("Content-Length:   5", Some("hello"), "exit\n");
        body("Content-Length: \t5", Some("hello"), "exit\n");
        refused("Content-Length:   -5", InvalidLength, VALUE + 2);
    }

    #[test]
    fn the_case_of_its_letters_does_not_matter() {
        body("CONTENT-length: 5", Some("hello"), "exit\n");
    }

    #[test]
    fn each_has_a_body_and_the_last_one_counts() {
        body("Content-Length: 2\nContent-Length: 3", Some("llo"), "exit\n");
        body("Content-Length: 2\nContent-Length: 2", Some("ll"), "oexit\n");
        body("Content-Length: 5\nContent-Length: 0", Some(""), "exit\n");
        body("Content-Length: 5\nContent-Length: x", Some(""), "exit\n");
    }

    #[test]
    fn the_servers_limit_is_the_limit_of_each() {
        refused("Content-Length: 16777217", BodyTooLong, VALUE);
        let seen = decode("Content-Length: 16777216", Limits::DEFAULT);
        assert!(matches!(seen[..], [Seen::Incomplete(_)]), "{seen:?}");
    }

    #[test]
    fn all_of_them_together_are_within_the_hosts_limit() {
        let twice = "Content-Length: 2\nContent-Length: 3";
        let limits = |body| Limits { max_body: body, ..Limits::DEFAULT };
        assert!(matches!(decode(twice, limits(5))[..], [Seen::Frame(_), Seen::Frame(_)]));
        let second = (COMMAND.len() + "Content-Length: 2\n".len()) as u64 + VALUE;
        assert_eq!(decode(twice, limits(4)), [Seen::error(BodyTooLong, second)]);
        let many = "Content-Length: 16000000\n".repeat(1000);
        let fifth = 4 * "Content-Length: 16000000\n".len() as u64 + VALUE;
        refused(many.trim_end(), BodyTooLong, fifth);
    }

    #[test]
    fn a_blank_before_the_colon_makes_another_name() {
        body("Content-Length : 5", None, "helloexit\n");
        body(" Content-Length: 5", None, "helloexit\n");
    }

    #[test]
    fn a_carriage_return_after_it_hides_it_or_not() {
        // The first line ends at the first CR of the whole head: all lines before it are one, the command line.
        body("Content-Length: 5\nX: a\rb", None, "helloexit\n");
        body("Content-Length: 5\r", None, "helloexit\n");
        body("X: a\r\nContent-Length: 5\r", Some("hello"), "exit\n");
    }
}
