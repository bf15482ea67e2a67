import json
from pathlib import Path

from sandbox.clock import Clock
from sandbox.ledger import Ledger


def test_rows_are_numbered_and_read_from_any_number() -> None:
    ledger = Ledger(Clock(lambda: 7))
    for number in range(5):
        ledger.add("act", number=number, nothing=None)
    assert ledger.since(3) == [
        {"seq": 4, "at": 7, "kind": "act", "number": 3},
        {"seq": 5, "at": 7, "kind": "act", "number": 4},
    ]
    assert len(ledger.since()) == 5
    assert ledger.since(5) == ledger.since(99) == []


def test_a_bound_forgets_the_oldest_rows_and_keeps_numbers() -> None:
    ledger = Ledger(Clock(), kept=2)
    for _ in range(5):
        ledger.add("act")
    assert [row["seq"] for row in ledger.since()] == [4, 5]
    assert [row["seq"] for row in ledger.since(4)] == [5]


def test_a_file_gets_every_row(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    ledger = Ledger(Clock(), kept=1, file=file)
    ledger.add("act", text="роза")
    ledger.add("call")
    ledger.close()
    assert [json.loads(line)["kind"] for line in file.read_text("utf-8").splitlines()] == ["act", "call"]
