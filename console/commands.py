"""The commands of `zhiyin`: where each is written, and what it does in one line.

The modules are named and not imported, so that `zhiyin --help` reads none of them. A test compares each line with the
command's own help.
"""

from dataclasses import dataclass

DATA, MODEL, SERVICE, ALL = "Data", "Model", "Service", "The whole loop"


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: the module whose `app` has it, its first line of help, and its group in `zhiyin --help`."""

    module: str
    line: str
    panel: str


_DATA, _TRAINING, _HOME = "recommender.cli.data", "training.cli", "services.operations.commands"
COMMANDS: dict[str, Entry] = {
    "loop": Entry("console.shop", "A shop's files through the whole loop: import, features, training, profiles.", ALL),
    "demo": Entry("console.demo", "A year of shop data through the whole loop in Airflow, then the service.", ALL),
    "status": Entry(_DATA, "What is in the database, and how far each import has come.", ALL),
    "migrate": Entry(_DATA, "Bring the database's tables up to date.", DATA),
    "import": Entry(_DATA, "Bring data in; a second run of the same data adds nothing.", DATA),
    "rejects": Entry(_DATA, "Rows that were not taken: where they stood, and why.", DATA),
    "retention": Entry("training.retention", "Remove what is older than the ZHIYIN_KEEP_... settings say.", DATA),
    "features": Entry("features.cli", "The features that training and the service read.", DATA),
    "run": Entry(_TRAINING, "Embed, train, judge, package, promote and refresh, as the DAG retrain does.", MODEL),
    "models": Entry(_TRAINING, "List the models, or show what one of them reaches and beside what.", MODEL),
    "embed": Entry(_TRAINING, "Give every text and photo of the catalogue its vector.", MODEL),
    "finetune": Entry(_TRAINING, "Fine-tune the encoder on what was bought together.", MODEL),
    "train": Entry(_TRAINING, "Train a candidate, and measure it on its last days.", MODEL),
    "gate": Entry(_TRAINING, "Judge a candidate; status 1 when it is rejected.", MODEL),
    "package": Entry(_TRAINING, "Build the model's Bento and print its tag.", MODEL),
    "promote": Entry(_TRAINING, "Put a model in service; the present one is kept.", MODEL),
    "canary": Entry(
        "recommender.cli.canary",
        "Try a model with a share of the shoppers; without a model: list what was tried.",
        MODEL,
    ),
    "rollback": Entry(_TRAINING, "Put the model that was in service before back.", MODEL),
    "refresh": Entry(_TRAINING, "Build profiles anew with the model in service.", MODEL),
    "offers": Entry(_TRAINING, "Learn who should get which coupon, and rank audiences.", MODEL),
    "accounts": Entry(_TRAINING, "Name the accounts that do more than people do.", MODEL),
    "drift": Entry("monitoring.cli", "Whether shoppers have changed: checks and their verdicts.", MODEL),
    "report": Entry(
        "monitoring.sales.cli", "What the answers of the last weeks led to, and how experiments do.", MODEL
    ),
    "serve": Entry("services.operations.serve", "Start the service, on 127.0.0.1:3000 unless told otherwise.", SERVICE),
    "client": Entry("console.client", "Make a typed client of the service, in Python or TypeScript.", SERVICE),
    "rules": Entry(_DATA, "What the shop wants of its answers: pin, boost, bury, exclude.", SERVICE),
    "experiments": Entry(_DATA, "Answer shoppers in different ways, to see which sells more.", SERVICE),
    "shops": Entry("console.shops", "Several shops in one installation, each kept apart.", SERVICE),
    "keys": Entry(_DATA, "Keys of the service's callers.", SERVICE),
    "shopper": Entry(_HOME, "What is kept of a shopper: all of it as JSON, or its end.", SERVICE),
    "erase": Entry(_HOME, "Remove a shopper from every store, or say what of them is left and where.", SERVICE),
    "backup": Entry(_HOME, "Copy all that home and the database hold.", SERVICE),
    "restore": Entry(_HOME, "Make a backup the home.", SERVICE),
    "erasures": Entry(_HOME, "Print a digest for each shopper who was erased.", SERVICE),
}
