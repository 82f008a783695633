from __future__ import annotations

import pytest

from torture.damage import says_the_same

pytestmark = pytest.mark.no_torch


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (b'{"a": 0.25034408974245487}', b'{"a": 0.25034408974245486}', True),
        (b'{"a": 1}', b'{"a":\t1}', True),
        (b'{"a": 0.25}', b'{"a": 0.24}', False),
        (b'{"a": 1}', b'{"a": 1', False),
        (b'{"a": "b"}', b'{"a": "\xe2"}', False),
    ],
)
def test_what_says_the_same(before, after, same):
    assert says_the_same(before, after) == same
