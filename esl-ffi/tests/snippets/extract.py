"""Takes the C and C++ snippets out of a page, each into a file of its own: extract.py PAGE FOLDER.

A program or a function stays as it is; statements become the body of a function. What begins with a comment `libesl` is
another library's, and left out.
"""

import pathlib
import re
import sys

WRAPPED = {
    "c": '#include "prelude.h"\n\nvoid snippet(eslp_posix *fs);\nvoid snippet(eslp_posix *fs)\n{{\n(void)fs;\n{{\n{}}}\n}}\n',
    "cpp": '#include "prelude.hpp"\n\nvoid snippet(eslp::client& client, eslp::growing_buffer& buffer);\n'
    "void snippet(eslp::client& client, eslp::growing_buffer& buffer) {{\n{}}}\n",
}


def main() -> None:
    page, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    blocks = re.findall(r"^```(c|cpp)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    count = 0
    for language, code in blocks:
        if re.match(r"(/\*|//) libesl", code):
            continue
        if code.startswith("static "):
            code = '#include "prelude.h"\n\n' + code
        elif not code.startswith("#"):
            code = WRAPPED[language].format(code)
        (folder / f"{page.stem}-{count}.{language}").write_text(code)
        count += 1
    print(f"{count} snippets of {page}")


main()
