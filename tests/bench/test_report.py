"""The report: tables people can read, and a Markdown file of which only the measured parts are replaced."""

from pathlib import Path

import pytest

from hub.bench.figures import Bound, Figure, Section, figure
from hub.bench.report import COMMAND, Machine, Report, shown
from hub.core.errors import Unavailable

MACHINE = Machine(
    date="2026-11-22",
    hub="0.1.0",
    python="3.11.7",
    system="Linux x86_64",
    processor="A Processor",
    cores=2,
    memory_mb=4096,
    waiting_before=0.1,
)


def section(name: str, value: float) -> Section:
    return Section(
        name, name.title(), "How it was measured.", [figure("a turn", "s", [value], bound=Bound("p50", 1))]
    )


def report(*sections: Section) -> Report:
    return Report(MACHINE, sections)


def test_a_new_file_names_the_command_that_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "figures.md"
    report(section("voice", 0.8)).write_markdown(path)
    text = path.read_text("utf-8")
    assert COMMAND in text.split("##", maxsplit=1)[0]
    assert "| a turn | s | 1 | 0.80 | 0.80 | 0.80 | p50 ≤ 1.00: kept |" in text
    assert "2 cores" in text
    assert "2026-11-22" in text
    assert "How it was measured." in text


def test_only_what_was_measured_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "figures.md"
    report(section("toolcall", 0.3), section("voice", 0.8)).write_markdown(path)
    path.write_text(path.read_text("utf-8") + "\nWritten by hand.\n", "utf-8")
    report(section("voice", 0.6)).write_markdown(path)
    text = path.read_text("utf-8")
    assert "0.30" in text
    assert "0.60" in text
    assert "0.80" not in text
    assert text.index("Toolcall") < text.index("Voice") < text.index("Written by hand.")
    assert text.count("## Voice") == 1


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"nowhere/figures\.md cannot be written"):
        report(section("voice", 0.8)).write_markdown(tmp_path / "nowhere" / "figures.md")


def test_a_terminal_shows_each_figure_with_its_bound() -> None:
    text = report(section("voice", 1.2)).as_text()
    assert "p50 ≤ 1.00: NOT kept" in text
    assert text.startswith("2026-11-22")


def test_columns_of_other_kinds_follow_the_known_ones() -> None:
    memory = Figure(what="hub", unit="MB", values={"idle": 98.0, "with 4 calls": 101.0}, n=1)
    text = report(Section("memory", "Memory", "PSS", [memory])).as_text()
    assert "idle" in text
    assert "with 4 calls" in text


def test_programs_get_the_machine_and_every_section() -> None:
    told = report(section("voice", 0.8)).as_dict()
    assert told["machine"]["cores"] == 2
    assert [one["name"] for one in told["sections"]] == ["voice"]


@pytest.mark.parametrize(
    ("value", "text"), [(0.789, "0.79"), (12.34, "12.3"), (1234.5, "1,234"), (-3.21, "-3.21")]
)
def test_a_value_is_shown_with_as_many_digits_as_it_is_worth(value: float, text: str) -> None:
    assert shown(value) == text


def test_this_machine_has_a_date_and_cores() -> None:
    here = Machine.here()
    assert here.cores >= 1
    assert here.date in here.words()
