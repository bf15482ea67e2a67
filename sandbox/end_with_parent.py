"""`end_with_parent.py <our pid> <command …>` runs a command that ends when we end, even by SIGKILL.

A program of its own, so that nothing runs between fork and exec; the command takes over its process id. Linux only: on
other systems the command may outlive it.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Becomes the command; ends at once where whoever started us is gone already."""
    starter, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != int(starter):
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - the command is our caller's own


if __name__ == "__main__":
    main()
