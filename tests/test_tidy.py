"""House rules that no linter states; docs/style.md gives the reasons."""

import ast
import re
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("domain", "models", "actions", "realtime", "resolvers", "schema", "server", "bench", "tests")
MODULES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
MIGRATIONS = ROOT / "models" / "migrations"
TEXTS = (*FOLDERS, "docs", ".ci")
SUFFIXES = {".py", ".md", ".toml", ".yml", ".graphql", ""}

LONGEST_FILE = 400  # lines
LONGEST_FUNCTION = 60
LONG_FILES: dict[str, int] = {}
"""Files that may be longer, each with its exact length: these numbers may only fall, and a new one is not welcome."""
LONG_FUNCTIONS: dict[str, int] = {}
"""The same for functions, as `path::name`."""

OWN_TRANSACTIONS = {"bench/placing/natural.py"}  # shows what the usual way costs
HOST = re.compile(r"://(?:[^/\s@\"'`]*@)?((?:[a-z0-9-]+\.)+[a-z0-9-]+)", re.IGNORECASE)
CITED = {"127.0.0.1", "0.0.0.0", "github.com", "ecma-international.org", "www.apache.org"}
MADE_UP = (".example", "example.com", "example.org", ".evil")
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:home|root|Users|work|mnt|srv|opt)/[\w.]+")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the project with its name."""
    inside = (path for folder in TEXTS for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts)
    for path in [*ROOT.iterdir(), *inside]:
        if path.is_file() and path.suffix in SUFFIXES and path.name not in {"LICENSE", ".git", ".coverage"}:
            yield name(path), path.read_text(encoding="utf-8")


def test_no_file_is_long() -> None:
    lengths = {name(path): len(path.read_text().splitlines()) for path in MODULES if path.parent != MIGRATIONS}

    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == LONG_FILES


def test_no_function_is_long() -> None:
    lengths = {
        f"{name(path)}::{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in MODULES
        if path.parent != MIGRATIONS
        for node in functions(path)
    }

    assert {function: lines for function, lines in lengths.items() if lines > LONGEST_FUNCTION} == LONG_FUNCTIONS


def test_every_module_says_what_it_is_for() -> None:
    assert [name(path) for path in MODULES if not ast.get_docstring(tree(path))] == []


def test_packages_hold_a_sentence_and_no_code() -> None:
    """But for models/, where Tortoise needs the names, and for fixtures."""
    packages = [path for path in MODULES if path.name == "__init__.py" and not name(path).startswith("tests/")]

    assert [name(path) for path in packages if len(tree(path).body) > 1] == ["models/__init__.py"]


def test_no_installed_package_takes_our_folders_names() -> None:
    """Wheels that install a top-level `schema` or `realtime` exist; ours would be shadowed, or theirs."""
    assert sorted(set(FOLDERS) & packages_distributions().keys()) == []


def test_transactions_begin_in_one_place() -> None:
    """Tortoise's `in_transaction` leaks connections when it is cancelled; `models.db.tx` does not."""
    importing = {
        name(path)
        for path in MODULES
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tortoise.transactions"))
        or (isinstance(node, ast.Import) and any(each.name == "tortoise.transactions" for each in node.names))
    }

    assert importing == OWN_TRANSACTIONS


def test_an_ignored_type_error_has_its_code_and_its_reason() -> None:
    """Ruff asks for the codes of `noqa`."""
    reasoned = re.compile(r"# type: ignore\[[a-z, -]+\] +# \w")
    bare = [
        f"{name(path)}:{number}"
        for path in MODULES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "# type: ignore" in line and not reasoned.search(line) and path != Path(__file__)
    ]

    assert bare == []


def test_what_a_page_leaves_to_do_has_an_issue() -> None:
    """Ruff asks for it in the code."""
    open_ends = [at for at, text in texts() if at.endswith(".md") and re.search(r"\bTODO\b(?!.*#\d)", text)]

    assert open_ends == []


def test_tests_lie_in_the_folder_of_what_they_test() -> None:
    tests = [path.relative_to(ROOT / "tests") for path in MODULES if path.name.startswith("test_")]

    assert {path.parts[0] for path in tests if len(path.parts) > 1} <= {*FOLDERS, "end_to_end"}


def test_no_address_of_any_network_or_machine_is_kept_here() -> None:
    assert [f"{at}: {found}" for at, text in texts() for found in addresses(text)] == []


def test_an_address_would_be_noticed() -> None:
    text = "See https://" + "packages.corp.internal/simple, or ~/x in /home" + "/ann/x, not https://shop.example/x"

    assert addresses(text) == ["packages.corp.internal", "/home" + "/ann"]


def addresses(text: str) -> list[str]:
    """Hosts that are neither cited nor made up, and folders that only some machine has."""
    hosts = [host.lower() for host in HOST.findall(text)]
    return [host for host in hosts if host not in CITED and not host.endswith(MADE_UP)] + MACHINE_PATH.findall(text)
