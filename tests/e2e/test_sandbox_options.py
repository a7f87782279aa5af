"""What `ci run` is told of the sandbox: `--strict`, `--network`."""

import unittest

from scenario import CI, Scenario

LISTEN = 'import socket; s = socket.create_server(("127.0.0.1", 0)); socket.create_connection(s.getsockname()); print("loopback works")'


class SandboxOptions(Scenario):
    def test_strict_refuses_a_job_with_an_image_and_says_so(self):
        self.commit({".gitlab-ci.yml": """
            unit:
              image: alpine:3.19
              script: echo this ran
            """})
        self.ci("run")
        self.assertIn("alpine:3.19", self.ci("log", "unit").out)
        ran = self.ci("run", "--strict", status=1)
        self.assertIn("alpine:3.19", ran.err)
        self.assertNotIn("this ran", self.ci("log", "unit").out)
        self.assertIn("runner_unsupported", self.ci("show", "--json").out)

    def test_strict_lets_jobs_without_an_image_run(self):
        self.commit({".gitlab-ci.yml": "unit: {script: echo this ran}"})
        self.ci("run", "--strict")
        self.assertIn("this ran", self.ci("log", "unit").out)

    def test_without_a_network_a_job_has_a_loopback_of_its_own_alone(self):
        self.commit({"listen.py": LISTEN + "\n", ".gitlab-ci.yml": """
            unit:
              script:
                - python3 listen.py
                - sed -n 's/^ *\\([a-z0-9]*\\):.*/has \\1/p' /proc/net/dev
            """})
        self.ci("run", "--network", "none")
        lines = self.ci("log", "unit").out.splitlines()
        self.assertIn("loopback works", lines)
        self.assertEqual([line for line in lines if line.startswith("has ")], ["has lo"])

    def test_a_shell_has_no_network_either_then(self):
        self.commit({".gitlab-ci.yml": "unit: {script: 'false'}"})
        self.ci("run", "--network=none", status=1)
        listed = self.run_checked("sh", "-c", f"echo 'grep -c : /proc/net/dev' | {CI} shell unit")
        self.assertEqual(listed, "1\n")


if __name__ == "__main__":
    unittest.main()
