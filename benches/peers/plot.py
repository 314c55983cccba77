"""Bars as SVG: short ones are good, so the scale is logarithmic and says so."""

import math
from xml.sax.saxutils import escape

ROW, LEFT, WIDTH, RIGHT, TOP, BOTTOM = 28, 220, 440, 80, 48, 52
OURS, THEIRS = "#1f6feb", "#9aa4b0"


def _text(x: float, y: float, text: str, **attributes: str) -> str:
    more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x:.0f}" y="{y:.0f}"{more}>{escape(text)}</text>'


def bars(title: str, about: str, rows: list[tuple[str, float, bool]]) -> str:
    """A bar for each `(name, value, ours)`, on a scale of powers of ten."""
    low = math.floor(math.log10(min(value for _, value, _ in rows)))
    high = math.ceil(math.log10(max(value for _, value, _ in rows)))
    # The shortest bar is still one, even if its value is a power of ten.
    low -= low == math.log10(min(value for _, value, _ in rows))

    def place(value: float) -> float:
        return LEFT + (math.log10(value) - low) / (high - low) * WIDTH

    bottom = TOP + ROW * len(rows)
    size = f"{LEFT + WIDTH + RIGHT} {bottom + BOTTOM}"
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="white"/>',
        _text(12, 24, title, font_size="15", font_weight="bold"),
    ]
    for power in range(low, high + 1):
        x = place(10.0**power)
        drawn.append(f'<line x1="{x:.0f}" y1="{TOP}" x2="{x:.0f}" y2="{bottom}" stroke="#d8dee4"/>')
        drawn.append(_text(x, bottom + 16, f"{10.0**power:g}", text_anchor="middle", fill="#57606a"))
    for row, (name, value, ours) in enumerate(rows):
        y = TOP + ROW * row
        width = place(value) - LEFT
        fill = OURS if ours else THEIRS
        drawn.append(_text(LEFT - 8, y + 18, name, text_anchor="end"))
        drawn.append(f'<rect x="{LEFT}" y="{y + 4}" width="{width:.0f}" height="{ROW - 8}" fill="{fill}"/>')
        drawn.append(_text(LEFT + width + 6, y + 18, f"{value:.3g}"))
    drawn.append(_text(12, bottom + 40, f"Logarithmic scale. {about}", font_size="11", fill="#57606a"))
    return "\n".join([*drawn, "</svg>\n"])
