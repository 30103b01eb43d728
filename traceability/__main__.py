"""`python -m traceability verify …` and `python -m traceability signer …`."""

import sys

from traceability import cli
from traceability.signer import server

if sys.argv[1:2] == ["signer"]:
    sys.exit(server.main(sys.argv[2:]))
sys.exit(cli.main())
