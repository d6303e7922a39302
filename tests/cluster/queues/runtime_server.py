"""A server on this machine that speaks as much of IBM's runtime API as QRMI's client asks for."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from qiskit import qasm3
from qiskit.primitives import StatevectorSampler

UP = {"state": True, "status": "active", "message": "", "length_queue": 0, "backend_version": "1"}
TOKEN = {
    "access_token": "token",
    "refresh_token": "none",
    "ims_user_id": 1,
    "token_type": "Bearer",
    "expires_in": 3600,
    "expiration": 9999999999,
    "scope": "ibm openid",
}
UNKNOWN = {"errors": [{"code": 1291, "message": "Job not found"}], "trace": ""}


class RuntimeServer(ThreadingHTTPServer):
    """Runs a job at once, and keeps it as a vendor does."""

    daemon_threads = True

    def __init__(self, device):
        super().__init__(("127.0.0.1", 0), Handler)
        self.device = device
        self.submitted = []
        self.cancelled = []
        self.results = {}
        self.failing = {}
        """Statuses of HTTP that the next requests are answered with, by method and path's start."""

    @property
    def environment(self):
        """What Slurm's plugin would set for a resource ``lab``."""
        url = f"http://127.0.0.1:{self.server_port}"
        said = {"ENDPOINT": url, "IAM_ENDPOINT": url, "IAM_APIKEY": "key", "SERVICE_CRN": "crn:"}
        return {
            "QRMI_JOB_QPU_RESOURCES": "lab",
            "QRMI_JOB_QPU_TYPES": "qiskit-runtime-service",
            "lab_QRMI_JOB_ACQUISITION_TOKEN": "session",
            **{f"lab_QRMI_IBM_QRS_{name}": value for name, value in said.items()},
        }

    def answer(self, request, said):
        """Return a status and a document."""
        for start, statuses in self.failing.items():
            if request.startswith(start) and statuses:
                return statuses.pop(0), UNKNOWN
        match request.partition("?")[0].split("/"):
            case ["POST ", "identity", "token"]:
                return 200, TOKEN
            case ["GET ", "backends", "lab", part]:
                return 200, {"status": UP, **self.device}[part]
            case ["POST ", "jobs"]:
                return 200, {"id": self.submit(json.loads(said)["params"]), "backend": "lab"}
            case [_, "jobs", job, *_] if job not in self.results:
                return 404, UNKNOWN
            case [_, "jobs", job, *part]:
                return 200, self.of_job(job, part)
        return 404, UNKNOWN

    def of_job(self, job, part):
        """Return what is asked of a job."""
        if part == ["cancel"]:
            self.cancelled.append(job)
        return self.results[job] if part == ["results"] else described(job)

    def submit(self, params):
        from qiskit_ibm_runtime import RuntimeEncoder

        circuits = [qasm3.loads(text) for text, *_ in params["pubs"]]
        found = StatevectorSampler(seed=len(self.results)).run(circuits, shots=params["shots"])
        job = f"job-{len(self.results)}"
        self.results[job] = json.dumps(found.result(), cls=RuntimeEncoder)
        self.submitted.append(job)
        return job


def described(job):
    """A job as the API lists it."""
    return {
        "id": job,
        "backend": "lab",
        "state": {"status": "Completed"},
        "status": "Completed",
        "created": "2026-01-01T00:00:00Z",
        "program": {"id": "sampler"},
        "cost": 1,
    }


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def _answer(self):
        said = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        status, document = self.server.answer(f"{self.command} {self.path}", said)
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def runtime_server(device) -> Iterator[RuntimeServer]:
    """Serve until the context is left."""
    with RuntimeServer(device) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        before = dict(os.environ)
        os.environ.update(server.environment)
        try:
            yield server
        finally:
            os.environ.clear()
            os.environ.update(before)
            server.shutdown()
            thread.join()
