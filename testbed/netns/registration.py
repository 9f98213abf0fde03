"""The registration service: a WSGI application that keeps registrations in an SQLite file.

POST /registrations        a JSON object with `name` and `email` -> 201 with its `id`; 409 where the address is known
GET  /registrations/ID     -> the registration; 404 where there is none
"""

import json
import os
import sqlite3

FIELDS = ("name", "email")
LONGEST_BODY = 65536
LONGEST_ID = 18  # digits, which SQLite's integers hold

_database = None


def database():
    """This process's connection, opened at its first request: SQLite's connections do not survive a fork."""
    global _database
    if _database is None:
        _database = sqlite3.connect(os.environ["REGISTRATIONS"], isolation_level=None)
        _database.execute("CREATE TABLE IF NOT EXISTS registrations (id INTEGER PRIMARY KEY, name, email UNIQUE)")
    return _database


def register(body):
    try:
        document = json.loads(body)
    except ValueError:
        return "400 Bad Request", {"error": "the body is not JSON"}
    if not isinstance(document, dict) or not all(isinstance(document.get(field), str) for field in FIELDS):
        return "422 Unprocessable Content", {"error": "give as texts: " + ", ".join(FIELDS)}
    values = [document[field] for field in FIELDS]
    try:
        row = database().execute("INSERT INTO registrations (name, email) VALUES (?, ?)", values)
    except sqlite3.IntegrityError:
        return "409 Conflict", {"error": "the address is registered"}
    return "201 Created", {"id": row.lastrowid}


def registration(number):
    row = database().execute("SELECT id, name, email FROM registrations WHERE id = ?", [number]).fetchone()
    if row is None:
        return "404 Not Found", {"error": "no such registration"}
    return "200 OK", dict(zip(("id", *FIELDS), row))


def answer(method, path, environ):
    collection, _, number = path.strip("/").partition("/")
    if collection != "registrations":
        return "404 Not Found", {"error": "no such path"}
    if method == "POST" and not number:
        length = min(int(environ.get("CONTENT_LENGTH") or 0), LONGEST_BODY)
        return register(environ["wsgi.input"].read(length))
    if method == "GET" and number.isdecimal() and len(number) <= LONGEST_ID:
        return registration(int(number))
    return "405 Method Not Allowed", {"error": "POST /registrations or GET /registrations/ID"}


def application(environ, start_response):
    status, document = answer(environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/"), environ)
    body = json.dumps(document).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
