"""Checks the pages of a built site: whatever they link to or show is there, anchors too, and nothing comes from elsewhere.

    check.py FOLDER
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The places and the links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if not value:
                continue
            if name == "id" or (tag == "a" and name == "name"):
                self.places.add(value)
            elif name == "href" and tag == "a":
                self.links.append(value)
            elif name == "src" or (name == "href" and tag == "link"):
                self.loads.append(value)


def main() -> int:
    root = Path(sys.argv[1]).resolve()
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in root.rglob("*.html")}
    wrong: list[str] = []
    count = 0
    for path, page in pages.items():
        here = path.relative_to(root)
        for link in [*page.links, *page.loads]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in page.loads and parts.scheme != "data":
                    wrong.append(f"{here}: is loaded from elsewhere: {link}")
                continue
            # Links of the page that is shown for any wrong address are absolute.
            base = root if parts.path.startswith("/") else path.parent
            there = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
            there = there / "index.html" if there.is_dir() else there
            count += 1
            if not there.is_file():
                wrong.append(f"{here}: leads nowhere: {link}")
            elif parts.fragment and there in pages and unquote(parts.fragment) not in pages[there].places:
                if parts.fragment != "__skip":
                    wrong.append(f"{here}: has no such place: {link}")
    for line in wrong:
        print(f"site: {line}", file=sys.stderr)
    if not wrong:
        print(f"site: {len(pages)} pages, {count} links that lead somewhere")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
