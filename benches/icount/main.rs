//! Does one piece of work a number of times: `icount framing 20`. `icount` alone lists the pieces, `icount table` prints
//! the ratios without criterion.

use std::error::Error;
use std::hint::black_box;

use esl_benches::{Works, print_table};

fn main() -> Result<(), Box<dyn Error>> {
    let works = Works::default();
    let rows = works.rows();
    match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => rows.iter().for_each(|row| println!("{}", row.key)),
        [key] if key == "table" => print_table(&rows),
        [key, count] => {
            let row = rows.iter().find(|row| row.key == key).ok_or("no such work")?;
            for _ in 0..count.parse()? {
                black_box((row.work)());
            }
        }
        _ => return Err("usage: icount [WORK COUNT]".into()),
    }
    Ok(())
}
