"""Makes a library of a later day of the sources of today: grow.py FOLDER, which has a copy of them.

Every enum gets one more number, every struct that has room one more field, and there is a command, an option and a function
that are new. What is new is also used: results carry it, and inputs that have it are read otherwise.
"""

import pathlib
import re
import sys

FIELD = "    /// Of a later day.\n    pub grown: u64,\n"


def replace(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{text.count(old)} times: {old}"
    return text.replace(old, new)


def enum(found: re.Match[str]) -> str:
    """One number more, beyond all others; a status has a text, too."""
    name, body = found.group(1), found.group(2)
    number = max(int(number) for number in re.findall(r"^ +ESLP_\w+ = (-?\d+)", body, re.MULTILINE)) + 1
    text = ' => "of a later day"' if name == "eslp_status" else ""
    return f"{found.group(0)}        /// Of a later day.\n        {name.upper()}_GROWN = {number}{text},\n"


def struct(found: re.Match[str]) -> str:
    """A field more, where there was room."""
    room = int(found.group(2)) - 1
    rest = f"    /// Room.\n    pub reserved: [u64; {room}],\n" if room else ""
    return found.group(1) + FIELD + rest


def main() -> None:
    here = pathlib.Path(sys.argv[1])
    enums = structs = 0
    for path in sorted((here / "src").glob("*.rs")):
        text = path.read_text()
        if path.name != "number.rs":
            text, count = re.subn(r"^    pub enum (eslp_\w+) \{\n(.*?)(?=^    \}\n)", enum, text, flags=re.MULTILINE | re.DOTALL)
            enums += count
        # Lists of pairs have only one word of room, and check it.
        if path.name != "pairs.rs":
            text, count = re.subn(
                r"(^pub struct eslp_\w+ \{\n(?:(?!^\}).)*?)    /// Zeros[^\n]*\n    pub reserved: \[u64; (\d+)\],\n",
                struct,
                text,
                flags=re.MULTILINE | re.DOTALL,
            )
            structs += count
        if path.name == "client.rs":
            text, count = re.subn(r"id: ESLP_NO_ID,\s+unanswered:", "grown: 77, id: ESLP_NO_ID, unanswered:", text)
            assert count == 1, count
            nothing = "impl eslp_sent {\n    pub(crate) const NOTHING: Self = Self {"
            text = replace(text, nothing, nothing + " grown: 77,")
        if path.name == "event.rs":
            text = replace(text, "text: eslp_bytes::of(event.text()),", "grown: 77, text: eslp_bytes::of(event.text()),")
        if path.name == "decoder.rs":
            text = replace(
                text,
                "max_body: or(self.max_body, default.max_body)",
                "max_body: if self.grown != 0 { 1 } else { or(self.max_body, default.max_body) }",
            )
        if path.name == "command.rs":
            text = replace(
                text,
                "            eslp_command_kind::ESLP_COMMAND_EXIT => Command::Exit,\n",
                "            eslp_command_kind::ESLP_COMMAND_EXIT => Command::Exit,\n"
                "            eslp_command_kind::ESLP_COMMAND_KIND_GROWN => Command::GetVar { name: fields.api()?.line.octets(call)? },\n",
            )
            line = "Command::Api { line: api.line.octets(call)?,"
            text = replace(text, line, 'Command::Api { line: if api.grown != 0 { b"grown" } else { api.line.octets(call)? },')
        if path.name == "status.rs":
            text += (
                "\n/// Of a later day.\n#[unsafe(no_mangle)]\npub extern \"C\" fn eslp_grown() -> u32 {\n    77\n}\n"
            )
        path.write_text(text)
    assert enums == 41 and structs >= 45, (enums, structs)

    map_path = here / "package/esl_proto.map"
    map_path.write_text(map_path.read_text() + "\nESL_PROTO_0.2 {\n  global:\n    eslp_grown;\n} ESL_PROTO_0.1;\n")
    print(f"{enums} enums and {structs} structs have grown, there is a command, an option and a function more")


main()
