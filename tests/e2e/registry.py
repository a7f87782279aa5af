"""Debian's docker-registry on 127.0.0.1, over https; and how an image gets there."""

import hashlib
import http.client
import json
import re
import shutil
import ssl
import subprocess

PROGRAM = shutil.which("docker-registry", path="/usr/bin:/usr/local/bin")
PASSWORD = "ana:$2b$04$0kfK6haNxkSZs.VKmH4T9eA65gsdY8mpZkwi52MNmaNUAdC.CMyKe"  # ana, secret


class Registry:
    """`folder` has the certificate of `outside.authority`. With `password` it wants that of `ana`, which is `secret`."""

    def __init__(self, folder, certificate, password=False):
        self.folder = folder
        auth = ""
        if password:
            (folder / "htpasswd").write_text(PASSWORD + "\n")
            auth = f"auth: {{htpasswd: {{realm: here, path: {folder}/htpasswd}}}}\n"
        (folder / "registry.yml").write_text(
            f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/images}}}}\n{auth}"
            f"http: {{addr: '127.0.0.1:0', tls: {{certificate: {certificate[0]}, key: {certificate[1]}}}}}\n")
        self.process = subprocess.Popen([PROGRAM, "serve", folder / "registry.yml"], stderr=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, text=True)
        self.port = 0
        for line in self.process.stderr:
            if found := re.search(r"listening on 127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                break
        self.reader = None

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    def request(self, method, path, body=b"", kind="application/octet-stream"):
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30,
                                                 context=ssl.create_default_context(cafile=self.folder / "ca.pem"))
        connection.request(method, path, body, {"Content-Type": kind})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status < 300, (method, path, answer.status)
        return answer

    def blob(self, name, content):
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        place = self.request("POST", f"/v2/{name}/blobs/uploads/").getheader("Location")
        path = place[place.index("/v2/"):]
        self.request("PUT", f"{path}{'&' if '?' in path else '?'}digest={digest}", content)
        return {"digest": digest, "size": len(content)}

    def push(self, name, tag, text):
        """An image whose one layer is `text`; its digest, in hex."""
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        manifest = json.dumps({
            "schemaVersion": 2, "mediaType": kind,
            "config": {"mediaType": "application/vnd.docker.container.image.v1+json", **self.blob(name, b"{}")},
            "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", **self.blob(name, text.encode())}],
        }).encode()
        self.request("PUT", f"/v2/{name}/manifests/{tag}", manifest, kind)
        return hashlib.sha256(manifest).hexdigest()

    def close(self):
        self.process.terminate()
        self.process.stderr.read()
        self.process.stderr.close()
        self.process.wait()
