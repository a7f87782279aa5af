"""How long each function of a source is, from its signature to its closing brace. Reads clang-format's layout, not all of C++."""

import ast
import re

SCOPE = re.compile(r"^(?:inline\s+)?(?:namespace|class|struct|union|enum|extern)\b")
NOISE = re.compile(
    r'R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"'  # a raw string
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"
    r"|//[^\n]*|/\*.*?\*/"
    r"|^[ \t]*#(?:[^\n\\]|\\.|\\\n)*",
    re.DOTALL | re.MULTILINE)


def without_noise(text):
    """The text with strings, comments and directives blanked, each line where it was."""
    return NOISE.sub(lambda match: "\n" * match.group().count("\n"), text)


def kind_of(head, before):
    """What a brace after `head` opens: a `scope` of declarations, a `function`, or `data`. `before` is what stands right before it."""
    head = re.sub(r"^\s*(?:(?:public|private|protected)\s*:\s*)*", "", head)
    head = re.sub(r"^template\s*<.*?>\s*(?=[\w:])", "", head, flags=re.DOTALL)
    if SCOPE.match(head) and "(" not in head:
        return "scope"
    if not before.isspace():
        return "data"  # a member's initializer: `a_{1}`
    assigned = re.search(r"(?<![=!<>])=(?!=)", re.sub(r"operator\S+|\([^()]*\)", "", head))
    return "function" if "(" in head and not assigned else "data"


def name_of(head):
    head = " ".join(head.split())
    test = re.match(r"(TEST\w*|FUZZ\w*)\s*\((.*)\)", head)
    if test:
        return ".".join(part.strip() for part in test[2].split(","))
    name = re.search(r"([\w:~]+|operator\S+?)\s*\(", head)
    return name[1] if name else head


def cpp_functions(text):
    """Yields (name, first line, lines)."""
    text = without_noise(text)
    stack, head_start, line = [], 0, 1
    inside = 0  # braces open inside a function or a datum
    for position, char in enumerate(text):
        if char == "\n":
            line += 1
        elif char == "{":
            if inside:
                inside += 1
                continue
            head = text[head_start:position]
            kind = kind_of(head, text[position - 1:position])
            first = line - head.lstrip().count("\n")
            stack.append((kind, name_of(head), first))
            if kind == "scope":
                head_start = position + 1
            else:
                inside = 1
        elif char == "}":
            if inside > 1:
                inside -= 1
                continue
            kind, name, first = stack.pop() if stack else ("scope", "", line)
            if kind == "function":
                yield name, first, line - first + 1
            if kind != "data":
                head_start = position + 1
            inside = 0
        elif char == ";" and not inside:
            head_start = position + 1


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1
