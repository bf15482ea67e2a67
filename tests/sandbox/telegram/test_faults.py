import pytest

from sandbox.telegram.faults import FaultRule, Faults
from sandbox.toolkit.faults import FaultError


def test_the_first_rule_that_fits_fires_as_often_as_it_says() -> None:
    faults = Faults()
    faults.replace([FaultRule(method="sendMessage", fault="500", times=2), FaultRule(method="*", fault="429")])
    fired = [rule.fault if (rule := faults.draw(1, "sendmessage")) else None for _ in range(3)]
    assert fired == ["500", "500", "429"]
    assert [rule.fired for rule in faults.rules] == [2, 1]


def test_a_star_means_methods_only() -> None:
    faults = Faults()
    faults.replace([FaultRule(method="*", fault="500")])
    assert faults.draw(1, "webhook") is None
    assert faults.draw(1, "file") is None


@pytest.mark.parametrize(("method", "fault"), [("webhook", "429"), ("file", "429"), ("sendMessage", "duplicate")])
def test_a_rule_that_can_never_fire_is_refused(method: str, fault: str) -> None:
    with pytest.raises(FaultError, match="is not possible for"):
        Faults().replace([FaultRule(method=method, fault=fault)])
