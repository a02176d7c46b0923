"""What a file's columns are read as, and what an import would make of its rows, on the terminal."""

from collections.abc import Iterable

import orjson
from rich.console import Console
from rich.markup import escape

from recommender.importing.folder import ShopFile
from recommender.importing.preview import FilePreview

_out = Console(soft_wrap=True, highlight=False)


def show_columns(file: ShopFile) -> None:
    """The file's columns, each with what becomes of it."""
    how = f"{file.kind}, in the format of {file.form.family}" if file.form else file.kind
    _out.print(f"[bold]{escape(file.path.name)}[/bold], read as {how}:")
    for theirs, ours in file.lines():
        _out.print(f"  {escape(theirs)} -> {escape(ours)}")
    if file.default_type and not file.form:
        _out.print(f"  (no column says what happened: every row is a {file.default_type}; else --default-type)")


def show_preview(previews: Iterable[FilePreview], notes: Iterable[str]) -> None:
    """What an import would do; nothing of it is done."""
    for shown in previews:
        show_columns(shown.file)
        for row in shown.examples:
            text = orjson.dumps(row, default=str).decode()
            _out.print(f"  would be stored: {text}", markup=False)
        _out.print(f"  {shown.taken:,} rows, from which {shown.good:,} {shown.file.kind} would be kept", markup=False)
        for (where, reason), rows in shown.rejects.most_common():
            first = shown.first_lines[where, reason]
            _out.print(
                f"  would be rejected: {rows:,} rows, the first at line {first}: {where}: {reason}", markup=False
            )
        for note in shown.notes:
            _out.print(f"  note: {note}", markup=False)
    for note in notes:
        _out.print(f"note: {note}", markup=False)
    _out.print("Nothing was imported; the same command without --dry-run does.")
