"""The program is one file that needs nothing but libc."""

import re
import shutil
import unittest

from scenario import CI, Scenario

LIBC = {"linux-vdso", "ld-linux-x86-64", "ld-linux-aarch64", "libc", "libm", "libdl", "libpthread", "librt"}


class OneFile(Scenario):
    def test_it_needs_nothing_but_libc(self):
        needed = re.findall(r"^\s*(?:\S*/)?([\w+-]+)\.so", self.run_checked("ldd", CI), re.MULTILINE)
        self.assertIn("libc", needed)
        self.assertLessEqual(set(needed), LIBC)

    def test_it_runs_from_wherever_it_is_copied(self):
        copy = shutil.copy(CI, self.folder / "ci")
        self.assertIn(self.run_checked(copy, "--version").split()[-1], self.ci("--version").out)


if __name__ == "__main__":
    unittest.main()
