"""A server on localhost that speaks those endpoints of the Hugging Face Hub that are used, and can be told to fail."""

import base64
import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

LARGE = (".safetensors", ".onnx", ".bin")
TOKEN = "hf_localtesttoken"


@dataclass
class Repository:
    """Commits as files by name; branches and tags as names of commits."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    private: bool = False
    gated: bool = False

    def commit(self, files: dict[str, bytes], *names: str) -> str:
        number = hashlib.sha1(repr((sorted(files.items()), len(self.commits))).encode()).hexdigest()
        self.commits[number] = files
        self.names.update(dict.fromkeys(names, number))
        return number

    def find(self, revision: str) -> str | None:
        number = self.names.get(revision, revision)
        return number if number in self.commits else None


@dataclass
class Fault:
    """What goes wrong with requests whose `METHOD path` matches, `times` times."""

    pattern: str
    kind: str  # a status, or: cut, stall, nothing, short, slow, wrong, html, drop
    times: int = 10**6


@dataclass
class LocalHub:
    """Repositories, faults and the log of requests; shared with the handler's threads."""

    endpoint: str = ""
    store: str = ""  # where large files lie: another host, as with the real one
    repositories: dict[str, Repository] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    tokens: set[str | None] = field(default_factory=set)

    def fault(self, request: str) -> str | None:
        for fault in self.faults:
            if fault.times and re.search(fault.pattern, request):
                fault.times -= 1
                return fault.kind
        return None


def is_large(name: str) -> bool:
    return name.endswith(LARGE)


def git_blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: LocalHub

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def handle_request(self) -> None:
        path = unquote(urlsplit(self.path).path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.hub.requests.append(f"{self.command} {path}")
        self.hub.tokens.add((self.headers.get("Authorization") or "").removeprefix("Bearer ") or None)
        fault = self.hub.fault(f"{self.command} {path}")
        if fault is not None and fault.isdigit():
            return self.refuse(int(fault), "")
        if fault == "html":
            return self.send(200, b"<html>Please log in to this network</html>", {"Content-Type": "text/html"})
        if path == "/mark":
            return self.send(200, b"", {})
        if fault == "drop":
            return self.connection.shutdown(socket.SHUT_RDWR)
        for pattern, answer in ROUTES:
            found = re.fullmatch(pattern, f"{self.command} {path}")
            if found is not None:
                return answer(self, *found.groups(), body=body, fault=fault)
        return self.refuse(404, "")

    do_GET = do_HEAD = do_POST = do_PUT = handle_request

    def send(self, status: int, content: bytes, headers: dict[str, str], fault: str | None = None) -> None:
        if fault == "short":
            content = content[: len(content) // 2]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.send_body(content, fault)

    def send_body(self, content: bytes, fault: str | None) -> None:
        half = len(content) // 2
        if fault == "slow":
            for start in range(0, len(content), 1 + len(content) // 5):
                self.wfile.write(content[start : start + 1 + len(content) // 5])
                time.sleep(0.1)
        elif fault in ("cut", "stall", "nothing"):
            self.wfile.write(content[:half] if fault != "nothing" else b"")
            self.wfile.flush()
            if fault == "stall":
                time.sleep(1.5)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.wfile.write(content[:half] + bytes(len(content) - half) if fault == "wrong" else content)

    def answer_json(self, content: Any, status: int = 200) -> None:
        self.send(status, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def refuse(self, status: int, code: str) -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": code} if code else {}
        self.send(status, json.dumps({"error": code or f"status {status}"}).encode(), headers)

    def open(self, name: str, revision: str) -> tuple[Repository, str] | None:
        """The repository and the commit, or an answer that refuses."""
        repository = self.hub.repositories.get(name)
        allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        if repository is None or (repository.private and not allowed):
            self.refuse(404 if allowed else 401, "RepoNotFound")
        elif repository.gated and not allowed:
            self.refuse(403, "GatedRepo")
        elif (commit := repository.find(revision)) is None:
            self.refuse(404, "RevisionNotFound")
        else:
            return repository, commit
        return None

    def model_info(self, name: str, revision: str | None, body: bytes, fault: str | None) -> None:
        opened = self.open(name, revision or "main")
        if opened is None:
            return
        repository, commit = opened
        siblings = []
        for path, content in repository.commits[commit].items():
            entry: dict[str, Any] = {"rfilename": path, "size": len(content), "blobId": git_blob_id(content)}
            if is_large(path):
                entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
            siblings.append(entry)
        self.answer_json({"_id": "1", "id": name, "modelId": name, "sha": commit, "private": repository.private,
                          "tags": [], "downloads": 0, "likes": 0, "siblings": siblings})  # fmt: skip

    def resolve(self, name: str, revision: str, path: str, body: bytes, fault: str | None) -> None:
        opened = self.open(name, revision)
        if opened is None:
            return
        repository, commit = opened
        content = repository.commits[commit].get(path)
        if content is None:
            return self.refuse(404, "EntryNotFound")
        headers = {"X-Repo-Commit": commit, "ETag": f'"{git_blob_id(content)}"'}
        if not is_large(path):
            return self.send(200, content, headers, fault)
        digest = hashlib.sha256(content).hexdigest()
        self.hub.uploads.setdefault(digest, content)
        headers |= {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content))}
        return self.send(302, b"", {**headers, "Location": f"{self.hub.store}/{name}/{digest}"})

    def large_file(self, name: str, digest: str, body: bytes, fault: str | None) -> None:
        content = self.hub.uploads[digest]
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if asked is None:
            return self.send(200, content, {"ETag": f'"{digest}"', "Accept-Ranges": "bytes"}, fault)
        start = int(asked[1])
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        return self.send(206, content[start:], headers, fault)

    def create(self, body: bytes, fault: str | None) -> None:
        asked = json.loads(body)
        name = f"{asked['organization']}/{asked['name']}"
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.refuse(401, "")
        if name in self.hub.repositories:
            return self.answer_json({"url": f"{self.hub.endpoint}/{name}"}, 409)
        private = bool(asked.get("private")) or asked.get("visibility") == "private"
        self.hub.repositories[name] = Repository(private=private)
        self.hub.repositories[name].commit({".gitattributes": b""}, "main")
        return self.answer_json({"url": f"{self.hub.endpoint}/{name}", "name": name})

    def validate(self, body: bytes, fault: str | None) -> None:
        self.answer_json({"errors": [], "warnings": []})

    def preupload(self, name: str, body: bytes, fault: str | None) -> None:
        files = [
            {"path": f["path"], "uploadMode": "lfs" if is_large(f["path"]) else "regular", "shouldIgnore": False}
            for f in json.loads(body)["files"]
        ]
        self.answer_json({"files": files})

    def batch(self, name: str, body: bytes, fault: str | None) -> None:
        objects = [
            {**entry, "actions": {"upload": {"href": f"{self.hub.endpoint}/store/{name}/{entry['oid']}", "header": {}}}}
            for entry in json.loads(body)["objects"]
        ]
        self.answer_json({"transfer": "basic", "objects": objects})

    def upload(self, name: str, digest: str, body: bytes, fault: str | None) -> None:
        self.hub.uploads[digest] = body
        self.send(200, b"", {})

    def commit(self, name: str, body: bytes, fault: str | None) -> None:
        repository = self.hub.repositories[name]
        files = dict(repository.commits[repository.names["main"]])
        for line in body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                files[value["path"]] = self.hub.uploads[value["oid"]]
        number = repository.commit(files, "main")
        self.answer_json({"commitOid": number, "commitUrl": f"{self.hub.endpoint}/{name}/commit/{number}"})


NAME = r"([\w.-]+/[\w.-]+)"
ROUTES = (
    (rf"(?:GET|HEAD) /api/models/{NAME}(?:/revision/(.+))?", Handler.model_info),
    (rf"(?:GET|HEAD) /{NAME}/resolve/([^/]+)/(.+)", Handler.resolve),
    (rf"(?:GET|HEAD) /store/{NAME}/(\w+)", Handler.large_file),
    (r"POST /api/repos/create", Handler.create),
    (rf"POST /api/models/{NAME}/preupload/main", Handler.preupload),
    (rf"POST /{NAME}\.git/info/lfs/objects/batch", Handler.batch),
    (r"POST /api/validate-yaml", Handler.validate),
    (rf"PUT /store/{NAME}/(\w+)", Handler.upload),
    (rf"POST /api/models/{NAME}/commit/main", Handler.commit),
)


@contextmanager
def serve() -> Iterator[LocalHub]:
    """A Hub without repositories on a free port; it ends with the context."""
    hub = LocalHub()
    handler = type("BoundHandler", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    hub.store = f"http://localhost:{server.server_address[1]}/store"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
