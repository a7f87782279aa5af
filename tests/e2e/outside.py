"""A server for https on 127.0.0.1, with an authority of its own."""

import http.server
import ssl
import subprocess
import threading


def authority(folder):
    """Makes `ca.pem` and a certificate that it signed, for 127.0.0.1 and localhost; the certificate's files."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=a test's authority",
            "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "server.pem")
    return folder / "server.pem", folder / "server.key"


class FileServer:
    """Serves `files` and `redirects` (by path) on a port of its own; `asked` are the paths that were asked for."""

    def __init__(self, certificate):
        self.files, self.redirects, self.asked = {}, {}, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                if self.path in outer.redirects:
                    self.send_response(302)
                    self.send_header("Location", outer.redirects[self.path])
                    body = b""
                else:
                    body = outer.files.get(self.path, "").encode()
                    self.send_response(200 if body else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.serving = Serving(Handler, certificate)
        self.port = self.serving.port

    def close(self):
        self.serving.close()


class Serving:
    """Answers https on 127.0.0.1 with the handler's class."""

    def __init__(self, handler, certificate):
        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                """Whoever doesn't trust us hangs up: nothing to tell."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.server = Server(("127.0.0.1", 0), handler)
        # The handshake belongs to the connection's own thread: one that stalls must not keep the others out.
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self):
        if self.thread.is_alive():
            self.server.shutdown()
            self.thread.join()
            self.server.server_close()
