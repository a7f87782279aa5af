"""On a terminal of any width, in any locale: no line is longer than the terminal, and nothing is left of the live view."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from scenario import CI, Scenario

PIPELINE = """
    stages: [build, test, production]
    a-job-with-quite-a-long-name-for-a-narrow-terminal:
      stage: build
      script: for i in 1 2 3; do echo "line $i of a job that prints lines longer than any narrow terminal would show"; sleep 0.15; done
    unit:
      stage: test
      script: sleep 0.3; echo äöü 漢字 done
    production:
      stage: production
      script: echo
      when: manual
      allow_failure: false
    """

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


class Terminal(Scenario):
    def setUp(self):
        super().setUp()
        self.environment["TERM"] = "xterm-256color"
        self.commit({".gitlab-ci.yml": PIPELINE})

    def run_on_terminal(self, *arguments, width, status=0, then=None):
        """All that `ci` wrote to a terminal of that width; `then(fd, process)` is called when it has begun to draw."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        self.resize(slave, width)
        process = subprocess.Popen([CI, *arguments], cwd=self.repo, env=self.environment, stdin=slave, stdout=slave,
                                   stderr=slave, start_new_session=True,
                                   preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        written = b""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if select.select([master], [], [], 0.1)[0]:
                try:
                    piece = os.read(master, 65536)
                except OSError:  # the other end is closed
                    break
                written += piece
                if then and b"\x1b[" in written:
                    then(master, process)
                    then = None
        process.wait(timeout=10)
        text = written.decode("utf-8", errors="replace")
        self.assertEqual(process.returncode, status, text)
        return text

    def resize(self, fd, width, height=24):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def widths(self, text):
        for line in re.split(r"[\r\n]+|\x1b\[\d*[ABEF]", text):
            shown = ESCAPE.sub("", line)
            yield sum(2 if ord(c) > 0x2E80 else 1 for c in shown), shown

    def test_no_line_is_wider_than_the_terminal(self):
        for width in (100, 50, 30):
            text = self.run_on_terminal("run", width=width)
            self.assertIn("\x1b[", text)
            for cells, line in self.widths(text):
                if not line.startswith("approve with:"):  # a hint is a sentence, and may wrap
                    self.assertLessEqual(cells, width, f"{width}: {line!r}")
            self.assertIn("waiting for approval", text)
            self.assertTrue(text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l"), "the cursor stays hidden")

    def test_a_resize_is_followed(self):
        def narrow(fd, process):
            self.resize(fd, 40)
            os.kill(process.pid, signal.SIGWINCH)

        text = self.run_on_terminal("run", width=100, then=narrow)
        later = text[len(text) // 2:]
        self.assertLessEqual(max(cells for cells, _ in self.widths(later[later.find("\n"):])), 100)
        self.assertIn("waiting for approval", text)

    def test_a_failure_fits_too(self):
        self.commit({".gitlab-ci.yml": """
            fails:
              script: echo "a line that is much longer than thirty columns, as lines of logs are"; exit 3
            """})
        text = self.run_on_terminal("run", width=40, status=1)
        self.assertIn("ended with 3", ESCAPE.sub("", text).replace("\r\n", " "))

    def test_no_color_is_honoured(self):
        self.environment["NO_COLOR"] = "1"
        self.assertNotRegex(self.run_on_terminal("run", width=80), r"\x1b\[(3|9)\d")

    def test_a_locale_that_is_not_utf8_gets_ascii(self):
        self.environment["LANG"] = "C"
        text = self.run_on_terminal("run", width=80)
        self.assertTrue(text.isascii(), [c for c in text if not c.isascii()])
        self.assertIn("waiting for approval", text)

    def test_lists_fit(self):
        self.ci("run")
        for command in (["list"], ["show"]):
            for width in (100, 50):
                for cells, line in self.widths(self.run_on_terminal(*command, width=width)):
                    self.assertLessEqual(cells, width, f"{command} {width}: {line!r}")

    def test_elsewhere_there_are_plain_lines(self):
        ran = self.ci("run")
        self.assertNotIn("\x1b", ran.out + ran.err)
        self.assertIn("unit | $ sleep 0.3; echo", ran.err)
        self.assertEqual(ran.out, "build        passed\ntest         passed\nproduction   waiting for approval\n")

    def test_ctrl_c_on_a_terminal_cleans_up(self):
        self.commit({".gitlab-ci.yml": """
            long:
              script: [echo > "$HOME/started.txt", sleep 300]
              after_script: [echo > "$HOME/cleaned.txt"]
            """})

        def interrupt(master, _):
            self.wait_for((self.home / "started.txt").exists)
            os.write(master, b"\x03")  # as the key does: to all processes in the foreground

        text = self.run_on_terminal("run", width=80, status=130, then=interrupt)
        self.assertIn("canceling", text)
        self.assertTrue((self.home / "cleaned.txt").exists())
        self.assert_nothing_is_left()


if __name__ == "__main__":
    unittest.main()
