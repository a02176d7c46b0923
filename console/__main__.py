"""`python -m console demo`."""

import sys

from console.demo import main

if sys.argv[1:] != ["demo"]:
    sys.exit("usage: python -m console demo")
sys.exit(main())
