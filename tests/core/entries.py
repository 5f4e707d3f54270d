"""One entry of servers.json, parsed alone, for tests."""

from hub.core.spec import Problem, ServerSpec, Severity
from hub.core.spec_parse import parse


def entry(text: str, **env: str) -> tuple[ServerSpec | None, tuple[Problem, ...]]:
    """Parse one entry, named `s`."""
    config = parse(f'{{"mcpServers": {{"s": {text}}}}}', env)
    return config.servers.get("s"), config.problems


def spec(text: str, **env: str) -> ServerSpec:
    found, problems = entry(text, **env)
    assert not problems
    assert found is not None
    return found


def complaint(text: str, **env: str) -> Problem:
    """Give the one problem of one entry, which must be broken by it."""
    found, problems = entry(text, **env)
    assert found is None
    assert len(problems) == 1
    assert problems[0].server == "s"
    assert problems[0].severity is Severity.ERROR
    return problems[0]
