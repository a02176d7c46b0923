#!/usr/bin/env bash
# apache-airflow 3.3.2 on SQLite: the API server writes its audit log in its event loop. While one request that is
# logged there (POST /api/v2/variables, say) waits for the database's lock, no other request is answered, not even
# GET /api/v2/version, which reads no database. Seen: .1 s with the lock held by another program and nothing logged,
# 3.6 s (until the lock is free) with one logged request waiting.
# When the lock is another request's of the same server, which commits once the event loop goes on, both wait for the
# whole of SQLite's time-out: seen as 120 s of silence with `?timeout=120`, in one start of four on a busy machine.
# The script fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server" 2>/dev/null; sleep 1; rm -rf "$folder"' EXIT
python3.11 -m venv "$folder/env"
"$folder/env/bin/pip" install -q "apache-airflow==3.3.2" "fastapi==0.136.3" "pandas==2.3.3"
export AIRFLOW_HOME="$folder/home" PATH="$folder/env/bin:$PATH"
export AIRFLOW__CORE__LOAD_EXAMPLES=False AIRFLOW__API__WORKERS=1 AIRFLOW__API__PORT=28391 AIRFLOW__API__HOST=127.0.0.1
export AIRFLOW__API__BASE_URL=http://127.0.0.1:28391
export AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS=True
export AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="sqlite:///$folder/home/airflow.db?timeout=20"
mkdir -p "$AIRFLOW_HOME"
airflow db migrate > "$folder/migrate.log" 2>&1
airflow api-server > "$folder/server.log" 2>&1 &
server=$!
"$folder/env/bin/python" - "$folder/home/airflow.db" <<'PY'
import sqlite3
import sys
import threading
import time

import httpx

URL = "http://127.0.0.1:28391"
HELD, LATER = 4.0, 0.5  # seconds
for _ in range(120):
    try:
        if httpx.get(f"{URL}/api/v2/version").status_code == 200:
            break
    except httpx.TransportError:
        pass
    time.sleep(1)
token = httpx.get(f"{URL}/auth/token", follow_redirects=True).json()["access_token"]
client = httpx.Client(base_url=URL, headers={"Authorization": f"Bearer {token}"}, timeout=30)
client.post("/api/v2/variables", json={"key": "first", "value": "1"}).raise_for_status()


def wait_for_version(logged: bool) -> float:
    """Seconds that GET /api/v2/version takes while another program holds the lock for `HELD` seconds."""
    held = sqlite3.connect(sys.argv[1], isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    writer = threading.Thread(target=client.post, args=("/api/v2/variables",), kwargs={"json": {"key": "k", "value": "1"}})
    if logged:
        writer.start()
    time.sleep(LATER)
    releaser = threading.Timer(HELD - LATER, lambda: None)
    releaser.start()
    answered = []

    def ask() -> None:
        began = time.monotonic()
        httpx.get(f"{URL}/api/v2/version", timeout=30)
        answered.append(time.monotonic() - began)

    asker = threading.Thread(target=ask)
    asker.start()
    releaser.join()
    held.execute("ROLLBACK")
    asker.join()
    if logged:
        writer.join()
    return answered[0]


alone, beside = wait_for_version(False), wait_for_version(True)
print(f"GET /api/v2/version: {alone:.1f} s, beside a logged request that waits {beside:.1f} s")
assert alone < 1 < HELD - LATER - 0.5 < beside, "this has changed"
PY
