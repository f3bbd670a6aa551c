"""`python -m worker`."""

import os
import sys

from worker import main

if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of the Temporal SDK may still call Python while the interpreter is taken down, which then aborts.
    os._exit(code)
