"""`python -m esl_proto`: the event socket from a shell."""

import sys

from ._cli import main

if __name__ == "__main__":
    sys.exit(main())
