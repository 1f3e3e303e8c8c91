"""How long fuzzing goes on, and from which seed; both are said, so that what was found can be found again."""

from tests.fuzzing.effort import FACTOR, SEED


def pytest_report_header() -> str:
    return f"fuzzing: seed {SEED}, {FACTOR} times the short form (make fuzz N={FACTOR} SEED={SEED})"


def pytest_terminal_summary(terminalreporter: object) -> None:
    terminalreporter.write_line(pytest_report_header())  # type: ignore[attr-defined]
