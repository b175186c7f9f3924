#!/usr/bin/env python3
"""Mirrors a company's conversations into an SQLite file by following Parley's change feed (doc/parley-api.md, "Changes").

    PARLEY_TOKEN=... doc/mirror.py http://127.0.0.1:3000 mirror.db            until interrupted
    PARLEY_TOKEN=... doc/mirror.py http://127.0.0.1:3000 mirror.db --once     until nothing is left

The token needs the right read, and notes to mirror internal events. What a page of changes comes to and the cursor behind it are
written in one transaction, so that the mirror may be stopped or killed at any moment and goes on where it was. The `text` of a message
is what stands now, as `GET sessions/{id}/events` shows it; other events are as they were when the feed told them.
"""
import argparse
import http.client
import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

TABLES = """
CREATE TABLE IF NOT EXISTS place(only INTEGER PRIMARY KEY CHECK(only = 1), cursor TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event(session TEXT, number INTEGER, type TEXT, time TEXT, participant TEXT, text TEXT, data TEXT,
    target INTEGER, revised INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(session, number)) WITHOUT ROWID;
"""


# What an answer that did not come, or not whole, raises.
CUT = (OSError, http.client.HTTPException)


class CursorGone(Exception):
    """The server was restored from a copy that is older than this mirror."""


def fetch(base, token, after, wait):
    query = {"limit": 1000, "wait": wait} | ({"after": after} if after else {})
    request = urllib.request.Request(f"{base}/parley/v1/changes?{urllib.parse.urlencode(query)}")
    request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=wait + 30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 410:
            raise CursorGone() from error
        raise


def text_of(value):
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def apply(db, change):
    session, event, kind = change["session"], change["event"], change["kind"]
    if kind == "erase":
        db.execute("UPDATE event SET text = NULL, data = NULL, participant = NULL WHERE session = ?", (session,))
    elif kind == "edit":
        db.execute("UPDATE event SET text = coalesce(?, text), revised = 1 WHERE session = ? AND number = ? AND text != ''",
                   (event.get("text"), session, event["target"]))
    elif kind == "delete":
        db.execute("UPDATE event SET text = '', data = NULL, revised = 1 WHERE session = ? AND (number = ? OR target = ?)",
                   (session, event["target"], event["target"]))
    db.execute("INSERT OR REPLACE INTO event(session, number, type, time, participant, text, data, target, revised)"
               " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
               (session, change["index"], event["type"], event["time"], text_of(event.get("participant")), event.get("text"),
                text_of(event.get("data")), event.get("target"), bool(event.get("revised"))))


def write(db, page):
    with db:
        for change in page["changes"]:
            apply(db, change)
        if page["next"]:
            db.execute("INSERT OR REPLACE INTO place VALUES(1, ?)", (page["next"],))


def begin_anew(db):
    """What came behind the copy is not told again, nor taken back: simplest is to begin at the oldest change."""
    with db:
        db.execute("DELETE FROM event")
        db.execute("DELETE FROM place")


def follow(db, base, token, once):
    while True:
        row = db.execute("SELECT cursor FROM place").fetchone()
        try:
            page = fetch(base, token, row and row[0], 0 if once else 30)
        except CursorGone:
            print("mirror: the server was restored from a copy; beginning anew", file=sys.stderr)
            begin_anew(db)
            continue
        except CUT as error:
            if once or isinstance(error, urllib.error.HTTPError) and error.code not in (429, 503):
                raise
            print(f"mirror: {error}; trying again", file=sys.stderr)
            time.sleep(1)
            continue
        write(db, page)
        if once and page["complete"]:
            return


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server")
    parser.add_argument("file")
    parser.add_argument("--once", action="store_true")
    arguments = parser.parse_args()
    token = os.environ.get("PARLEY_TOKEN")
    if not token:
        sys.exit("mirror: put a bearer token into PARLEY_TOKEN; `parley company token NAME --right read` makes one")
    db = sqlite3.connect(arguments.file)
    db.executescript("PRAGMA journal_mode = WAL;" + TABLES)
    try:
        follow(db, arguments.server.rstrip("/"), token, arguments.once)
    except KeyboardInterrupt:
        sys.exit(130)
    except CUT as error:
        sys.exit(f"mirror: {arguments.server}: {error}")


if __name__ == "__main__":
    main()
