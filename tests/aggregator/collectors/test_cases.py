"""Every folder of tests/data/KIND is a case of that kind; `replaying.py` says what is in it."""

import pytest

from aggregator.collectors import kinds
from tests.aggregator.collectors.replaying import cases, expected, replay

FEWEST = 3


@pytest.mark.parametrize(("kind", "case"), [(kind, case) for kind in kinds() for case in cases(kind)])
def test_case_comes_out_as_expected(kind: str, case: str) -> None:
    assert replay(kind, case) == expected(kind, case)


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_has_cases(kind: str) -> None:
    assert len(cases(kind)) >= FEWEST
