"""How long tools take."""

from hub.pool.paces import MEASURED, Paces, ToolPace


def test_each_tool_has_its_own_pace() -> None:
    paces = Paces()
    for ms in range(1, 101):
        paces.took("s", "quick", float(ms) / 10)
    paces.took("s", "slow", 8000.0)
    assert paces.of("s", "slow") == ToolPace(8000.0, 8000.0, 1)
    quick = paces.of("s", "quick")
    assert quick is not None
    assert quick.n == MEASURED
    assert 7 < quick.p50_ms < 8 < quick.p95_ms <= 10
    assert paces.of("s", "other") is None
