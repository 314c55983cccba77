"""wallboard.py, in headless Chromium: what the page shows is what the switch has said."""

from __future__ import annotations

import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chromium import Page
from esl_proto.testing import Switch
from servers import Program, chromium_program, free_port, until

Start = Callable[..., Program]
PICTURE = Path(__file__).resolve().parents[3] / "docs/pictures/wallboard.png"
ROWS = "[...document.querySelectorAll('#calls tr')].map(row => [...row.cells].map(cell => cell.textContent))"
STATES = f"{ROWS}.map(row => row[3]).sort().join()"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    if chromium_program() is None:
        pytest.skip("chromium is not there")
    page = Page(tmp_path)
    yield page
    page.close()


def address(program: Program) -> str:
    return f"http://127.0.0.1:{program.page}/"  # type: ignore[attr-defined]


@pytest.fixture
def board(switch: Switch, start: Start) -> Program:
    return begin(start, f"pbx={switch.address}")


def begin(start: Start, switches: str, *more: str) -> Program:
    port = free_port()
    program = start("wallboard", "--switch", switches, "--listen", f"127.0.0.1:{port}", *more)
    program.page = port  # type: ignore[attr-defined]
    program.wait_ready()
    return program


def test_calls_come_ring_are_answered_bridged_and_end(switch: Switch, board: Program, page: Page) -> None:
    early = switch.new_call(caller="early")
    page.open(address(board))
    page.wait(f"{ROWS}.length === 1")
    assert page.run("document.getElementById('link').textContent") == "live from pbx"
    early.hangup("USER_BUSY")
    page.wait(f"{ROWS}.length === 0 && !document.getElementById('none').hidden")
    call = switch.new_call(caller="1000")
    page.wait(f"{ROWS}.length === 1")
    call.answer()
    page.wait(f"{STATES} === 'ACTIVE'")
    call.execute("bridge", "user/1001")
    page.wait(f"{ROWS}.length === 2 && {ROWS}.every(row => row[5])")
    bridged = page.run(ROWS)
    assert sorted(row[5] for row in bridged) == ["sofia/internal/1000", "user/1001"]
    assert all(":" in row[4] and row[6] == "pbx" for row in bridged)
    call.hangup()
    page.wait(f"{ROWS}.length === 0")
    number = "document.getElementById('{}').textContent"
    page.wait(f"{number.format('ended')} === '3'")
    assert page.run(number.format("peak")) == "2" and page.run(number.format("answered")) == "67 %"
    assert "USER_BUSY1" in page.run(number.format("causes"))
    assert not page.said, page.said


def test_a_switch_that_goes_and_comes_back_is_told_in_plain_words(switch: Switch, board: Program, page: Page) -> None:
    switch.new_call()
    page.open(address(board))
    page.wait(f"{ROWS}.length === 1")
    switch.stop()
    page.wait("document.getElementById('trouble').textContent.includes('No connection to pbx since')")
    assert board.health()[0] == 503
    switch.start()
    page.wait("document.getElementById('trouble').textContent === ''")
    page.wait(f"{ROWS}.length === 0")
    assert "nothing was heard of pbx for" in page.run("document.getElementById('gaps').textContent")
    switch.new_call()
    page.wait(f"{ROWS}.length === 1")


def test_what_callers_are_called_is_text(switch: Switch, board: Program, page: Page) -> None:
    page.open(address(board))
    evil = ["<script>window.evil = 1</script>", "<img src=x onerror='window.evil = 1'>", '"><b>bold', "\u202etxet", "&lt;", "</td></tr></table>"]
    for name in evil:
        switch.new_call(caller=name)
    page.wait(f"{ROWS}.length === {len(evil)}")
    assert sorted(row[0] for row in page.run(ROWS)) == sorted(evil)
    assert page.run("window.evil === undefined && document.querySelectorAll('table b, table img, table script').length === 0")
    assert all(url.startswith((address(board), "data:,")) for url in page.asked)


def test_500_calls_are_shown_found_and_sorted(switch: Switch, board: Program, page: Page) -> None:
    page.open(address(board))
    page.wait("document.getElementById('link')?.textContent === 'live from pbx'")
    for number in range(500):
        switch.new_call(caller=str(10000 + number))
    page.wait(f"{ROWS}.length === 500", 60)
    assert page.run("document.getElementById('now').textContent") == "500"
    # By the keyboard alone: to the field, a word, to the heads, sorted.
    page.run("document.getElementById('find').focus()")
    for digit in "10499":
        page.key(digit, ord(digit), digit)
    page.wait(f"{ROWS}.length === 1 && {ROWS}[0][0] === '10499'")
    assert page.run("document.getElementById('count').textContent") == "1 of 500 shown"
    page.run("document.getElementById('find').select()")
    page.key("Delete", 46)
    page.wait(f"{ROWS}.length === 500")
    page.key("Tab", 9)
    page.key("Tab", 9)
    assert page.run("document.activeElement.textContent") == "From"
    page.key("Enter", 13, "\r")
    page.wait(f"{ROWS}[0][0] === '10000' && document.querySelector('[aria-sort=ascending]').dataset.key === 'from'")
    page.key("Enter", 13, "\r")
    page.wait(f"{ROWS}[0][0] === '10499' && document.querySelector('[aria-sort=descending]').dataset.key === 'from'")
    assert not page.said, page.said


def test_queues_and_conferences_are_counted(switch: Switch, board: Program, page: Page) -> None:
    page.open(address(board))
    page.wait("document.getElementById('link')?.textContent === 'live from pbx'")
    for who in "ab":
        switch.fire("CUSTOM", {"CC-Queue": "support@x", "CC-Action": "member-queue-start", "CC-Member-UUID": who}, subclass="callcenter::info")
    switch.fire("CUSTOM", {"CC-Queue": "support@x", "CC-Action": "member-queue-end", "CC-Member-UUID": "a"}, subclass="callcenter::info")
    switch.fire("CUSTOM", {"Conference-Name": "3000", "Action": "add-member", "Conference-Size": "4"}, subclass="conference::maintenance")
    page.wait("document.getElementById('queues').textContent === 'support@x (pbx)1' && document.getElementById('conferences').textContent === '3000 (pbx)4'")


def test_it_fits_into_360_pixels_in_light_and_dark(switch: Switch, board: Program, page: Page) -> None:
    call = switch.new_call("sofia/internal/a-very-long-name-of-a-channel-without-any-blank@host.example.org", caller="very-long-name" * 8)
    call.execute("bridge", "user/1001")
    page.size(360, 740)
    page.open(address(board))
    page.wait(f"{ROWS}.length === 2")
    assert page.run("document.documentElement.scrollWidth") <= 360
    backs = []
    for scheme in ("light", "dark"):
        page.scheme(scheme)
        # As WCAG counts it, of every color of text on the two grounds.
        contrast = """(() => {
            const probe = document.body.appendChild(document.createElement('i'));
            const light = (name) => {
                probe.style.color = `var(--${name})`;
                const [r, g, b] = getComputedStyle(probe).color.match(/\\d+/g).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const found = ['ink', 'soft', 'ours', 'good', 'warm', 'bad'].flatMap((ink) => ['back', 'box'].map((back) => {
                const [x, y] = [light(ink), light(back)].sort((a, b) => b - a);
                return (x + 0.05) / (y + 0.05);
            }));
            probe.remove();
            return Math.min(...found);
        })()"""
        assert page.run(contrast) >= 4.5, scheme
        backs.append(page.run("getComputedStyle(document.body).backgroundColor"))
    assert backs[0] != backs[1]


def test_two_switches_are_one_board(switch: Switch, start: Start, page: Page) -> None:
    with Switch() as other:
        board = begin(start, f"east={switch.address},west={other.address}")
        page.open(address(board))
        switch.new_call(caller="1")
        other.new_call(caller="2")
        page.wait(f"{ROWS}.length === 2")
        assert sorted(row[6] for row in page.run(ROWS)) == ["east", "west"]
        other.stop()
        page.wait("document.getElementById('trouble').textContent.includes('west')")
        switch.new_call(caller="3")
        page.wait(f"{ROWS}.length === 3")
        other.start()


def test_a_token_is_wanted_and_goes_out_of_the_address(switch: Switch, start: Start, page: Page) -> None:
    board = begin(start, f"pbx={switch.address}", "--token", "letmein77")
    for path in ("", "events", "wallboard.js"):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(address(board) + path)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(address(board) + "?token=wrong")
    page.open(address(board) + "?token=letmein77")
    page.wait("document.getElementById('link')?.textContent === 'live from pbx'")
    assert page.run("location.href") == address(board)
    request = urllib.request.Request(address(board), headers={"Authorization": "Bearer letmein77"})
    assert urllib.request.urlopen(request).status == 200
    assert "letmein77" not in board.log.read_text()


def test_beyond_loopback_a_token_is_made(switch: Switch, start: Start) -> None:
    port = free_port()
    board = start("wallboard", "--switch", switch.address, "--listen", f"0.0.0.0:{port}")
    board.wait_ready()
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/")
    path = next(line["path"] for line in board.said() if "path" in line)
    asked = http.client.HTTPConnection("127.0.0.1", port)
    asked.request("GET", path)
    answer = asked.getresponse()
    assert answer.status == 303 and "HttpOnly" in str(answer.getheader("set-cookie"))
    asked.close()


def test_it_ends_in_order_while_pages_are_open(board: Program, page: Page) -> None:
    page.open(address(board))
    page.wait("document.getElementById('link')?.textContent === 'live from pbx'")
    assert board.end() == 0
    page.wait("document.getElementById('link').className === 'bad'")
    board.start()
    board.wait_ready()
    page.wait("document.getElementById('link')?.textContent === 'live from pbx'")


def test_picture(start: Start, page: Page) -> None:
    """Of the calls of a small office, for the page in the docs: kept if UPDATE is set."""
    with Switch(scenario=True, calls_per_second=2) as office:
        board = begin(start, f"office={office.address}")
        page.size(1000, 640)
        page.scheme("light")
        page.open(address(board))
        page.wait(f"{ROWS}.length > 6 && {ROWS}.some(row => row[5]) && !['0 %', '\u2013'].includes(document.getElementById('answered').textContent)", 60)
        picture = page.picture()
        assert picture.startswith(b"\x89PNG") and len(picture) > 10_000
        if os.environ.get("UPDATE"):
            PICTURE.write_bytes(picture)
        assert PICTURE.exists()
        until(lambda: board.health()[0] == 200, "not ready")
