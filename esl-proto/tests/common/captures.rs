//! The recorded streams of `testdata/captures`.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use flate2::read::GzDecoder;

/// What a server sent on one connection.
#[derive(Debug)]
pub(crate) struct Capture {
    /// Its folder, or its file without the endings.
    pub(crate) name: String,
    pub(crate) stream: Vec<u8>,
}

/// All of them, by name.
pub(crate) static CAPTURES: LazyLock<Vec<Capture>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/captures");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut captures: Vec<Capture> = entries.map(load).collect();
    captures.sort_by(|one, two| one.name.cmp(&two.name));
    captures
});

fn load(path: PathBuf) -> Capture {
    let name = path.file_name().unwrap().to_str().unwrap();
    if let Some(name) = name.strip_suffix(".bin.gz") {
        let mut stream = Vec::new();
        GzDecoder::new(fs::File::open(&path).unwrap()).read_to_end(&mut stream).unwrap();
        return Capture { name: name.to_owned(), stream };
    }
    Capture { name: name.to_owned(), stream: fs::read(path.join("server.bin")).unwrap() }
}
