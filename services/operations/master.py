"""`python -m services.operations.master PORT FOLDER serve ...`: BentoML's command, with answers before its workers'.

`zhiyin serve` becomes this process. It starts the workers and, while none of them serves, answers itself.
"""

import sys
from pathlib import Path

from services.operations.startup_responder import StartupResponder


def main() -> None:
    """The rest of the arguments is BentoML's."""
    port, folder, *rest = sys.argv[1:]
    StartupResponder(int(port), Path(folder)).start()
    from bentoml_cli.cli import cli  # takes a second: the port is answered before

    for name in [name for name in sys.modules if name.partition(".")[0] == "services"]:
        del sys.modules[name]  # a Bento brings its own
    sys.argv = ["bentoml", *rest]
    cli()


if __name__ == "__main__":
    main()
