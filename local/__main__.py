"""python -m local: the commands of one machine."""

import sys

from local.commands import main

sys.exit(main())
