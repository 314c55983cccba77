//! The header is what the sources say: generated anew and compared with `include/esl_proto.h`.
//!
//! After a change: `UPDATE=1 cargo test -p esl-ffi --test header`. With `ESL_FFI` set, the sources are in that folder, and the
//! header and the pins of its layout are compared there.
//!
//! cbindgen turns each file of the sources into C; here its declarations are put into the order of the source, its comments
//! made shorter, and the enums added, which are lists of numbers behind a macro.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs};

use cbindgen::{Builder, Config, DocumentationStyle, ExportConfig, FunctionConfig, Language, Style};

/// A part of the header: what a file of the sources declares, under a title.
struct Section {
    file: &'static str,
    title: &'static str,
    intro: &'static str,
    /// C that cbindgen cannot make, for the end of the section.
    more: &'static str,
}

const SECTIONS: [Section; 20] = [
    section("status", "Status", "What functions return, and which library this is."),
    Section { more: include_str!("../header/octets.h"), ..section("octets", "Bytes and values", "The basic types.") },
    section("handle", "Memory", "The sizes of handles."),
    section(
        "name",
        "Vocabulary",
        "FreeSWITCH's words as numbers, both ways. Other versions of the server and third-party modules use other words:\n\
         the value of the header has them.",
    ),
    section("pairs", "Lists of pairs", "Headers of a command, variables of a call."),
    section(
        "event",
        "Events and headers",
        "Events are read in place: eslp_event_get() for one header, eslp_event_headers() for all, and\n\
         eslp_event_index() before many look-ups.",
    ),
    section(
        "message",
        "Messages and requests",
        "The meaning of a server's frame, and the contents of a client's. For a message of another kind, or without the\n\
         requested part, functions return ESLP_NOT_FOUND.",
    ),
    section(
        "decoder",
        "Decoder",
        "Divides a stream into frames, for hosts that need nothing else; clients and servers contain one.",
    ),
    section("command", "Commands", "A client's commands, written and parsed."),
    section(
        "dial",
        "Dial strings",
        "Dial strings, written so that the server reads them as intended, and parsed as the server does.",
    ),
    section("app", "Applications", "Applications for channels, with arguments that arrive as intended."),
    section(
        "client",
        "Client",
        "The client's side of a connection: authentication, the matching of answers to commands, which commands may be\n\
         sent now, and the end. Call eslp_client_poll() when bytes have arrived, until it needs more, and\n\
         eslp_client_send() at any time.",
    ),
    section(
        "jobs",
        "Jobs",
        "The end of a job or an application comes as an event that carries the name given by the command: such names, and\n\
         tables of them. Also counting missing events.",
    ),
    section("buffer", "Receive buffer", "For hosts without their own."),
    section(
        "connection",
        "Connection",
        "A client with its input and output buffers in one handle. For hosts without their own buffers.",
    ),
    section(
        "session",
        "Session",
        "Waits and subscriptions across reconnects: answers, jobs, applications and readers, identified by the host's\n\
         numbers, with deadlines and subscriptions that are restored after a reconnect. Needs the library's feature\n\
         `session`, which is on by default.",
    ),
    section("queue", "Queues", "Queues between a session and readers that do not read at once."),
    section("calls", "Calls", "A table of channels, built from their events. Needs the feature `session`, too."),
    section("data", "Events to send", "Events for a server to deliver, and events in another format."),
    section(
        "server",
        "Server",
        "The server's side of a connection: commands are interpreted as by mod_event_socket, and replies have its texts.\n\
         The host passes received bytes to eslp_server_poll(), sends the bytes that it writes, answers its requests, and\n\
         offers it every event. It has no clock: the host ends a connection without a first command after 25 seconds,\n\
         and a lingering one when its time is over.",
    ),
];

const fn section(file: &'static str, title: &'static str, intro: &'static str) -> Section {
    Section { file, title, intro, more: "" }
}

fn crate_path(path: &str) -> PathBuf {
    let here = env::var_os("ESL_FFI").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.join(path)
}

/// Where `name` is declared in a source.
fn place(source: &str, name: &str) -> Option<usize> {
    let kinds = ["pub enum ", "pub struct ", "pub union ", "pub const ", "pub type ", "extern \"C\" fn "];
    kinds.iter().find_map(|kind| {
        let declaration = format!("{kind}{name}");
        source.match_indices(&declaration).map(|(at, _)| at).find(|at| {
            let after = source[at + declaration.len()..].chars().next();
            !after.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
        })
    })
}

/// All public names of a source that are not functions.
fn types(source: &str) -> Vec<String> {
    let kinds = ["pub enum ", "pub struct ", "pub union ", "pub type "];
    let declared = source.lines().filter_map(|line| kinds.iter().find_map(|kind| line.strip_prefix(kind)));
    declared
        .map(|rest| rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect())
        .collect()
}

/// The name that a declaration of C is about.
fn declared(block: &str) -> &str {
    // The comment before the declaration, not those inside it.
    let code = if block.starts_with("/**") { block.split_once("*/\n").map_or(block, |(_, code)| code) } else { block };
    let part = match code.strip_prefix("#define ").or(code.strip_prefix("typedef bool (*")) {
        Some(rest) => rest,
        None if code.starts_with("ESLP_ENUM(") => &code["ESLP_ENUM(".len()..],
        None if code.starts_with("typedef") => code.rsplit([' ', '}']).next().unwrap_or_default(),
        None => code.split('(').next().and_then(|before| before.rsplit([' ', '*']).next()).unwrap_or_default(),
    };
    let part = part.trim_start();
    part.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default()
}

/// The pointers of C's, which the sources have as types that say what C guarantees of them: see `ptr.rs`.
const POINTERS: [(&str, &str); 6] = [
    ("In<", "*const "),
    ("Look<", "*const "),
    ("Out<", "*mut "),
    ("Handle<", "*mut "),
    ("Make<", "*mut "),
    ("Slots<", "*mut "),
];

/// A source as cbindgen knows it: with raw pointers as the parameters of its exported functions.
fn with_pointers(source: &str) -> String {
    let mut functions = source.split("extern \"C\" fn ");
    let mut text = functions.next().unwrap_or_default().to_owned();
    for function in functions {
        let (mut parameters, body) = match function.split_once(") ") {
            Some((parameters, body)) => (parameters.replace(": Lent", ": *mut c_void"), body),
            None => (function.to_owned(), ""),
        };
        for (kind, pointer) in POINTERS {
            while let Some((before, rest)) = parameters.split_once(&format!(": {kind}")) {
                let (to, rest) = rest.split_once('>').expect("what it points to");
                parameters = format!("{before}: {pointer}{to}{rest}");
            }
        }
        text += &format!("extern \"C\" fn {parameters}) {body}");
    }
    text
}

/// What cbindgen makes of a file, its declarations in the file's order.
fn declarations(section: &Section) -> Vec<String> {
    static FILES: AtomicUsize = AtomicUsize::new(0);
    let path = crate_path("src").join(section.file).with_extension("rs");
    let source = fs::read_to_string(&path).expect("a source");
    // A file of its own for each test that runs.
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let plain = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("header-{}-{number}.rs", std::process::id()));
    fs::write(&plain, with_pointers(&source)).expect("a file for cbindgen");
    let config = Config {
        language: Language::C,
        style: Style::Both,
        documentation_style: DocumentationStyle::Doxy,
        usize_is_size_t: true,
        line_length: 110,
        no_includes: true,
        export: ExportConfig { include: types(&source), ..ExportConfig::default() },
        function: FunctionConfig { must_use: Some("ESLP_NODISCARD".to_owned()), ..FunctionConfig::default() },
        ..Config::default()
    };
    let bindings = Builder::new().with_config(config).with_src(&plain).generate().expect("sources that parse");
    fs::remove_file(&plain).expect("the file is there");
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = String::from_utf8(text).expect("ASCII");
    let mut blocks: Vec<_> = text
        .split("\n\n")
        .map(str::trim)
        .filter(|block| !block.is_empty())
        .map(|block| (declared(block), block))
        // What the sources take from C is in them, too.
        .filter(|(name, _)| name.to_lowercase().starts_with("eslp_"))
        .map(|(name, block)| {
            let place = place(&source, name).unwrap_or_else(|| panic!("{name} is not in {}", path.display()));
            (place, tidy(block))
        })
        .chain(enums(&source))
        .collect();
    blocks.sort_by_key(|(place, _)| *place);
    blocks.into_iter().map(|(_, block)| block).collect()
}

/// The enums of a source, each with its place in it.
fn enums(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in source.match_indices("    pub enum eslp_") {
        let (name, rest) =
            source[at..].trim_start().trim_start_matches("pub enum ").split_once(" {\n").expect("an enum");
        let before: Vec<_> = source[..at].lines().rev().map_while(|line| line.trim().strip_prefix("///")).collect();
        let about: Vec<_> = before.into_iter().rev().collect();
        let mut text = comment(&about, "") + &format!("ESLP_ENUM({name}) {{\n");
        let mut words = Vec::new();
        for line in rest.lines().map(str::trim).take_while(|line| *line != "}") {
            if let Some(said) = line.strip_prefix("///") {
                words.push(said);
            } else if let Some((value, number)) = line.split_once(" = ") {
                let number = number.split([',', ' ']).next().expect("a number");
                text += &format!("{}  {value} = {number},\n", comment(&words, "  "));
                words.clear();
            }
        }
        found.push((at + 4, text + "};\n"));
    }
    found
}

/// A comment of C's in as few lines as it needs.
fn comment(lines: &[&str], indent: &str) -> String {
    match lines {
        [] => String::new(),
        [line] => format!("{indent}/**{line} */\n"),
        _ => {
            let lines: String = lines.iter().map(|line| format!("{indent} *{line}\n")).collect();
            format!("{indent}/**\n{lines}{indent} */\n")
        }
    }
}

/// Shorter: comments of one line on one line, and no `struct` before names that are types.
fn tidy(block: &str) -> String {
    let lines: Vec<_> = block.lines().collect();
    let mut text = String::new();
    let mut at = 0;
    while at < lines.len() {
        let (line, rest) = (lines[at], &lines[at + 1..]);
        if line.trim() == "/**" && rest.len() > 1 && rest[1].trim() == "*/" {
            let indent = &line[..line.len() - line.trim_start().len()];
            let words = rest[0].trim().trim_start_matches("* ");
            text += &format!("{indent}/** {words} */\n");
            at += 3;
            continue;
        }
        if let Some((name, number)) = line.strip_prefix("#define ").and_then(|rest| rest.split_once(" -")) {
            text += &format!("#define {name} (-{number})\n");
            at += 1;
            continue;
        }
        if line.starts_with("typedef struct") || line.starts_with("typedef union") || line.starts_with("typedef enum") {
            text += line;
        } else {
            text +=
                &line.replace("struct eslp_", "eslp_").replace("union eslp_", "eslp_").replace("enum eslp_", "eslp_");
        }
        text += "\n";
        at += 1;
    }
    match text.rfind("*/\n").map_or((0, text.len()), |at| (at + 3, text.len())) {
        (from, to) if text[from..to].ends_with(");\n") => format!("{}{}", &text[..from], wrap(&text[from..to])),
        _ => text,
    }
}

/// A function's declaration in lines that are not too long.
fn wrap(declaration: &str) -> String {
    let words = declaration.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut lines = vec![String::new()];
    for part in words.split_inclusive(", ") {
        let fits = lines.last().is_some_and(|line| line.len() + part.trim_end().len() <= 110);
        if !fits {
            lines.push("    ".to_owned());
        }
        lines.last_mut().expect("a line").push_str(part);
    }
    lines.iter().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// The well-known headers: cbindgen cannot make texts.
fn well_known_headers() -> String {
    let source = fs::read_to_string(crate_path("../esl-proto/src/name/header.rs")).expect("the core's list");
    let mut text =
        "/* Well-known headers: eslp_event_get(&event, ESLP_LIT(ESLP_HEADER_UNIQUE_ID), &value). */\n\n".to_owned();
    for line in source.lines() {
        if let Some(words) = line.strip_prefix("/// ") {
            // What refers to a type of the core is not for C.
            let words = words.split(": see [").next().unwrap_or(words).trim_end_matches('.');
            text += &format!("/** {words}. */\n");
        } else if let Some((name, value)) =
            line.strip_prefix("pub const ").and_then(|rest| rest.split_once(": &str = "))
        {
            text += &format!("#define ESLP_HEADER_{name} {}\n", value.trim_end_matches(';'));
        }
    }
    text
}

/// The version of the package, for the preprocessor.
fn version() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let numbers: Vec<u32> = version.split('.').map(|part| part.parse().expect("a number")).collect();
    let [major, minor, patch] = numbers[..] else { panic!("{version}") };
    format!(
        "/** The version of this header, its first part. eslp_version_number() tells the version of the library. */\n\
         #define ESLP_VERSION_MAJOR {major}\n\
         /** Its second part. */\n\
         #define ESLP_VERSION_MINOR {minor}\n\
         /** Its third part. */\n\
         #define ESLP_VERSION_PATCH {patch}\n\
         /** The three as one number, which grows with each version. */\n\
         #define ESLP_VERSION_NUMBER {}\n\
         /** The same as a text. */\n\
         #define ESLP_VERSION \"{version}\"\n",
        major * 1_000_000 + minor * 1000 + patch
    )
}

fn title(section: &Section) -> String {
    let rule = "=".repeat(72);
    let intro = section.intro.replace('\n', "\n * ");
    let Section { file, title, .. } = section;
    format!(
        "/* {rule}\n * {title}\n *\n * {intro}\n * {rule} */\n\n\
         /** @defgroup esl_proto_{file} {title}\n * {intro}\n * @{{ */\n"
    )
}

fn header() -> String {
    let mut parts = vec![include_str!("../header/front.h").to_owned()];
    for section in &SECTIONS {
        parts.push(title(section));
        if section.file == "status" {
            parts.push(version());
        }
        parts.extend(declarations(section));
        if !section.more.is_empty() {
            parts.push(section.more.to_owned());
        }
        if section.file == "name" {
            parts.push(well_known_headers());
        }
        parts.push("/** @} */\n".to_owned());
    }
    parts.push(include_str!("../header/back.h").to_owned());
    parts.join("\n")
}

#[test]
fn header_is_fresh() {
    let path = crate_path("../include/esl_proto.h");
    let fresh = header();
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &fresh).expect("include/ can be written");
    }
    let stale = fs::read_to_string(&path).unwrap_or_default();
    assert!(stale == fresh, "include/esl_proto.h is stale: UPDATE=1 cargo test -p esl-ffi --test header");
}

/// A struct or union of the header: its size and the places of its fields, where pointers have 64 and where they have 32 bits.
struct Layout {
    name: String,
    size: [usize; 2],
    align: [usize; 2],
    fields: Vec<(String, [usize; 2])>,
}

/// How all structs of a header lie in memory, by the rules that C compilers share.
fn layouts(header: &str) -> Vec<Layout> {
    let mut known: Vec<Layout> = Vec::new();
    let mut lines = code_and_comments(header).0.lines().map(str::to_owned).collect::<Vec<_>>().into_iter();
    while let Some(line) = lines.next() {
        let Some(opened) = line.strip_prefix("typedef ").and_then(|rest| rest.strip_suffix(" {")) else { continue };
        let (kind, name) = opened.split_once(' ').expect("a kind and a name");
        let mut layout = Layout { name: name.to_owned(), size: [0; 2], align: [1; 2], fields: Vec::new() };
        for field in lines.by_ref().take_while(|line| !line.starts_with('}')) {
            let Some(field) = field.trim().strip_suffix(';') else { continue };
            let (kinds, declared) = field.rsplit_once(' ').expect("a type and a name");
            let (name, count) =
                declared.strip_suffix(']').and_then(|name| name.split_once('[')).unwrap_or((declared, "1"));
            let count: usize = count.parse().expect("a number of elements");
            let mut places = [0; 2];
            for bits in 0..2 {
                let (size, align) = if name.starts_with('*') { ([8, 4], [8, 4]) } else { measure(kinds, &known) };
                let (size, align) = (size[bits] * count, align[bits]);
                let end = if kind == "union" { 0 } else { layout.size[bits].next_multiple_of(align) };
                places[bits] = end;
                layout.size[bits] = layout.size[bits].max(end + size);
                layout.align[bits] = layout.align[bits].max(align);
            }
            layout.fields.push((name.trim_start_matches('*').to_owned(), places));
        }
        for bits in 0..2 {
            layout.size[bits] = layout.size[bits].next_multiple_of(layout.align[bits]);
        }
        known.push(layout);
    }
    known
}

/// Size and alignment of a type.
fn measure(kind: &str, known: &[Layout]) -> ([usize; 2], [usize; 2]) {
    let number = |size| ([size; 2], [size; 2]);
    match kind {
        "uint8_t" | "bool" => number(1),
        "uint16_t" => number(2),
        "uint32_t" | "int32_t" => number(4),
        "uint64_t" | "int64_t" => number(8),
        "size_t" => ([8, 4], [8, 4]),
        // What is not declared as a struct is an enum.
        name => known.iter().find(|layout| layout.name == name).map_or(number(4), |layout| (layout.size, layout.align)),
    }
}

/// The pins for Rust.
fn pins_for_rust(layouts: &[Layout]) -> String {
    let mut text =
        include_str!("../src/layout.rs").split_once("\npins! {\n").expect("the pins").0.to_owned() + "\npins! {\n";
    for Layout { name, size, fields, .. } in layouts {
        let module = SECTIONS
            .iter()
            .map(|section| section.file)
            .find(|file| {
                let source = fs::read_to_string(crate_path("src").join(file).with_extension("rs")).expect("a source");
                place(&source, name).is_some()
            })
            .expect("a file that has the struct");
        text += &format!("    {module}::{name} {} {}", size[0], size[1]);
        // The places in a union are all 0, and those of private words of no interest.
        let shown: Vec<_> = fields
            .iter()
            .filter(|(name, _)| name != "opaque" && fields.iter().any(|(_, place)| place[0] != 0 || fields.len() == 1))
            .map(|(name, place)| format!("{} {} {}", if name == "as" { "r#as" } else { name }, place[0], place[1]))
            .collect();
        text += &if shown.is_empty() { String::new() } else { format!(" {{ {} }}", shown.join(", ")) };
        text += ",\n";
    }
    text + "}\n"
}

/// The pins for C: the layout of all structs, and all numbers.
fn pins_for_c(header: &str, layouts: &[Layout]) -> String {
    let mut text = include_str!("../header/layout.h").to_owned();
    text += "\n#if !defined(__i386__)\n";
    for Layout { name, size, fields, .. } in layouts {
        text += &format!("SIZE({name}, {}, {});\n", size[0], size[1]);
        for (field, place) in fields.iter().filter(|(name, _)| name != "opaque") {
            text += &format!("PLACE({name}, {field}, {}, {});\n", place[0], place[1]);
        }
    }
    text += "#endif\n\n";
    for line in code_and_comments(header).0.lines() {
        let number = |text: &str| text.chars().all(|letter| letter.is_ascii_digit() || "-()".contains(letter));
        if let Some((name, value)) =
            line.strip_prefix("  ESLP_").and_then(|line| line.strip_suffix(',')?.split_once(" = "))
        {
            text += &format!("NUMBER(ESLP_{name}, {value});\n");
        } else if let Some((name, value)) = line.strip_prefix("#define ESLP_").and_then(|rest| rest.split_once(' ')) {
            // Versions change.
            if number(value) && !value.is_empty() && !name.starts_with("VERSION") {
                text += &format!("NUMBER(ESLP_{name}, {value});\n");
            }
        }
    }
    text + "NUMBER(ESLP_NO_ID, UINT64_MAX);\n"
}

/// A compiled program depends on these: what another line here says means another `ESLP_ABI_VERSION`, unless it is new.
#[test]
fn layout_is_as_pinned() {
    let header = header();
    let layouts = layouts(&header);
    for (path, fresh) in
        [("src/layout.rs", pins_for_rust(&layouts)), ("tests/c/layout.c", pins_for_c(&header, &layouts))]
    {
        if env::var_os("UPDATE").is_some() {
            fs::write(crate_path(path), &fresh).expect("the file can be written");
        }
        let pinned = fs::read_to_string(crate_path(path)).unwrap_or_default();
        assert!(pinned == fresh, "{path} is stale: UPDATE=1 cargo test -p esl-ffi --test header");
    }
}

/// The functions that a header declares.
fn functions(header: &str) -> BTreeSet<String> {
    let code = code_and_comments(header).0;
    let lines = code.lines().map(|line| line.strip_prefix("ESLP_NODISCARD ").unwrap_or(line));
    let declared = lines.filter(|line| line.starts_with(|letter: char| letter.is_ascii_lowercase()));
    let declared = declared.filter(|line| !line.starts_with("static ") && !line.starts_with("typedef "));
    declared.filter_map(|line| line.split_once("(")?.0.rsplit([' ', '*']).next()).map(str::to_owned).collect()
}

/// The functions of a header as Rust calls them, for the fuzzer: what C has, it has, too.
fn functions_for_rust(header: &str) -> String {
    let code = code_and_comments(header).0.replace("ESLP_NODISCARD ", "").replace(",\n    ", ", ");
    let mut functions = String::new();
    for line in
        code.lines().filter(|line| line.ends_with(");") && line.starts_with(|first: char| first.is_ascii_lowercase()))
    {
        let Some((declared, parameters)) = line.split_once('(').filter(|_| !line.starts_with("static ")) else {
            continue;
        };
        let (kind, name) = typed(declared);
        if line.starts_with("typedef ") {
            continue;
        }
        let parameters: Vec<_> = parameters
            .trim_end_matches(");")
            .split(", ")
            .filter(|parameter| *parameter != "void")
            .map(typed)
            .map(|(kind, name)| format!("{name}: {kind}"))
            .collect();
        let parameters = parameters.join(", ");
        let safe = if parameters.contains('*') || parameters.contains("eslp_bytes") { "" } else { "safe " };
        let result = if kind == "()" { String::new() } else { format!(" -> {kind}") };
        functions += &format!("    pub {safe}fn {name}({parameters}){result};\n");
    }
    let mut text = "//! The functions of `include/esl_proto.h`, which `esl-ffi/tests/header.rs` writes here.\n#![allow(missing_docs, \
                    reason = \"the header has it\")]\n\nuse std::ffi::{c_char, c_void};\n\n"
        .to_owned();
    for Section { file, .. } in SECTIONS.iter().filter(|section| section.file != "handle") {
        text += &format!("use c_library::{file}::*;\n");
    }
    text + &format!(
        "\n#[allow(improper_ctypes, reason = \"handles are known by name only\")]\nunsafe extern \"C\" {{\n{functions}}}\n"
    )
}

/// The type of a declaration of C's in Rust, and its name.
fn typed(declaration: &str) -> (String, &str) {
    let (kind, name) = declaration.rsplit_once(' ').expect("a type and a name");
    let (constant, kind) = kind.strip_prefix("const ").map_or((false, kind), |kind| (true, kind));
    let pointers = name.len() - name.trim_start_matches('*').len();
    let kind = match kind {
        "void" if pointers > 0 => "c_void",
        "void" => "()",
        "char" => "c_char",
        "size_t" => "usize",
        "uint8_t" => "u8",
        "uint32_t" => "u32",
        "int32_t" => "i32",
        "uint64_t" => "u64",
        "int64_t" => "i64",
        other => other,
    };
    let pointer = if constant { "*const " } else { "*mut " };
    let outer = "*mut ".repeat(pointers.saturating_sub(1));
    (format!("{outer}{}{kind}", if pointers > 0 { pointer } else { "" }), name.trim_start_matches('*'))
}

#[test]
fn functions_for_the_fuzzer_are_fresh() {
    let path = crate_path("../fuzz/src/c_functions.rs");
    let fresh = functions_for_rust(&header());
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &fresh).expect("the file can be written");
    }
    let stale = fs::read_to_string(&path).unwrap_or_default();
    assert!(stale == fresh, "fuzz/src/c_functions.rs is stale: UPDATE=1 cargo test -p esl-ffi --test header");
}

/// Unsafe code is where pointers and numbers of C's are made safe, and nowhere else.
#[test]
fn functions_have_no_unsafe_code() {
    let places = ["lib.rs", "ptr.rs", "handle.rs", "number.rs"];
    for path in files("src", &["rs"]).iter().filter(|path| !places.iter().any(|place| path.ends_with(place))) {
        let code = code_and_comments(&fs::read_to_string(path).expect("a source")).0;
        for line in code.lines().filter(|line| line.contains("unsafe")) {
            // What exports a function, and the type of a function of C's.
            let exports = line == "#[unsafe(no_mangle)]" || line.trim() == "unsafe extern \"C\" fn(";
            assert!(exports, "{}: {line}", path.display());
        }
    }
}

/// Each function has the version in which it has come: a program that needs a newer library does not start, and is told why.
#[test]
fn every_function_has_a_version() {
    let path = crate_path("package/esl_proto.map");
    let declared = functions(&header());
    let mut map = fs::read_to_string(&path).expect("the map");
    let listed: BTreeSet<String> = map
        .lines()
        .filter_map(|line| Some(line.strip_prefix("    eslp_")?.trim_end_matches(';')))
        .map(|name| format!("eslp_{name}"))
        .collect();
    let new: String = declared.difference(&listed).map(|name| format!("    {name};\n")).collect();
    if env::var_os("UPDATE").is_some() {
        // Into the newest version, which is the last.
        map.insert_str(map.rfind("  global:\n").expect("a version") + "  global:\n".len(), &new);
        fs::write(&path, &map).expect("the map can be written");
        return;
    }
    assert!(
        new.is_empty(),
        "package/esl_proto.map lacks functions: UPDATE=1 cargo test -p esl-ffi --test header\n{new}"
    );
    let gone: Vec<_> = listed.difference(&declared).collect();
    assert!(
        gone.is_empty(),
        "package/esl_proto.map has functions that are no more, which needs another soname: {gone:?}"
    );
}

/// Splits C into its code and its comments, whatever language the comments' style is from.
fn code_and_comments(source: &str) -> (String, String) {
    let (mut code, mut comments) = (String::new(), String::new());
    let mut rest = source;
    while let Some(at) = ["/*", "//"].iter().filter_map(|start| rest.find(start)).min() {
        let (before, from) = rest.split_at(at);
        let end = if from.starts_with("/*") { "*/" } else { "\n" };
        let (comment, after) = from.split_once(end).unwrap_or((from, ""));
        code += before;
        code += "\n";
        comments += comment;
        comments += "\n";
        rest = after;
    }
    (code + rest, comments)
}

/// The words of a text that are names of this library.
fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let is_name = |word: &&str| word.to_ascii_lowercase().starts_with("eslp_");
    // `eslp_` and `ESLP_IN_` are how names begin.
    words.filter(is_name).filter(|word| !word.ends_with('_')).collect()
}

/// The files of a folder with one of these endings.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let entries = fs::read_dir(crate_path(folder)).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known))).collect()
}

/// A page without the first cells of its tables, which have names that are no more.
fn without_first_cells(page: &str) -> String {
    let line = |line: &'_ str| match line.trim_start().strip_prefix('|') {
        Some(cells) => cells.split_once('|').map_or("", |(_, rest)| rest).to_owned(),
        None => line.to_owned(),
    };
    page.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// What a comment or a page names can be looked up.
#[test]
fn every_name_is_declared() {
    let header = header();
    let (code, comments) = code_and_comments(&header);
    let posix = fs::read_to_string(crate_path("../include/esl_proto_posix.h")).expect("a header");
    let (posix_code, posix_comments) = code_and_comments(&posix);
    let declared: BTreeSet<_> = names(&code).union(&names(&posix_code)).copied().collect();
    let comments = comments + &posix_comments;
    let unknown: Vec<_> = names(&comments).difference(&declared).copied().collect();
    assert!(unknown.is_empty(), "comments of the header name what it does not declare: {unknown:?}");
    let mut others = [files("../include", &["hpp"]), files("../include/esl_proto", &["hpp"])].concat();
    others.extend(files("examples", &["c", "cpp"]));
    others.extend(
        ["", "/explain", "/how-to", "/reference", "/start"]
            .iter()
            .flat_map(|folder| files(&format!("../docs{folder}"), &["md"])),
    );
    others.extend([crate_path("../README.md"), crate_path("../CHANGELOG.md")]);
    for path in others {
        let text = fs::read_to_string(&path).expect("a file");
        let text = if path.ends_with("CHANGELOG.md") { without_first_cells(&text) } else { text };
        let unknown: Vec<_> = names(&text).difference(&declared).copied().collect();
        assert!(unknown.is_empty(), "{} names what the header does not declare: {unknown:?}", path.display());
    }
}
