"""``python -m adapters.simulators.bureau`` writes a season, or says in a sentence why it cannot."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.simulators.bureau.__main__ import main


def test_it_writes_the_files_and_says_how_many(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--share", "0.002", "--out", str(tmp_path)])
    assert result.exit_code == 0
    assert f"rows below {tmp_path}; manifest.json says what is in them." in result.output
    assert len(list((tmp_path / "2020-08-31").iterdir())) == 23


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--area", "110101"], "Area 110101 is not in config/areas.yaml"),
        (["--year", "1999"], "no plan for 610922 in 1999"),
        (["--share", "0"], "above 0"),
        (["--share", "-1"], "above 0"),
        (["--share", "nan"], "above 0"),
    ],
)
def test_it_says_what_it_cannot_do(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    result = CliRunner().invoke(main, [*arguments, "--out", str(tmp_path)])
    assert result.exit_code == 1
    assert sentence in result.output
    assert not list(tmp_path.iterdir())
