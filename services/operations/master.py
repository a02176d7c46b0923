"""`python -m services.operations.master PORT FOLDER serve ...`: BentoML's command, with a porter at its door.

`zhiyin serve` becomes this process. It starts the workers and, while none of them serves, answers itself.
"""

import sys
from pathlib import Path

from services.operations.porter import Porter


def main() -> None:
    """The rest of the arguments is BentoML's."""
    port, folder, *rest = sys.argv[1:]
    Porter(int(port), Path(folder)).start()
    from bentoml_cli.cli import cli  # takes a second: the porter is there before

    for name in [name for name in sys.modules if name.partition(".")[0] == "services"]:
        del sys.modules[name]  # a Bento brings its own
    sys.argv = ["bentoml", *rest]
    cli()


if __name__ == "__main__":
    main()
