"""`python -m traceability`."""

import sys

from traceability.cli import main

sys.exit(main())
