"""The lab's program: notes in MySQL over HTTP. Python's own server and python3-pymysql, nothing to compile.

DB_HOSTS has the addresses of all servers of the database: which of them takes writes is asked of them.

GET /         the last notes (from DB_READ_HOST, or whichever answers)
POST /        the body is a new note; while writes pause it waits. With a header Idempotency-Key, asked again is done once
GET /healthz  200 with the version, whatever the database does: without one it still serves
GET /metrics  for Prometheus

On SIGTERM it takes no new connection, answers what was asked, and lets go of connections on which nothing is asked: a
client that keeps one open (Prometheus does, from scrape to scrape) would hold up each release for its whole stop timeout.
"""

import json
import os
import pathlib
import signal
import socket
import ssl
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = pathlib.Path("VERSION").read_text().strip()
CREDENTIALS = pathlib.Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent"))
# From 0 on: the first request of a series that begins with it is no increase.
COUNTS = {("GET", 200): 0, ("POST", 201): 0}
LOCK = threading.Lock()
# Connections that wait for their next request.
IDLE = set()
STOPPING = threading.Event()

HOSTS = [host.strip() for host in os.environ.get("DB_HOSTS", "").split(",") if host.strip()]
READ_HOST = os.environ.get("DB_READ_HOST")
PRIMARY = {}
# Seconds that a write waits for a server that takes it: longer than a switchover.
PATIENCE = 10
# Read-only by now (1290, 1836), shutting down (1053), not reached (2003), gone meanwhile (2006, 2013).
PASSING = (1290, 1836, 1053, 2003, 2006, 2013)


def database(host):
    """A connection to MySQL; over TLS, checked against the credential db_ca when there is one."""
    import pymysql

    ca = CREDENTIALS / "db_ca"
    context = ssl.create_default_context(cafile=ca if ca.exists() else None)
    if not ca.exists():
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return pymysql.connect(
        host=host,
        port=int(os.environ.get("DB_PORT", "3306")),
        user=os.environ.get("DB_USER", "app"),
        password=(CREDENTIALS / "db_password").read_text().strip(),
        database=os.environ.get("DB_NAME", "app"),
        connect_timeout=2,
        read_timeout=5,
        autocommit=True,
        ssl=None if os.environ.get("DB_TLS") == "off" else context,
    )


def first(hosts, work):
    """The first of these servers that does work(cursor), and what that returns; None from it: on to the next one."""
    import pymysql

    problem = "none of them takes it"
    for host in hosts:
        try:
            with database(host) as db, db.cursor() as cursor:
                done = work(cursor)
            if done is not None:
                return host, done
        except pymysql.OperationalError as error:
            if error.args[0] not in PASSING:
                raise
            problem = error
    raise LookupError(f"no server of the database (DB_HOSTS: {', '.join(hosts)}): {problem}")


def write(work):
    """Does work(cursor) on the server that takes writes, as soon as there is one; again when the connection is lost."""

    def on_primary(cursor):
        cursor.execute("SELECT @@super_read_only")
        return work(cursor) if cursor.fetchone() == (0,) else None

    end = time.monotonic() + PATIENCE
    while True:
        try:
            # Whoever took the last write is asked first.
            PRIMARY["host"], done = first(sorted(HOSTS, key=lambda host: host != PRIMARY.get("host")), on_primary)
            return done
        except LookupError:
            if not HOSTS or time.monotonic() > end:
                raise
        time.sleep(0.1)


def migrate():
    create = (
        "CREATE TABLE IF NOT EXISTS notes (id BIGINT AUTO_INCREMENT PRIMARY KEY, text VARCHAR(1000) NOT NULL,"
        " host VARCHAR(64) NOT NULL, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, request VARCHAR(64) UNIQUE)"
    )
    write(lambda cursor: cursor.execute(create) or True)


def read_notes():
    def last(cursor):
        cursor.execute("SELECT id, text, host FROM notes ORDER BY id DESC LIMIT 20")
        return [{"id": i, "text": text, "host": by} for i, text, by in cursor.fetchall()]

    _, notes = first([READ_HOST, *HOSTS] if READ_HOST else HOSTS, last)
    return notes


def add_note(text, request):
    def insert(cursor):
        # Whether the first try was written nobody knows when its connection was lost: the same request is one row.
        cursor.execute(
            "INSERT INTO notes (text, host, request) VALUES (%s, %s, %s) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)",
            (text[:1000], socket.gethostname(), request),
        )
        return {"id": cursor.lastrowid}

    return write(insert)


def metrics():
    lines = [
        "# HELP http_requests_total Requests answered.",
        "# TYPE http_requests_total counter",
    ]
    with LOCK:
        for (method, code), count in sorted(COUNTS.items()):
            lines.append(f'http_requests_total{{method="{method}",code="{code}"}} {count}')
    lines += ["# TYPE app_build_info gauge", f'app_build_info{{version="{VERSION}"}} 1', ""]
    return "\n".join(lines)


class Handler(BaseHTTPRequestHandler):
    server_version = f"lab-app/{VERSION}"
    protocol_version = "HTTP/1.1"
    timeout = 75

    def handle_one_request(self):
        with LOCK:
            IDLE.add(self.connection)
            stopping = STOPPING.is_set()
        if stopping:
            let_go(self.connection)
        try:
            super().handle_one_request()
        finally:
            with LOCK:
                IDLE.discard(self.connection)

    def parse_request(self):
        # Called when the first line of a request is there.
        with LOCK:
            IDLE.discard(self.connection)
        return super().parse_request()

    def do_GET(self):
        if self.path == "/healthz":
            self.health()
        elif self.path == "/metrics":
            self.answer(200, metrics(), "text/plain; version=0.0.4", count=False)
        elif self.path == "/":
            self.from_database(lambda: {"host": socket.gethostname(), "version": VERSION, "notes": read_notes()}, 200)
        else:
            self.answer(404, "not found\n", "text/plain")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode("utf-8", "replace")
        if self.path == "/":
            request = self.headers.get("Idempotency-Key") or uuid.uuid4().hex
            self.from_database(lambda: add_note(body, request[:64]), 201)
        else:
            self.answer(404, "not found\n", "text/plain")

    def health(self):
        broken = os.environ.get("APP_BROKEN") == "health" or pathlib.Path("BROKEN").exists()
        told = {"version": VERSION, "host": socket.gethostname(), "status": "broken" if broken else "ok"}
        self.answer(500 if broken else 200, json.dumps(told) + "\n", "application/json", count=False)

    def from_database(self, work, code):
        try:
            self.answer(code, json.dumps(work()) + "\n", "application/json")
        except Exception as error:  # Whatever the database's library throws: the client gets a 503, the log the reason.
            print(f"{self.command} {self.path}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            self.answer(503, "the database does not answer\n", "text/plain")

    def answer(self, code, text, kind, count=True):
        if count:
            with LOCK:
                COUNTS[self.command, code] = COUNTS.get((self.command, code), 0) + 1
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if STOPPING.is_set():
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Requests are counted, not logged."""


def let_go(connection):
    """Nothing more is read from it; what has arrived already still is, and is answered."""
    try:
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        pass  # The client has closed it.


def stop(server):
    server.shutdown()
    with LOCK:
        STOPPING.set()
        idle = list(IDLE)
    for connection in idle:
        let_go(connection)


def serve():
    server = ThreadingHTTPServer(("0.0.0.0", int(os.environ.get("PORT", "3000"))), Handler)
    server.daemon_threads = False
    # Open requests are answered before it ends.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=stop, args=[server]).start())
    server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    if pathlib.Path("CRASH").exists():
        sys.exit("this release is made to crash")
    migrate() if sys.argv[1:] == ["migrate"] else serve()
