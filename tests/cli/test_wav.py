"""WAV files of every kind that a recorder writes, and those that are refused."""

import struct
from array import array
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.cli import wav
from hub.cli.wav import read_wav
from hub.core.errors import InvalidArguments

HALF = 16384


def riff(
    data: bytes, *, kind: int = 1, channels: int = 1, rate: int = 16_000, bits: int = 16, junk: bytes = b""
) -> bytes:
    """A WAV file; what it claims need not be true."""
    width = max(1, bits // 8)
    shape = struct.pack("<HHIIHH", kind, channels, rate, rate * channels * width, channels * width, bits)
    if kind == 0xFFFE:
        shape += struct.pack("<HHIH", 22, bits, 0, 1) + b"\x00" * 14
    body = b"WAVE" + junk
    for name, chunk in ((b"fmt ", shape), (b"data", data)):
        body += name + struct.pack("<I", len(chunk)) + chunk + b"\x00" * (len(chunk) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def samples(tmp_path: Path, content: bytes) -> list[int]:
    (tmp_path / "a.wav").write_bytes(content)
    return list(read_wav(tmp_path / "a.wav").samples)


@pytest.mark.parametrize(
    ("bits", "kind", "data"),
    [
        (8, 1, bytes([128, 192, 64])),
        (16, 1, struct.pack("<3h", 0, HALF, -HALF)),
        (24, 1, b"\x00\x00\x00" + b"\x00\x00\x40" + b"\x00\x00\xc0"),
        (32, 1, struct.pack("<3i", 0, HALF << 16, -HALF << 16)),
        (16, 0xFFFE, struct.pack("<3h", 0, HALF, -HALF)),
    ],
)
def test_whole_numbers_of_every_width_become_16_bits(
    tmp_path: Path, bits: int, kind: int, data: bytes
) -> None:
    assert samples(tmp_path, riff(data, bits=bits, kind=kind)) == [0, HALF, -HALF]


@pytest.mark.parametrize(("bits", "code"), [(32, "f"), (64, "d")])
def test_floats_become_16_bits_and_never_overflow(tmp_path: Path, bits: int, code: str) -> None:
    data = struct.pack(f"<5{code}", 0.0, 0.5, 7.0, -7.0, float("nan"))
    assert samples(tmp_path, riff(data, bits=bits, kind=3)) == [0, HALF, 32767, -32767, 0]


def test_channels_are_mixed(tmp_path: Path) -> None:
    assert samples(tmp_path, riff(struct.pack("<4h", 100, 300, -50, 50), channels=2)) == [200, 0]


def test_other_chunks_are_passed_over_and_a_cut_off_file_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    content = riff(struct.pack("<4h", 1, 2, 3, 4), junk=b"LIST\x03\x00\x00\x00abc\x00")
    assert samples(tmp_path, content) == [1, 2, 3, 4]
    assert samples(tmp_path, content[:-3]) == [1, 2]


def test_a_sound_knows_how_long_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(riff(b"\x00\x00" * 8000))
    assert read_wav(tmp_path / "a.wav").seconds == 0.5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a WAV file"),
        (b"ID3\x03mp3", "is not a WAV file"),
        (b"RIFF\x04\x00\x00\x00WAVE", "damaged"),
        (b"RIFF\x04\x00\x00\x00WAVEdata\x02\x00\x00\x00\x00\x00", "damaged"),
        (b"RIFF\x04\x00\x00\x00WAVEfmt \x02\x00\x00\x00\x01\x00", "its format is cut off"),
        (riff(b""), "has no sound in it"),
        (riff(b"\x01"), "has no sound in it"),
        (riff(b"\x00\x00", rate=0), "sample rate of 0 Hz"),
        (riff(b"\x00\x00", rate=1_000_000), "sample rate of 1000000 Hz"),
        (riff(b"\x00\x00", channels=0), "has 0 channels"),
        (riff(b"\x00\x00", bits=12), "samples of 12 bits"),
        (riff(b"\x00\x00", bits=16, kind=3), "samples of 16 bits"),
        (riff(b"\x00\x00", bits=0), "samples of 0 bits"),
        (riff(b"\x00\x00", bits=8, kind=7), "is compressed (WAV format 7)"),
        (riff(b"\x00\x00" * 4000 * 2, rate=4000), "is longer than"),
    ],
)
def test_what_cannot_be_spoken_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "longer" in said:
        monkeypatch.setattr(wav, "MOST_SECONDS", 1)
    with pytest.raises(InvalidArguments, match=r"a\.wav") as refused:
        samples(tmp_path, content)
    assert said in refused.value.message
    assert refused.value.next_step


@pytest.mark.parametrize("name", ["none.wav", "."])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidArguments, match="cannot be read"):
        read_wav(tmp_path / name)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=80), st.integers(0, 90))
def test_no_content_is_a_traceback(tmp_path: Path, noise: bytes, at: int) -> None:
    good = riff(struct.pack("<8h", *range(8)), channels=2)
    (tmp_path / "a.wav").write_bytes(good[:at] + noise + good[at + len(noise) :])
    try:
        sound = read_wav(tmp_path / "a.wav")
    except InvalidArguments:
        return
    assert isinstance(sound.samples, array)
    assert sound.rate > 0
