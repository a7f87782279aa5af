"""Each rule of the house catches what it forbids, and lets a house in order pass."""

import json
import shutil
import subprocess
import tempfile
import textwrap
import unittest
from pathlib import Path

import rules
import tidy
from functions import cpp_functions
from house import House

IN_ORDER = {
    "cmake/rooms.cmake": """\
        room(NAME base LIBS crypto)
        room(NAME plan USES base TEST_USES yaml_testing)  # with a remark
        room(NAME yaml
             USES base THREADED)
        """,
    "docs/architecture.md": """\
        | floor | room | uses | holds |
        |---|---|---|---|
        | 0 pure | `base/` | – | values |
        | 1 pure | `plan/` | base | the plan |
        | 1 edge | `yaml/` | base | the tree |
        """,
    "src/base/result.h": "#pragma once\n",
    "src/base/result.cc": '#include "base/result.h"\n',
    "src/plan/plan.h": '#include "base/result.h"\n',
    "src/plan/plan_test.cc": '#include "plan/plan.h"\n#include "yaml/tree.h"\n',
    "src/yaml/tree.h": '#include "base/result.h"\n',
    "src/ci.cc": "int main() {}\n",
    rules.RATCHET: '{"files": {}, "functions": {}}\n',
}


class TidyTest(unittest.TestCase):
    def setUp(self):
        folder = Path(tempfile.mkdtemp(prefix="tidy-"))
        self.addCleanup(shutil.rmtree, folder)
        self.root, self.build = folder / "house", folder / "build"
        self.build.mkdir()
        for path, text in IN_ORDER.items():
            self.write(path, text)
        (self.build / "compile_commands.json").write_text(json.dumps([{"file": str(self.root / "src/ci.cc")}]))

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(textwrap.dedent(text))

    def append(self, path, text):
        self.write(path, (self.root / path).read_text() + text)

    def house(self):
        return House(self.root, self.build)

    def caught(self, rule):
        return list(rule(self.house()))

    def assert_caught(self, rule, *parts):
        found = self.caught(rule)
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])

    def archive(self, room, source):
        (self.build / "a.cc").write_text(source)
        subprocess.run(["c++", "-std=c++20", "-c", "a.cc", "-o", "a.cc.o"], cwd=self.build, check=True)
        subprocess.run(["ar", "rcs", f"libpenstock_{room}.a", "a.cc.o"], cwd=self.build, check=True)

    def test_a_house_in_order_passes(self):
        self.assertEqual([message for rule in rules.RULES for message in self.caught(rule)], [])

    def test_an_include_that_climbs_is_caught(self):
        self.append("src/plan/plan.h", '#include "../base/result.h"\n')
        self.assert_caught(rules.upward_paths, "src/plan/plan.h:2")

    def test_a_room_that_the_table_forgets_is_caught(self):
        self.append("cmake/rooms.cmake", "room(NAME git USES base)\n")
        self.assert_caught(rules.table_and_build, "`git`", "not in the table")

    def test_a_row_without_a_room_is_caught(self):
        self.append("docs/architecture.md", "| 2 edge | `net/` | base | later |\n")
        self.assert_caught(rules.table_and_build, "`net`", "not in cmake/rooms.cmake")

    def test_a_row_that_tells_other_uses_is_caught(self):
        self.append("cmake/rooms.cmake", "room(NAME git USES base)\n")
        self.append("docs/architecture.md", "| 2 edge | `git/` | base, yaml | git |\n")
        self.assert_caught(rules.table_and_build, "['base', 'yaml']", "['base']")

    def test_a_use_of_the_same_floor_is_caught(self):
        self.append("docs/architecture.md", "| 1 edge | `os/` | yaml | the machine |\n")
        self.assert_caught(rules.floors, "`os` on floor 1 uses `yaml` on floor 1")

    def test_a_use_of_a_higher_floor_is_caught(self):
        self.append("docs/architecture.md", "| 0 pure | `text/` | plan | words |\n")
        self.assert_caught(rules.floors, "`text` on floor 0 uses `plan` on floor 1")

    def test_an_include_of_a_room_that_is_not_used_is_caught(self):
        self.append("src/yaml/tree.h", '#include "plan/plan.h"\n')
        self.assert_caught(rules.includes_and_uses, "src/yaml/tree.h:2", "`plan`")

    def test_what_only_tests_may_use_is_caught_elsewhere(self):
        self.append("src/plan/plan.h", '#include "yaml/tree.h"\n')
        self.assert_caught(rules.includes_and_uses, "src/plan/plan.h:2", "`yaml`")

    def test_an_include_without_its_room_is_caught(self):
        self.append("src/plan/plan.h", '#include "other.h"\n')
        self.assert_caught(rules.includes_and_uses, "name the room")

    def test_a_use_by_a_header_of_another_room_counts(self):
        self.append("cmake/rooms.cmake", "room(NAME git USES base yaml)\n")
        self.write("src/git/git.h", '#pragma once\n#include "yaml/tree.h"\n')
        self.assertEqual(self.caught(rules.includes_and_uses), [])

    def test_a_use_that_is_never_included_is_caught(self):
        self.write("src/yaml/tree.h", "#pragma once\n")
        self.assert_caught(rules.includes_and_uses, "`yaml`", "never includes it")

    def test_a_warning_without_a_page_is_caught(self):
        self.append("src/plan/plan_test.cc", 'void t() { report.warning("of-a-test", 1); }\n')
        self.append("src/base/result.cc", 'void f() {\n  report.warning(\n      "a-slip", 1);\n}\n')
        self.assert_caught(rules.warnings_have_pages, "src/base/result.cc:3", "docs/lint/a-slip.md")

    def test_a_page_that_nothing_warns_of_is_caught(self):
        self.write("docs/lint/README.md", "all\n")
        self.write("docs/lint/gone.md", "once\n")
        self.assert_caught(rules.warnings_have_pages, "docs/lint/gone.md:1")

    def test_a_clock_in_a_pure_room_is_caught(self):
        self.archive("plan", "#include <chrono>\nlong f() { return std::chrono::steady_clock::now().time_since_epoch().count(); }\n")
        self.assert_caught(rules.purity, "src/plan/a.cc", "steady_clock::now()")

    def test_files_processes_and_environment_in_a_pure_room_are_caught(self):
        self.archive("plan", "#include <fcntl.h>\n#include <cstdlib>\n#include <unistd.h>\n"
                             'int f() { return open("a", 0) + fork() + (getenv("A") != nullptr); }\n')
        self.assertEqual(len(self.caught(rules.purity)), 3)

    def test_a_file_stream_and_a_folder_in_a_pure_room_are_caught(self):
        self.archive("plan", "#include <fstream>\n#include <filesystem>\n"
                             'bool f() { std::ifstream in("a"); return std::filesystem::exists("a"); }\n')
        self.assertTrue(any("basic_ifstream" in found for found in self.caught(rules.purity)))
        self.assertTrue(any("filesystem" in found for found in self.caught(rules.purity)))

    def test_a_function_that_two_rooms_define_is_caught(self):
        for room in ("plan", "yaml"):
            self.archive(room, "#include <string>\nstd::string twice(int) { return {}; }\nstatic int once() { return 1; }\nint use() { return once(); }\n"
                         .replace("use", f"use_{room}"))
        found = self.caught(rules.one_definition)
        self.assertEqual(len(found), 1, found)
        self.assertIn("twice", found[0])

    def test_a_type_that_two_rooms_define_is_caught(self):
        self.append("src/yaml/tree.h", "namespace penstock {\nstruct Twice {\n};\nclass Declared;\n}  // namespace penstock\n")
        self.append("src/plan/plan.h", "namespace penstock {\nclass Twice final {\n};\nstruct Declared::State {\n};\nnamespace {\nstruct Own {\n};\n"
                                       "}  // namespace\n}  // namespace penstock\n")
        self.assert_caught(rules.one_definition, "`penstock::Twice`", "src/yaml/tree.h")

    def test_an_edge_room_may_ask_the_machine_and_a_pure_one_may_compute(self):
        self.archive("yaml", "#include <ctime>\nlong f() { return time(nullptr); }\n")
        self.archive("plan", "#include <string>\n#include <filesystem>\n"
                             'std::string f(int i) { return std::filesystem::path("a").string() + std::to_string(i); }\n')
        self.assertEqual(self.caught(rules.purity), [])

    def test_a_leftover_marker_is_caught(self):
        self.append("src/ci.cc", "// TO" "DO: later\n")
        self.assert_caught(rules.leftovers, "src/ci.cc:2")

    def test_a_template_of_a_temporary_name_is_no_marker(self):
        self.append("src/ci.cc", '// mktemp a.XXXXXX "XXXX"\n')
        self.assertEqual(self.caught(rules.leftovers), [])

    def test_a_package_registry_is_caught(self):
        self.write("examples/pip.conf", "index-url = https://py" "pi.org/simple\n")
        self.assert_caught(rules.registries, "examples/pip.conf:1")

    def test_blanks_are_caught(self):
        self.write("dev", "a \n\tb\nc")
        self.assertEqual([found.split(": ")[1] for found in self.caught(rules.blanks)],
                         ["trailing blanks", "tab", "no newline at the end"])

    def test_input_of_tests_may_look_as_it_likes(self):
        self.write("src/yaml/testdata/tab.yml", "\ta: TO" "DO \n")
        self.assertEqual([message for rule in rules.RULES for message in self.caught(rule)], [])

    def test_a_header_that_nobody_includes_is_caught(self):
        self.write("src/base/old.h", "#pragma once\n")
        self.assert_caught(rules.dead_files, "src/base/old.h")

    def test_a_source_that_no_target_compiles_is_caught(self):
        self.write("tests/old/old.cc", "int x;\n")
        self.assert_caught(rules.dead_files, "tests/old/old.cc")

    def test_a_folder_that_is_no_room_is_caught(self):
        self.write("src/attic/a.cc", "int x;\n")
        self.assert_caught(rules.dead_files, "src/attic/a.cc")

    def test_a_long_file_is_caught_and_the_ratchet_allows_its_size_only(self):
        self.append("src/ci.cc", "// more\n" * 400)
        self.assert_caught(rules.length, "src/ci.cc has 401 lines, at most 400")
        self.write(rules.RATCHET, '{"files": {"src/ci.cc": 401}, "functions": {}}\n')
        self.assertEqual(self.caught(rules.length), [])
        self.append("src/ci.cc", "// more\n")
        self.assert_caught(rules.length, "402 lines, at most 401")

    def test_a_long_function_is_caught(self):
        self.append("src/base/result.cc", "int f() {\n" + "  g();\n" * 69 + "}\n")
        self.assert_caught(rules.length, "src/base/result.cc:f has 71 lines, at most 70")

    def test_a_ratchet_that_could_be_tighter_is_caught_and_tightened(self):
        self.write(rules.RATCHET, '{"files": {"src/ci.cc": 500, "src/yaml/tree.h": 450}, "functions": {}}\n')
        self.append("src/ci.cc", "// more\n" * 420)
        self.assertEqual(len(self.caught(rules.length)), 2)
        tidy.tighten(self.house())
        self.assertEqual(json.loads((self.root / rules.RATCHET).read_text()), {"files": {"src/ci.cc": 421}, "functions": {}})
        self.assertEqual(self.caught(rules.length), [])


class FunctionsTest(unittest.TestCase):
    def lengths(self, text):
        return [(name, lines) for name, _, lines in cpp_functions(textwrap.dedent(text))]

    def test_functions_are_measured_from_signature_to_brace(self):
        self.assertEqual(self.lengths("""\
            namespace penstock {
            const int kTable[] = {1,
                                  2};
            struct Pair {
              int a = 0, b{1};
              bool operator==(const Pair&) const = default;
              int sum() const { return a + b; }
            };
            Pair::Pair(int a)
                : a_{a}, b_(2) {
              if (a) {
                run([] { return "}"; });  // a brace }
              }
            }
            template <typename T = int>
            T twice(T value) {
              return R"(})" ? value : value * 2;
            }
            TEST(Parser, reads_a_list) {
              EXPECT_TRUE(true);
            }
            }  // namespace penstock
            """), [("sum", 1), ("Pair::Pair", 6), ("twice", 4), ("Parser.reads_a_list", 3)])


if __name__ == "__main__":
    unittest.main()
