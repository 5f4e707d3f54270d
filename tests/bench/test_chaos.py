"""The short form of `hub bench chaos`: each row once, to real processes; how fast it is, is not asserted."""

import pytest

from hub.__main__ import main
from hub.bench import chaos, chaos_hub, chaos_reload
from hub.bench.chaos_house import House, Seen
from hub.bench.figures import Section
from hub.bench.report import Machine, Report
from hub.pool import causes, era
from hub.pool import connect as connect_module

ROWS = [row for _, _, rows in chaos.ROOMS for row in rows]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is waited for in earnest is waited for shortly."""
    monkeypatch.setattr(connect_module, "HEALTH_SECONDS", 1.0)
    monkeypatch.setattr(connect_module, "HEALTH_BUDGET", 1.0)
    monkeypatch.setattr(connect_module, "SILENCE_SECONDS", 0.5)
    monkeypatch.setattr(era, "PROBE_SECONDS", 1.0)
    monkeypatch.setattr(connect_module, "PROBE_SECONDS", 1.0)
    monkeypatch.setattr(causes, "LOOK_SECONDS", 0.3)
    monkeypatch.setattr(chaos_reload, "SETTLE_SECONDS", 1.2)
    monkeypatch.setattr(chaos_hub, "QUIET_SECONDS", 0.6)


@pytest.mark.timeout(120)
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.__module__.rpartition('_')[2]}-{row.__name__}")
@pytest.mark.anyio
async def test_what_a_row_of_chaos_promises_holds(row: chaos.Row) -> None:
    seen = await chaos.once(row)
    assert seen.wrong == []


@pytest.mark.anyio
async def test_a_row_that_does_not_hold_says_so() -> None:
    async def lying(_house: object) -> Seen:
        """A promise that is not kept."""
        seen = Seen(told="1")
        seen.check(None, "two is not less than one")
        return seen

    async def raising(_house: object) -> Seen:
        """A row that goes wrong itself."""
        raise ValueError("no such thing")

    figures = [chaos.figure_of(row, [await chaos.once(row)]) for row in (lying, raising)]
    assert [figure.holds for figure in figures] == [False, False]
    report = Report(Machine.here(), [Section("chaos", "Chaos", "", figures)])
    assert "NOT kept: two is not less than one" in report.as_text()
    assert "NOT kept: ValueError: no such thing" in report.as_text()


def test_the_command_fails_when_a_row_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def row(house: House) -> Seen:
        """One that fails when told."""
        seen = Seen(noticed=0.002)
        seen.check(house.place.exists() and told["fine"], "it was told to fail")
        return seen

    monkeypatch.setattr(chaos, "ROOMS", (("chaos", "Chaos", (row,)),))
    told = {"fine": True}
    assert main(["bench", "chaos", "--n", "2"]) == 0
    told["fine"] = False
    assert main(["bench", "chaos", "--n", "2"]) == 1
    assert "NOT kept: it was told to fail" in capsys.readouterr().out
