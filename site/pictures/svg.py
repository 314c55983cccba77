"""Shapes as SVG text that is readable on light and on dark pages: colours are classes, chosen by what the reader prefers."""

from __future__ import annotations

from xml.sax.saxutils import escape

LIGHT = {"page": "#ffffff", "ink": "#1f2933", "soft": "#5b6773", "line": "#9aa7b2", "box": "#eef2f5", "ours": "#1d6fb8", "on": "#ffffff", "warm": "#b4540a", "good": "#1a7f4b", "bad": "#c02d2d"}
DARK = {"page": "#15191e", "ink": "#e4e9ee", "soft": "#9fabb7", "line": "#5d6975", "box": "#232a32", "ours": "#5aa9ee", "on": "#0c1116", "warm": "#f0a35e", "good": "#5ecb92", "bad": "#f07f7f"}


def _rules(colours: dict[str, str]) -> str:
    fills = "".join(f".{name}{{fill:{colour}}}" for name, colour in colours.items())
    strokes = "".join(f".{name}-line{{stroke:{colour}}}" for name, colour in colours.items())
    return fills + strokes


class Picture:
    """A picture of a size. Places are of the upper left corner."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.width, self.height = width, height
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" '
            'font-family="system-ui, sans-serif" font-size="14">',
            f"<title>{escape(title)}</title>",
            f"<style>{_rules(LIGHT)}@media(prefers-color-scheme:dark){{{_rules(DARK)}}}</style>",
            '<rect class="page" width="100%" height="100%" rx="6"/>',
        ]

    def text(self, x: float, y: float, text: str, *, ink: str = "ink", anchor: str = "start", size: int = 14, bold: bool = False, mono: bool = False) -> None:
        more = (' font-weight="600"' if bold else "") + (' font-family="ui-monospace, monospace"' if mono else "")
        self.parts.append(
            f'<text class="{ink}" x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}"{more}>{escape(text)}</text>'
        )

    def box(self, x: float, y: float, width: float, height: float, *lines: str, fill: str = "box", ink: str = "ink", size: int = 14) -> None:
        """A box with lines in its middle, the first of them bold."""
        self.parts.append(
            f'<rect class="{fill} line-line" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" stroke-width="1"/>'
        )
        step = size + 5
        top = y + height / 2 - step * (len(lines) - 1) / 2 + size * 0.35
        for at, line in enumerate(lines):
            self.text(x + width / 2, top + at * step, line, anchor="middle", bold=at == 0, ink=ink, size=size if at == 0 else size - 1)

    def line(self, points: list[tuple[float, float]], *, ink: str = "line", dashed: bool = False, head: bool = True, curve: bool = False) -> None:
        """A line through points, with a head at its end."""
        if curve:
            (x0, y0), (x1, y1), (x2, y2) = points
            path = f"M{x0:g} {y0:g}Q{x1:g} {y1:g} {x2:g} {y2:g}"
        else:
            path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(f'<path class="{ink}-line" d="{path}" fill="none" stroke-width="1.6"{dash}/>')
        if head:
            (x0, y0), (x1, y1) = points[-2:]
            length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
            dx, dy = (x1 - x0) / length, (y1 - y0) / length
            a, b = (x1 - 9 * dx - 4 * dy, y1 - 9 * dy + 4 * dx), (x1 - 9 * dx + 4 * dy, y1 - 9 * dy - 4 * dx)
            self.parts.append(
                f'<path class="{ink}" d="M{x1:g} {y1:g}L{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}Z"/>'
            )

    def bar(self, x: float, y: float, width: float, height: float, ink: str) -> None:
        self.parts.append(f'<rect class="{ink}" x="{x:g}" y="{y:g}" width="{width:.1f}" height="{height:g}" rx="2"/>')

    def done(self) -> str:
        return "\n".join([*self.parts, "</svg>\n"])
