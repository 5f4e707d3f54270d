"""Changes are told together, and to whoever still listens."""

from typing import Any

import anyio
import pytest
import trio.testing

from hub.pool.news import BUFFER, COALESCE_SECONDS, News

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


async def test_what_changes_together_is_told_once() -> None:
    news = News()
    for topic in ("servers", "catalog", "servers"):
        news.tell(topic)
    begun = anyio.current_time()
    assert await news.gather() == {"servers", "catalog"}
    assert anyio.current_time() - begun == pytest.approx(COALESCE_SECONDS)
    with anyio.move_on_after(60) as scope:
        await news.gather()
    assert scope.cancelled_caught


async def test_a_subscriber_who_does_not_read_misses_no_topic() -> None:
    news = News()
    with news.subscription() as topics:
        news.publish({"catalog"})
        for _ in range(BUFFER * 2):
            news.publish({"servers"})
        assert [topics.receive_nowait(), topics.receive_nowait()] == ["catalog", "servers"]
        assert topics.statistics().current_buffer_used == 0


async def test_who_has_left_is_not_told() -> None:
    news = News()
    with news.subscription():
        pass
    news.publish({"servers"})
