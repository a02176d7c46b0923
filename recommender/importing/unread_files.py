"""Files of a folder that an import leaves out, and how they would have to be called."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from recommender.importing.column_names import Kind, same_name
from recommender.importing.reading.readers import SUFFIXES, suffix_of

SHOWN = 20


def tell_unread(paths: Iterable[Path], names: Mapping[Kind, tuple[str, ...]]) -> list[str]:
    """A sentence for each of these files that were not read; `names` are those that a file may begin with."""
    sentences = [_sentence(path, names) for path in paths if not path.name.startswith((".", "~$"))]
    return sentences[:SHOWN] + (
        [f"{len(sentences) - SHOWN:,} more files were not read"] if len(sentences) > SHOWN else []
    )


def _sentence(path: Path, names: Mapping[Kind, tuple[str, ...]]) -> str:
    if path.is_dir():
        return f"{path.name} was not read: folders in a folder are imported by themselves"
    if same_name(path.name).startswith("faq"):
        return f"{path.name} was not read: zhiyin import faq reads it"
    if suffix_of(path) is None:
        return f"{path.name} was not read: its name must end in {', '.join(SUFFIXES)}"
    known = "; ".join(f"{', '.join(theirs)} for {kind}" for kind, theirs in names.items())
    return f"{path.name} was not read: its name must begin with what it holds: {known}"
