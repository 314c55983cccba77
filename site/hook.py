"""What the site has besides the pages in docs/: pages that lie elsewhere in the repository, the files that pages link to,
and references that are made of the sources."""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent))
import reference

ROOT = Path(__file__).resolve().parents[1]
# Where a page lies, and where the site has it.
ELSEWHERE = {
    "ARCHITECTURE.md": "project/architecture.md",
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "RELEASING.md": "project/releasing.md",
    "SECURITY.md": "project/security.md",
    "esl-py/README.md": "python/package.md",
    "esl-py/docs/aio.md": "python/aio.md",
    "esl-py/docs/cli.md": "python/cli.md",
    "esl-py/docs/dial.md": "python/dial.md",
    "esl-py/docs/events.md": "python/events.md",
    "esl-py/docs/esl.md": "python/esl.md",
    "esl-py/docs/many.md": "python/many.md",
    "esl-py/docs/observe.md": "python/observe.md",
    "esl-py/docs/sync.md": "python/sync.md",
    "esl-py/docs/testing.md": "python/testing.md",
    "esl-tokio/docs/from-freeswitch-esl-tokio.md": "rust/from-freeswitch-esl-tokio.md",
}
MADE = {
    "reference/errors.md": reference.errors,
    "reference/header.md": reference.header,
    "reference/python.md": reference.python,
}
# Where a link to one of these goes.
INSTEAD = {"README.md": "index.md"}
LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)\s]*)?\))")
FENCE = re.compile(r"^(```.*?^```\n|~~~.*?^~~~\n)", re.M | re.S)
LANGUAGES = {".c": "c", ".cpp": "cpp", ".h": "c", ".hpp": "cpp", ".py": "python", ".rs": "rust", ".md": "markdown"}


def place(source: str) -> str | None:
    """Where the site has a file of the repository."""
    if source in INSTEAD:
        return INSTEAD[source]
    if source in ELSEWHERE:
        return ELSEWHERE[source]
    if source.startswith("docs/"):
        return source.removeprefix("docs/")
    if (ROOT / source).is_file():
        # A page that shows it.
        return f"source/{source}.md"
    return None


def target(source: str, link: str) -> str | None:
    """The file of the repository that a relative link of a page of it leads to."""
    if ":" in link or link.startswith("/"):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), link))


def outside_code(text: str, change) -> str:
    """`change` of all that is no block of code."""
    return "".join(part if at % 2 else change(part) for at, part in enumerate(FENCE.split(text)))


def bars(found: re.Match[str]) -> str:
    """A row of a table: GitHub wants the bars in its code escaped, the site would show the backslashes."""
    return re.sub(r"`[^`]+`", lambda code: code[0].replace("\\|", "|"), found[0])


def carried(source: str, text: str, config: MkDocsConfig, files: Files) -> str:
    """The text of a page with links as the site needs them; files that they lead to get pages."""
    here = place(source) or ""

    def link(found: re.Match[str]) -> str:
        leads = target(source, found[2])
        there = leads and place(leads)
        if not leads or not there:
            return found[0]
        if there.startswith("source/") and files.get_file_from_path(there) is None:
            shown = ROOT / leads
            language = LANGUAGES.get(shown.suffix, "text")
            content = f"# {leads}\n\n~~~{language}\n{shown.read_text(encoding='utf-8')}\n~~~\n"
            files.append(File.generated(config, there, content=content))
            config.nav_omitted.add(there)
        return found[1] + posixpath.relpath(there, posixpath.dirname(here) or ".") + found[3]

    # What rustdoc hides belongs to the program: here readers see it.
    text = re.sub(r"^```rust[^\n]*\n.*?^```$", lambda found: re.sub(r"^# ?(?=[^\[!]|$)", "", found[0], flags=re.M), text, flags=re.M | re.S)
    text = re.sub(r"^```rust,\S+$", "```rust", text, flags=re.M)
    return outside_code(text, lambda part: re.sub(r"^\|.*$", bars, LINK.sub(link, part), flags=re.M))


def on_files(files: Files, config: MkDocsConfig) -> Files:
    config.nav_omitted = set()
    for file in list(files.documentation_pages()):
        source = f"docs/{file.src_uri}"
        text = carried(source, (ROOT / source).read_text(encoding="utf-8"), config, files)
        files.remove(file)
        files.append(File.generated(config, file.src_uri, content=text))
    for source, there in ELSEWHERE.items():
        text = carried(source, (ROOT / source).read_text(encoding="utf-8"), config, files)
        files.append(File.generated(config, there, content=text))
    for there, make in MADE.items():
        files.append(File.generated(config, there, content=make(ROOT)))
    for there in config.nav_omitted:
        # Reached from the pages that link to it.
        files.get_file_from_path(there).inclusion = files.get_file_from_path(there).inclusion.NOT_IN_NAV
    return files
