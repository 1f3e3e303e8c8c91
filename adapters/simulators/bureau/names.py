"""Plausible Chinese names for people who do not exist."""

from __future__ import annotations

import numpy as np

_SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾"
    "肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
)
_MALE = "伟强磊军勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林海建国志文德成荣兴富贵昌盛思远泽子轩梓博"
_FEMALE = "芳娜敏静丽艳娟霞秀英玲桂兰红梅琴云莲珍翠萍燕雪洁莉婷慧巧香凤淑华玉春菊欣怡雨涵梓萱诗佳悦可馨语桐"


def make_names(rng: np.random.Generator, male: np.ndarray) -> list[str]:
    """A name for each person: common surnames more often, one or two given characters."""
    count = len(male)
    weights = 1.0 / (np.arange(len(_SURNAMES)) + 4.0)
    surnames = rng.choice(len(_SURNAMES), count, p=weights / weights.sum()).tolist()
    choices = min(len(_MALE), len(_FEMALE))
    first = rng.integers(0, choices, count).tolist()
    second = rng.integers(-choices // 4, choices, count).tolist()
    names = []
    for surname, sex, one, two in zip(surnames, male.tolist(), first, second, strict=True):
        given = _MALE if sex else _FEMALE
        names.append(_SURNAMES[surname] + given[one] + (given[two] if two >= 0 else ""))
    return names
