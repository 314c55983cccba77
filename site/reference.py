"""References that are made of the sources, as Markdown: errors by number, the C header, the Python classes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# ----- Errors


class Number(NamedTuple):
    number: int
    name: str
    words: str
    doc: str


GROUPS = [
    (100, "Framing", "The stream does not follow the protocol, and cannot be read any further."),
    (200, "Event documents", "One event can be read only in part. The stream continues."),
    (300, "Commands that are refused", "Nothing was written or sent."),
    (400, "Requests that are not understood", "A client's requests, on the listener's side."),
    (500, "Dial strings", "A call that cannot be written, or a line that cannot be read."),
    (600, "Commands that may not be sent now", "Nothing was written or sent."),
    (700, "The listener's side", "Events and responses that a host may not send."),
    (800, "Conversions", "A text is not of the requested type."),
    (900, "Applications", "Arguments that cannot be written."),
]


def _doc(lines: str) -> str:
    text = " ".join(re.findall(r"///\s?(.*)", lines))
    # Links of rustdoc lead nowhere here.
    return re.sub(r"\[(`[^`]*`)\](\([^)]*\))?|\[([^]]*)\]\([^)]*\)", lambda found: found[1] or found[3], text).strip()


def _documented(lines: list[str]) -> Iterator[tuple[str, str]]:
    """The lines that are no comments, each with the comment that stands before it."""
    comment: list[str] = []
    for line in lines:
        line = line.strip()
        if line.startswith("///"):
            comment.append(line)
        else:
            yield line, _doc("\n".join(comment))
            comment = []


def _numbers(root: Path) -> Iterator[Number]:
    for path in sorted((root / "esl-proto/src").rglob("*.rs")):
        table = enum = wrapped = None
        variants: dict[str, str] = {}
        for line, doc in _documented(path.read_text(encoding="utf-8").splitlines()):
            if line in ("numbered! {", "unwritten! {"):
                table, wrapped = ("", None) if line[0] == "n" else (None, "")
            elif table == "" and (named := re.fullmatch(r"(\w+) \{", line)):
                table = named[1]
            elif table and (row := re.fullmatch(r'(\w+) = (\d+), "(.*)";', line)):
                yield Number(int(row[2]), f"{table}::{row[1]}", row[3], doc)
            elif wrapped == "" and (named := re.fullmatch(r"(\w+) of \w+, code (\d+)", line)):
                yield Number(int(named[2]), f"{named[1]}::Insufficient", "", "Too little room: `required()` returns how much is needed.")
            elif line == "}":
                table = wrapped = None
            # Errors that hold others have numbers of their own for what is theirs.
            if named := re.fullmatch(r"pub enum (\w+Error) \{", line):
                enum, variants = named[1], {}
            elif enum and (variant := re.fullmatch(r"(\w+)(?:\(.*\))?,", line)):
                variants[variant[1]] = doc
            elif enum and (row := re.fullmatch(r"Self::(\w+)(?:\(_\))? => (\d{3}),", line)):
                yield Number(int(row[2]), f"{enum}::{row[1]}", "", variants.get(row[1], ""))


def errors(root: Path) -> str:
    numbers = sorted(set(_numbers(root)))
    status = (root / "esl-ffi/src/status.rs").read_text(encoding="utf-8")
    in_c: dict[int, str] = {}
    rest: list[tuple[int, str, str]] = []
    for line, doc in _documented(status.splitlines()):
        if row := re.fullmatch(r"(ESLP_\w+) = (-?\d+)(?: => .*)?,", line):
            in_c[-int(row[2])] = row[1]
            if int(row[2]) > -100:
                rest.append((int(row[2]), row[1], doc))
    # A page that has lost its half is a fault of the patterns above.
    assert len(in_c) > 50 and len(numbers) > 70, "the tables of the code have another form"
    out = [
        "# Errors by number",
        "",
        "A number is the same in every language and never changes: `code()` in Rust, `error.code` in Python, the status of a",
        "function, with a minus in front, in C and C++. This page is made of the tables in the code.",
        "",
        "If a text is refused, the error has its position, too: `offset` is the byte from 0, `item` or `field` says which of",
        "several texts it is.",
    ]
    for first, title, words in GROUPS:
        these = [number for number in numbers if first <= number.number < first + 100]
        out += ["", f"## From {first + 1 if first != 300 else first}: {title.lower()}", "", words, ""]
        out += ["| number | in Rust | in C | what it says |", "|---|---|---|---|"]
        for at, number in enumerate(these):
            place = "" if at and these[at - 1].number == number.number else f'<span id="e{number.number}"></span>'
            c = f"`{in_c[number.number]}`" if number.number in in_c else ""
            said = number.doc or number.words
            out.append(
                f"| {place}{number.number} | `{number.name}` | {c} | "
                + said.replace("|", "\\|")
                + " |"
            )
    out += ["", "## Only in C", "", "Positive numbers are not errors: they tell you what to do next.", ""]
    out += ["| number | name | what it says |", "|---|---|---|"]
    out += [f"| {number} | `{name}` | {doc} |" for number, name, doc in rest]
    return "\n".join(out) + "\n"


# ----- The C header

_COMMENT = re.compile(r"^\s*/?\*+/? ?|\s*\*/\s*$")


def _plain(comment: str) -> str:
    lines = [_COMMENT.sub("", line).rstrip() for line in comment.strip().splitlines()]
    text = "\n".join(line for line in lines if not line.startswith("===")).strip()
    # Names of the library are code; nothing else in a comment is Markdown.
    text = re.sub(r"(?<![`\w])((?:eslp|ESLP)_\w+(?:\(\))?)", r"`\1`", text)
    return text.replace("<", "&lt;")


def header(root: Path) -> str:
    text = (root / "include/esl_proto.h").read_text(encoding="utf-8")
    body = text[text.index("/* =====") :]
    out = [
        "# The header",
        "",
        "All of `esl_proto.h`, generated from the header. [From C](../c.md) is the tour; the C++ headers",
        "(`esl_proto.hpp`) have the same as classes, with a comment on each.",
    ]
    for comment, code in _declarations(body.splitlines()):
        if not code:
            lines = _plain(comment).splitlines()
            out += ["", f"## {lines[0]}", "", "\n".join(lines[1:]).strip()]
            continue
        name = re.search(r"^ESLP_ENUM\((\w+)\)|\b((?:eslp|ESLP)_\w+)\(|^\} *(\w+);|#define (\w+)|\b(eslp_\w+);|\(\*(\w+)\)", code, re.M)
        title = next((group for group in name.groups() if group), "") if name else ""
        out += ["", f"### {title}", "", _plain(comment), "", "~~~c", code, "~~~"]
    return "\n".join(out) + "\n"


def _declarations(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Comments with the declarations that follow them; a heading has none."""
    at = 0
    while at < len(lines):
        if not lines[at].startswith("/*"):
            at += 1
            continue
        begin = at
        while not lines[at].endswith("*/"):
            at += 1
        at += 1
        comment = "\n".join(lines[begin:at])
        if "====" in comment:
            yield comment, ""
        elif comment.startswith("/** @"):
            # Groups are doxygen's: the headings say the same.
            continue
        elif comment.startswith("/**"):
            begin = at
            is_block = lines[at].endswith("{")
            while not (lines[at].startswith("}") if is_block else lines[at].endswith(";") or lines[at].startswith("#define")):
                at += 1
            at += 1
            yield comment, "\n".join(lines[begin:at])


# ----- The Python classes

_PARTS = [
    ("esl_proto", "The protocol without I/O", "__init__.py"),
    ("esl_proto.aio", "asyncio", "aio/__init__.py"),
    ("esl_proto.sync", "Blocking sockets", "sync/__init__.py"),
    ("esl_proto.observe", "Observers", "observe.py"),
    ("esl_proto.otel", "OpenTelemetry", "otel.py"),
    ("esl_proto.prometheus", "Prometheus", "prometheus.py"),
    ("esl_proto.testing", "A simulated switch for tests", "testing/__init__.py"),
]


def _exported(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            return [name for name in ast.literal_eval(node.value) if not name.startswith("_")]
    return []


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    arguments = ast.unparse(node.args)
    arguments = re.sub(r"^(self|cls)(, )?", "", arguments)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    word = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    return f"{word}{node.name}({arguments}){returns}"


def _is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(by, ast.Name) and by.id == "property" for by in node.decorator_list)


def _members(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for member in node.body:
        if not isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if member.name.startswith("_") and member.name not in ("__init__", "__new__"):
            continue
        said = ast.get_docstring(member) or ""
        if member.name in ("__init__", "__new__"):
            if said:
                yield f"{node.name}({_signature(member).split('(', 1)[1].split(' -> ')[0]}", said
        elif _is_property(member):
            returns = f": {ast.unparse(member.returns)}" if member.returns else ""
            yield member.name + returns, said
        elif said:
            yield _signature(member), said


def python(root: Path) -> str:
    package = root / "esl-py/python/esl_proto"
    out = [
        "# The Python classes",
        "",
        "The output of `help()`, generated from the stubs and sources. The pages [asyncio](../python/aio.md),",
        "[blocking code](../python/sync.md) and [testing](../python/testing.md) show them at work.",
    ]
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in [*package.rglob("*.py"), *package.rglob("*.pyi")]}
    for module, title, init in _PARTS:
        out += ["", f"## {module}: {title[0].lower()}{title[1:]}"]
        near = package / init
        for name in _exported(trees[near]):
            # Of two of one name, the one that lies next to the module.
            found = [
                (len(set(path.parents) ^ set(near.parents)), str(path), node)
                for path, tree in trees.items()
                for node in tree.body
                if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name
            ]
            if not found:
                continue
            node = min(found, key=lambda one: one[:2])[2]
            said = ast.get_docstring(node) or ""
            out += ["", f"### {module}.{name}", ""]
            if isinstance(node, ast.FunctionDef):
                out += ["~~~python", _signature(node), "~~~", ""]
            out += [said.replace("<", "&lt;"), ""]
            if isinstance(node, ast.ClassDef):
                for signature, words in _members(node):
                    out += [f"`{signature}`", "", "> " + words.replace("<", "&lt;").replace("\n", "\n> "), ""]
    return "\n".join(out) + "\n"
