"""Capital numerals as they are written on vouchers."""

import pytest

from policies.money import parse_yuan
from worker.funds.capitals import LARGEST, capitals

WRITTEN = {
    "0": "零元整",
    "0.01": "壹分",
    "0.10": "壹角整",
    "1": "壹元整",
    "1.05": "壹元零伍分",
    "10": "壹拾元整",
    "130": "壹佰叁拾元整",
    "1409.50": "壹仟肆佰零玖元伍角整",
    "6007.14": "陆仟零柒元壹角肆分",
    "10050.60": "壹万零伍拾元陆角整",
    "100001": "壹拾万零壹元整",
    "107000.53": "壹拾万柒仟元伍角叁分",
    "1680.32": "壹仟陆佰捌拾元叁角贰分",
    "3250000": "叁佰贰拾伍万元整",
    "10000001": "壹仟万零壹元整",
    "100000000": "壹亿元整",
    "1000100010": "壹拾亿零壹拾万零壹拾元整",
    "100010000000": "壹仟亿壹仟万元整",
}


@pytest.mark.parametrize("figures", WRITTEN)
def test_an_amount_is_written_in_capitals(figures: str) -> None:
    assert capitals(parse_yuan(figures)) == WRITTEN[figures]


def test_what_is_below_zero_says_so_first() -> None:
    assert capitals(-13000) == "负壹佰叁拾元整"


def test_no_two_amounts_are_written_alike() -> None:
    amounts = [*range(30_000), *range(0, 10**12, 97_000_003), LARGEST]
    assert len({capitals(amount) for amount in amounts}) == len(set(amounts))


def test_more_than_can_be_written_is_refused() -> None:
    with pytest.raises(ValueError, match="more than can be written"):
        capitals(LARGEST + 1)
