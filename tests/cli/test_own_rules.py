"""`--import FILE`: rules of the user's own reach every command, and nothing else is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import QUICK, run

from chainrule.equations.activations import activations

RULES = """
from chainrule import register_activation
register_activation("cubed_of_a_file", lambda z: 0.1 * z * z * z, lambda z: 0.3 * z * z)
"""


@pytest.fixture
def rules(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "my_rules_of_a_test.py"
    path.write_text(RULES)
    yield path
    activations.unregister("cubed_of_a_file")


def test_a_rule_from_a_file_is_trained_and_known_to_other_commands(
    rules: Path, table: Callable[..., Path]
) -> None:
    path = table(lambda i: i / 7.0)
    fitted = run(
        "fit", path, "-t", "y", "--import", rules, "--activation", "cubed_of_a_file", *QUICK
    )
    assert fitted.exit_code == 0, fitted.output
    assert "16 cubed_of_a_file" in fitted.stdout
    activations.unregister("cubed_of_a_file")
    unknown = run("predict", "table.model", path)
    assert unknown.exit_code == 2
    assert "--import" in unknown.stderr
    known = run("predict", "table.model", path, "--import", rules)
    assert known.exit_code == 0, known.output


def test_the_help_lists_what_the_file_registers(rules: Path) -> None:
    assert "cubed_of_a_file" in run("fit", "--import", rules, "--help").stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no Python file"),
        ("1 / 0", "ZeroDivisionError"),
        ("def (", "SyntaxError"),
        (
            "from chainrule import register_activation as r\nr('bad', lambda z: z * z, lambda z: z)",
            "derivative of activation bad",
        ),
    ],
)
def test_a_file_that_does_not_run_is_one_line(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "broken_rules.py"
    if text is not None:
        path.write_text(text)
    result = run("inspect", "any.model", "--import", path)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
