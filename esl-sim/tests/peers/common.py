"""A simulated switch for a while."""

import contextlib
import subprocess
import sys


@contextlib.contextmanager
def switch(*options):
    """Starts the program that the command line names; gives its port."""
    command = [sys.argv[1], "--listen", "127.0.0.1:0", "--seconds", "50", "--heartbeat", "0.2", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline().rsplit(":", 1)[1])
        finally:
            process.terminate()
