"""The graph is complete without compiled plans: nothing that declares or serves it may lean on them yet."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_declaration_imports_the_compiled_executor() -> None:
    leaning = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "schema").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("resolvers.plan")
    ]

    assert leaning == []
