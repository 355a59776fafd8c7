"""Say at the end of a test run how many gradients were checked, and how far the worst was off.

Each test notes its count and its largest error as a property, which also travels from the workers of pytest-xdist and
stands in the JUnit file.
"""

from __future__ import annotations

from typing import Any

PREFIX = "gradient_checks_"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Add up the properties and print one line for each precision."""
    noted: dict[str, list[tuple[int, float]]] = {}
    for reports in list(terminalreporter.stats.values()):
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name.startswith(PREFIX) and report.when == "call":
                    noted.setdefault(name.removeprefix(PREFIX), []).append(tuple(value))
    for kind, checks in sorted(noted.items(), reverse=True):
        count, worst = sum(n for n, _ in checks), max(error for _, error in checks)
        terminalreporter.write_line(
            f"gradient checks ({kind}): {count}, largest relative error: {worst:.2g}"
        )
