"""Run the command line as ``python -m csdesk``."""

import sys

from csdesk.cli import main

if __name__ == "__main__":
    sys.exit(main())
