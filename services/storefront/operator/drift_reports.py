"""The saved files of drift reports for the browser, each from its own run's folder only."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from services.http.security_headers import REPORT_POLICY

KINDS = {".html": "text/html", ".json": "application/json"}


def report(request: Request) -> Response:
    """`/reports/RUN` or `/reports/RUN/FILE`."""
    folder = request.app.state.site.shop.settings.reports_dir
    file = find(folder, request.path_params["path"])
    if file is None:
        return PlainTextResponse("no such report\n", 404)
    headers = {"Content-Security-Policy": REPORT_POLICY}
    return FileResponse(file, media_type=KINDS[file.suffix], headers=headers)


def find(folder: Path, path: str) -> Path | None:
    """The file that is meant, if it is a report's and lies in `folder`, links followed."""
    parts = path.rstrip("/").split("/")
    if "\x00" in path or any(part in ("", ".", "..") or "\\" in part for part in parts):
        return None
    named = folder.joinpath(*parts)
    file = (named / "report.html" if len(parts) == 1 else named).resolve()
    inside = file.is_relative_to(folder.resolve())
    return file if inside and file.suffix in KINDS and file.is_file() else None
