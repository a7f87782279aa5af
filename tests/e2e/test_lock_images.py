"""Which images a pipeline takes, pinned by what their registries say."""

import base64
import hashlib
import http.server
import json
import unittest
from contextlib import contextmanager

from outside import Serving, authority
from registry import PROGRAM, Registry
from scenario import Scenario


class ImageScenario(Scenario):
    def setUp(self):
        super().setUp()
        self.certificate = authority(self.folder)
        self.git("config", "http.sslCAInfo", str(self.folder / "ca.pem"))
        self.git("config", "penstock.allowHost", "127.0.0.1")

    def take(self, image):
        self.commit({".gitlab-ci.yml": f"job: {{script: echo here, image: '{image}'}}\n"})

    def log_in(self, host, config=None):
        (self.home / ".docker").mkdir(exist_ok=True)
        known = {"auths": {host: {"auth": base64.b64encode(b"ana:secret").decode()}}}
        (self.home / ".docker/config.json").write_text(json.dumps(config or known))


@unittest.skipUnless(PROGRAM, "there is no docker-registry")
class RealRegistry(ImageScenario):
    @contextmanager
    def registry(self, **options):
        registry = Registry(self.folder, self.certificate, **options)
        try:
            yield registry
        finally:
            registry.close()

    def test_an_image_stays_what_it_was_until_it_is_updated(self):
        with self.registry() as registry:
            image = f"{registry.host}/group/app:1"
            first = registry.push("group/app", "1", "one")
            self.commit({".gitlab-ci.yml": f"""
                variables: {{APP: "{registry.host}/group/app"}}
                job: {{script: echo here, image: "$APP:$V", parallel: {{matrix: [{{V: ["1"]}}]}}}}
                built: {{script: echo there, image: "$APP:$CI_COMMIT_SHA"}}
                child: {{trigger: {{include: child.yml}}}}
            """, "child.yml": f"inner: {{script: echo inner, services: ['{image}-child']}}\n"})
            registry.push("group/app", "1-child", "child")
            written = self.ci("lock")
            self.assertIn(f"+ image {image}  sha256:{first[:8]}\n", written.out)
            self.assertIn(f"+ image {image}-child  sha256:", written.out)
            self.assertIn(f"`{registry.host}/group/app:$CI_COMMIT_SHA` isn't pinned", written.err)
            self.git("add", "--all")
            self.git("commit", "--quiet", "--message", "Lock")
            jobs = {job["name"]: job for job in json.loads(self.ci("plan", "--json").out)["jobs"]}
            self.assertEqual(jobs["job: [1]"]["image"]["name"], f"{image}@sha256:{first}")
            self.assertNotIn("note", self.ci("lock", "--check").err)

            second = registry.push("group/app", "1", "two")
            moved = self.ci("lock", "--check")
            self.assertIn(f"`{image}` has moved: sha256:{first[:8]} → sha256:{second[:8]}", moved.err)
            self.assertIn("nothing changed", self.ci("lock").out)
            changed = self.ci("lock", "--update", image).out
            self.assertIn(f"~ image {image}  sha256:{first[:8]} → sha256:{second[:8]}\n", changed)

    def test_a_private_address_is_asked_only_where_it_is_allowed(self):
        self.git("config", "--unset", "penstock.allowHost")
        with self.registry() as registry:
            registry.push("app", "1", "one")
            self.take(f"{registry.host}/app:1")
            told = self.ci("lock").err
            self.assertIn("the address isn't one of the public internet", told)
            self.assertIn("penstock.allowHost 127.0.0.1", told)
            self.take(f"localhost:{registry.port}/app:1")  # a name that leads there
            self.assertIn("public internet", self.ci("lock").err)

    def test_a_name_without_a_registry_means_the_one_that_the_user_says(self):
        with self.registry() as registry:
            self.git("config", "penstock.registry", registry.host + "/mirror")
            digest = registry.push("mirror/library/tool", "latest", "one")
            self.take("tool")
            self.assertIn(f"+ image tool  sha256:{digest[:8]}\n", self.ci("lock").out)
            self.take("tool:2")
            told = self.ci("lock").err
            self.assertIn("`tool:2` isn't pinned", told)
            self.assertIn("answers 404", told)
            self.assertIn("nobody is asked", self.ci("lock", "--offline").err)

    def test_the_name_and_password_that_docker_has_are_used(self):
        with self.registry(password=True) as registry:
            self.take(f"{registry.host}/app:1")
            told = self.ci("lock").err
            self.assertIn("answers 401", told)
            self.assertIn(f"docker login {registry.host}", told)
            self.log_in(registry.host)
            self.assertIn("answers 404", self.ci("lock").err)  # it lets us in, and has no such image
            self.log_in(registry.host, {"credHelpers": {registry.host: "ours"}})
            program = self.folder / "docker-credential-ours"
            program.write_text(f'#!/bin/sh\ntest "$(cat)" = {registry.host} && echo \'{{"Username": "ana", "Secret": "secret"}}\'\n')
            program.chmod(0o755)
            self.environment["PATH"] = f"{self.folder}:{self.environment['PATH']}"
            self.assertIn("answers 404", self.ci("lock").err)


class Tokens(ImageScenario):
    """A registry that wants a token, as large public ones do."""

    def setUp(self):
        super().setUp()
        self.asked = asked = []
        digest = "sha256:" + hashlib.sha256(b"manifest").hexdigest()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self):
                asked.append((self.command, self.path, self.headers.get("Authorization", "")))
                body = b""
                if self.path.startswith("/token"):
                    self.send_response(200)
                    body = b'{"token": "opensesame"}'
                elif self.headers.get("Authorization") == "Bearer opensesame":
                    self.send_response(200)
                    self.send_header("Docker-Content-Digest", digest)
                else:
                    self.send_response(401)
                    realm = f"https://127.0.0.1:{self.server.server_address[1]}/token"
                    self.send_header("WWW-Authenticate", f'Bearer realm="{realm}",service="the service",scope="x"')
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_HEAD

            def log_message(self, *_):
                pass

        self.server = Serving(Handler, self.certificate)
        self.addCleanup(self.server.close)

    def test_a_token_is_asked_for_as_anybody_and_as_the_user(self):
        host = f"127.0.0.1:{self.server.port}"
        self.take(f"{host}/group/app:1")
        self.assertRegex(self.ci("lock").out, r"image 127\.0\.0\.1:\d+/group/app:1  sha256:[0-9a-f]{8}\n")
        token = "/token?service=the%20service&scope=repository:group/app:pull"
        self.assertEqual(self.asked, [("HEAD", "/v2/group/app/manifests/1", ""), ("GET", token, ""),
                                      ("HEAD", "/v2/group/app/manifests/1", "Bearer opensesame")])
        self.log_in(host)
        self.ci("lock", "--update")
        self.assertEqual(self.asked[4], ("GET", token, "Basic " + base64.b64encode(b"ana:secret").decode()))


if __name__ == "__main__":
    unittest.main()
