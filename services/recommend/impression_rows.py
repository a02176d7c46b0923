"""How a line of the impressions' spool becomes rows of the database, in one statement a table.

A line is a row of `recommendations` in JSON; the first that is made of a ranked list holds its row of
`impression_evidence`, too, under `evidence`. The database reads the lines as they are: while it works, this process
answers. What is there already, from a spool that was read before, stays as it is.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, text

WITH_EVIDENCE = b'"evidence":{'
# SQLite's time: UTC, without a zone, microseconds spelled out
_TIME = """replace(substr(json_extract(value, '$.time'), 1, 19), 'T', ' ')
    || CASE json_extract(value, '$.time') LIKE '%.%'
        WHEN 1 THEN substr(json_extract(value, '$.time'), 20, 7) ELSE '.000000' END"""
_IMPRESSIONS = {
    "sqlite": text(f"""
        INSERT INTO recommendations
            (recommendation_id, user_id, session_id, scenario, model_version, profile_version, items, evidence_id,
            experiment_id, arm, time)
        SELECT json_extract(value, '$.recommendation_id'), json_extract(value, '$.user_id'),
            json_extract(value, '$.session_id'), json_extract(value, '$.scenario'),
            json_extract(value, '$.model_version'), json_extract(value, '$.profile_version'),
            json_extract(value, '$.items'), json_extract(value, '$.evidence_id'),
            json_extract(value, '$.experiment_id'), json_extract(value, '$.arm'), {_TIME}
        FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING
    """),  # noqa: S608 (constants)
    "postgresql": text("""
        INSERT INTO recommendations
            (recommendation_id, user_id, session_id, scenario, model_version, profile_version, items, evidence_id,
            experiment_id, arm, time)
        SELECT recommendation_id, user_id, session_id, scenario, model_version, profile_version, items, evidence_id,
            experiment_id, arm, time
        FROM json_to_recordset(CAST(:rows AS json)) AS shown (
            recommendation_id text, user_id text, session_id text, scenario text, model_version text,
            profile_version integer, items json, evidence_id text,
            experiment_id text, arm text, time timestamptz)
        ON CONFLICT DO NOTHING
    """),
}
_EVIDENCE = {
    "sqlite": text(f"""
        INSERT INTO impression_evidence (evidence_id, user_id, session_id, language, items, size, time)
        SELECT json_extract(value, '$.evidence.evidence_id'), json_extract(value, '$.evidence.user_id'),
            json_extract(value, '$.evidence.session_id'), json_extract(value, '$.evidence.language'),
            json_extract(value, '$.evidence.items'), json_extract(value, '$.evidence.size'), {_TIME}
        FROM json_each(:rows) WHERE true ON CONFLICT DO NOTHING
    """),  # noqa: S608 (constants)
    "postgresql": text("""
        INSERT INTO impression_evidence (evidence_id, user_id, session_id, language, items, size, time)
        SELECT evidence->>'evidence_id', evidence->>'user_id', evidence->>'session_id', evidence->>'language',
            evidence->'items', CAST(evidence->>'size' AS integer), time
        FROM json_to_recordset(CAST(:rows AS json)) AS shown (evidence json, time timestamptz)
        ON CONFLICT DO NOTHING
    """),
}


def line_of(row: Mapping[str, Any], evidence: Mapping[str, Any] | None = None) -> bytes:
    """The row as a line of the spool, with its row of `impression_evidence` under `evidence` where there is one."""
    whole = {**row, "evidence": evidence} if evidence is not None else row
    return orjson.dumps(whole) + b"\n"


def insert_impressions(connection: Connection, lines: list[bytes]) -> int:
    """Answers how many rows were new."""
    return max(_inserted(connection, _IMPRESSIONS, lines), 0)


def insert_evidence(connection: Connection, lines: list[bytes]) -> None:
    """Of lines that hold evidence."""
    _inserted(connection, _EVIDENCE, lines)


def _inserted(connection: Connection, statements: Mapping[str, Any], lines: list[bytes]) -> int:
    statement = statements[connection.dialect.name]
    return int(connection.execute(statement, {"rows": f"[{b','.join(lines).decode()}]"}).rowcount)
