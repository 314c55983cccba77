//! An event of any format is written in any other, and read again as what it was.

use esl_proto::Event;
use esl_proto::event::{Duplicates, EncodeOptions, Invalid};
use esl_proto::name::Format;
use esl_proto::text::Percent;

use crate::transcoding::check;

/// See the module. The first octet says in which format the rest is, and in which it is written; the second how.
pub fn run(data: &[u8]) {
    let Some(([formats, how], text)) = data.split_first_chunk() else { return };
    let formats = [formats % 3, formats / 3 % 3].map(|place| Format::KNOWN[usize::from(place)]);
    let invalid = [Invalid::Keep, Invalid::Refuse, Invalid::Replace, Invalid::Escape][usize::from(how & 3)];
    let percent = if how & 4 == 0 { Percent::FreeSwitch } else { Percent::Lossless };
    let duplicates = if how & 8 == 0 { Duplicates::Repeat } else { Duplicates::Arrays };
    let options = EncodeOptions::new().invalid(invalid).percent(percent).duplicates(duplicates);
    check(&Event::new(formats[0], text), formats[1], options);
}
