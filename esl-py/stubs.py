"""Writes the docstrings of the native module into its stubs, where editors look for them, and the core's vocabulary into
`esl_proto.names`, where type checkers do.

python esl-py/stubs.py [--check]

What they say stands in the Rust sources; `--check` only tells whether the files say the same.
"""

import ast
import inspect
import sys
import textwrap
from pathlib import Path

import esl_proto._native as native

PACKAGE = Path(__file__).resolve().parent / "python" / "esl_proto"


def docstring(path: str, indent: str) -> str | None:
    """What the object of this name says of itself, as a literal."""
    found: object = native
    for name in path.split("."):
        found = getattr(found, name)
    doc = inspect.cleandoc(getattr(found, "__doc__", None) or "")
    if not doc:
        return None
    lines = textwrap.indent(doc.replace("\\", "\\\\"), indent).strip().splitlines()
    end = "" if len(lines) == 1 else f"\n{indent}"
    return f'{indent}"""' + "\n".join(lines) + f'{end}"""'


def documented(source: str) -> str:
    """The stubs with the docstrings of today."""
    lines = source.splitlines()

    def visit(scope: ast.Module | ast.ClassDef, path: str) -> None:
        # From the bottom up: what is written moves only what has been seen. Of overloads the last one speaks.
        nodes = [node for node in scope.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
        last_of = {node.name: node for node in nodes}
        for node in reversed(nodes):
            name = path + node.name
            if isinstance(node, ast.ClassDef):
                visit(node, f"{name}.")
            if not node.name.startswith("__") and node is last_of[node.name]:
                write(node, name)

    def write(node: ast.ClassDef | ast.FunctionDef, name: str) -> None:
        doc = docstring(name, " " * (node.col_offset + 4))
        first = node.body[0]
        if doc is None:
            return
        if ast.get_docstring(node) is not None:
            lines[first.lineno - 1 : first.end_lineno] = doc.splitlines()
        elif isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and first.value.value is ...:
            line = lines[first.lineno - 1]
            lines[first.lineno - 1 : first.lineno] = [line[: first.col_offset].rstrip(), *doc.splitlines()]
        else:
            start = min([first.lineno, *(decorator.lineno for decorator in getattr(first, "decorator_list", []))])
            lines[start - 1 : start - 1] = [*doc.splitlines(), ""]

    visit(ast.parse(source), "")
    return "\n".join(lines) + "\n"


def listed(source: str) -> str:
    """The enums with the members of today: a member's name is its word in capitals, without the server's prefix."""
    lines = source.splitlines()
    vocabulary = dict(native.vocabulary())
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.ClassDef) and node.name in vocabulary:
            old = [member for member in node.body if isinstance(member, ast.Assign)]
            lines[old[0].lineno - 1 : old[-1].end_lineno] = [
                f'    {word.upper().removeprefix("CS_")} = "{word}"' + ("" if code is None else f", {code}")
                for word, code in vocabulary[node.name]
            ]
    return "\n".join(lines) + "\n"


def main() -> int:
    stale = False
    for name, renewed in [("_native.pyi", documented), ("names.py", listed)]:
        path = PACKAGE / name
        source = path.read_text()
        wanted = renewed(source)
        stale |= source != wanted
        if "--check" not in sys.argv[1:]:
            path.write_text(wanted)
    return int(stale and "--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
