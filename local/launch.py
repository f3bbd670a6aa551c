"""Becomes the program named by its arguments, one that ends when the process that started it does.

Run as a script in a bare interpreter: `python -I -S launch.py PARENT_PID PROGRAM ARGUMENTS...`. It is no
function given to `subprocess` (`preexec_fn`), which is unsafe beside the threads of the Temporal SDK.
On Linux the kernel ends the program however the parent died, SIGKILL included; it means the thread that
started the program, so start it from the main thread. macOS has nothing like it:
there a server may be left behind, which the next start on its folder tells.
"""

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel to end us with the parent, then become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before we had asked
        sys.exit(1)
    os.execv(program[0], program)


if __name__ == "__main__":
    main()
