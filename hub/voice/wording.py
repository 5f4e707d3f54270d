"""From the model's text to the speech: what is written is said in words, only the transcript keeps it."""

from collections.abc import AsyncGenerator, AsyncIterable

from hub.core.speech_words import SpokenWords, language


async def in_words(text: AsyncIterable[str], *, tag: str | None) -> AsyncGenerator[str]:
    """LiveKit's kind of a text transform, for speech only."""
    words = SpokenWords(language(tag))
    async for piece in text:
        if said := words.feed(piece):
            yield said
    if said := words.flush():
        yield said
