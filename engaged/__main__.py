"""`python -m engaged`: the same as the command `engaged`."""

import sys

from engaged.cli import main

sys.exit(main())
