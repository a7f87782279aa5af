"""A canary that is judged by what Debian's Prometheus, started for real, knows of its release."""

import contextlib
import http.server
import json
import shutil
import subprocess
import threading
import unittest

from test_deploy_commands import START, ByCommands, free_ports

PROGRAM = shutil.which("prometheus", path="/usr/bin:/usr/local/bin")

CANARY = "{canary: {steps: [{weight: 50, analysis: 2s}]}}"
ANALYSIS = """analysis:
        every: 1s
        metrics:
          - prometheus:
              name: failed
              address: ADDRESS
              query: max(failed_share{release="{{release}}", environment="{{environment}}"})
              max: 0.01
"""


# Says which release stands there, and waits until Prometheus knows of it.
KNOWN = """    echo "$RELEASE" > "$STATE/$RELEASE_NAME.id"
    until curl --silent --get --data-urlencode "query=failed_share{release=\\"$RELEASE\\"}" ADDRESS/api/v1/query | grep -q '"value"'; do sleep 0.1; done
    """


@contextlib.contextmanager
def exporter(state, shares):
    """Serves what share of each release's requests failed, as an application does for Prometheus; its port."""

    class Metrics(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            text = "".join(f'failed_share{{release="{file.read_text().strip()}",environment="production"}} {shares[file.stem]}\n'
                           for file in state.glob("*.id"))
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *words):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Metrics) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


@unittest.skipUnless(PROGRAM, "prometheus is not installed")
class DeployPrometheus(ByCommands):
    @contextlib.contextmanager
    def prometheus(self, exporter_port):
        """It asks the exporter five times a second; its address."""
        port = free_ports(1)[0]
        (self.folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
            "scrape_configs": [{"job_name": "app", "static_configs": [{"targets": [f"127.0.0.1:{exporter_port}"]}]}]}))
        command = [PROGRAM, f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/tsdb",
                   f"--web.listen-address=127.0.0.1:{port}"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                process.kill()

    def test_a_release_that_fails_there_is_taken_back_and_one_that_does_not_stays(self):
        shares = {"app-1.py": 0, "app-2.py": 0.002, "app-3.py": 0.3}
        with exporter(self.state, shares) as port, self.prometheus(port) as address:
            self.commit({"start.sh": START + KNOWN.replace("ADDRESS", address)})
            self.declare(CANARY, ANALYSIS.replace("ADDRESS", address))
            for version in ("1", "2", "3"):
                self.build(version)
                deployed = self.ci("deploy", "production", status=1 if version == "3" else 0)
        self.assertIn("failed 0.3 (limit 0.01)", deployed.err)
        self.assertEqual(self.serving(), ["app-2.py"] * 2)


if __name__ == "__main__":
    unittest.main()
