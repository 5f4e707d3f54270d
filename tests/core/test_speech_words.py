"""What is written becomes what is said, wherever the stream was cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.speech_codes import host
from hub.core.speech_words import SpokenWords, language, spoken

UUID = "049da927-03fe-4b24-87ef-ed79968e78dc"
CASES = [
    # numbers
    ("There are 42 customers.", "There are forty-two customers."),
    ("0 rows", "zero rows"),
    ("115 rows", "one hundred fifteen rows"),
    ("1000 rows", "one thousand rows"),
    ("1,234,567 rows", "one million two hundred thirty-four thousand five hundred sixty-seven rows"),
    ("2500000000 bytes", "two five zero, zero zero zero, zero zero zero zero bytes"),
    (
        "1,000,000,000,000,000",
        "one zero zero, zero zero zero, zero zero zero, zero zero zero, zero zero zero zero",
    ),
    ("It is 3.14.", "It is three point one four."),
    ("-5 and \N{MINUS SIGN}3.5", "minus five and minus three point five"),
    ("about 10k users, 2.5M rows", "about ten thousand users, two point five million rows"),
    ("3x faster", "three times faster"),
    ("1920x1080", "one thousand nine hundred twenty by one thousand eighty"),
    ("3-5 items", "three to five items"),
    ("5 - 3 is 2", "five minus three is two"),
    ("the 1st, 2nd, 3rd, 12th and 22nd", "the first, second, third, twelfth and twenty-second"),
    ("the 20th and the 100th", "the twentieth and the one hundredth"),
    ("1/2, 3/4, 2/3, 7/12", "one half, three quarters, two thirds, seven out of twelve"),
    ("open 24/7", "open twenty-four seven"),
    ("\N{VULGAR FRACTION ONE HALF} a day", "one half a day"),
    ("~5 left", "about five left"),
    ("order #1042 and #10423", "order number one thousand forty-two and number one zero four, two three"),
    ("No. 7 wins", "number seven wins"),
    ("3:1", "three to one"),
    ("about 1e6 rows, 2.5E-2 left", "about one million rows, zero point zero two five left"),
    ("3e40", "three e forty"),
    (
        "ISBN 978-3-16-148410-0",
        "ISBN nine seven eight, three, one six, one four eight, four one zero, zero",
    ),
    # money
    ("It costs $1,234.56.", "It costs one thousand two hundred thirty-four dollars and fifty-six cents."),
    ("$1 or $0.99 or $0.01", "one dollar or ninety-nine cents or one cent"),
    ("$0", "zero dollars"),
    ("-$20 and $20.00", "minus twenty dollars and twenty dollars"),
    ("€5 million", "five million euros"),
    ("$5k, $3M", "five thousand dollars, three million dollars"),
    ("£3.01", "three pounds and one penny"),
    ("20€, 5 USD, EUR 10", "twenty euros, five dollars, ten euros"),
    ("¥500", "five hundred yen"),
    ("$0.0035 each", "zero point zero zero three five dollars each"),
    ("$20/month", "twenty dollars per month"),
    ("$5-$10", "five dollars to ten dollars"),
    ("$-5 or €-3.50", "minus five dollars or minus three euros and fifty cents"),
    (
        "1.250,50 €, 0,05 € or EUR 12,50",
        "one thousand two hundred fifty euros and fifty cents, five cents or twelve euros and fifty cents",
    ),
    (
        "10 000 €, 5 000 or € 5 250",
        "ten thousand euros, five thousand or five thousand two hundred fifty euros",
    ),
    ("10 kWh at $0.12/kWh", "ten kilowatt hours at twelve cents per kilowatt hour"),
    # percent
    ("up 12.5% today", "up twelve point five percent today"),
    ("3 % less", "three percent less"),
    ("10-20%", "ten to twenty percent"),
    # dates and times
    ("on 2024-03-15.", "on March fifteenth, twenty twenty-four."),
    ("2024-03-15T14:30:00Z", "March fifteenth, twenty twenty-four at two thirty PM"),
    ("2024-03-15 00:00:00+00", "March fifteenth, twenty twenty-four"),
    ("2024-13-45", "two zero two four, one three, four five"),
    ("2024-03 was good", "March twenty twenty-four was good"),
    ("3/15/2024 or 15/3/24", "March fifteenth, twenty twenty-four or March fifteenth, twenty twenty-four"),
    ("99/99/2024", "ninety-nine, ninety-nine, two thousand twenty-four"),
    ("March 3, 2024 was a Sunday", "March third, twenty twenty-four was a Sunday"),
    ("3 March 2024 too", "March third, twenty twenty-four too"),
    ("Jan. 5 and Sept 3rd, 2023", "January fifth and September third, twenty twenty-three"),
    ("Feb 31, 2024", "February thirty-one"),
    ("May I come in May 2024?", "May I come in May twenty twenty-four?"),
    ("In 2024 we had 2024 orders", "In twenty twenty-four we had two thousand twenty-four orders"),
    ("since 2005", "since two thousand five"),
    ("in 1905", "in nineteen oh five"),
    ("in 1900", "in nineteen hundred"),
    ("2020–2024", "twenty twenty to twenty twenty-four"),  # noqa: RUF001  # as models write it
    ("the 1990s and the 80s", "the nineteen nineties and the eighties"),
    ("the 2000s", "the two thousands"),
    ("Q3 2024, Q1", "Q three twenty twenty-four, Q one"),
    ("at 14:30", "at two thirty PM"),
    ("at 09:05", "at nine oh five AM"),
    ("12:00 and 00:00", "noon and midnight"),
    ("5pm, 10:30 am, 10 a.m. today", "five PM, ten thirty AM, ten AM today"),
    ("14:30:01", "two thirty PM and one second"),
    ("14:30:15", "two thirty PM and fifteen seconds"),
    ("00:05, 12:30 pm, 12:30 am, 24:00", "twelve oh five AM, twelve thirty PM, twelve thirty AM, midnight"),
    ("10:30-11:45, 9am-5pm", "ten thirty AM to eleven forty-five AM, nine AM to five PM"),
    ("3-4pm", "three to four PM"),
    (
        "1h 30m, 2m 5s or PT1H30M",
        "one hour thirty minutes, two minutes five seconds or one hour thirty minutes",
    ),
    ("PT", "PT"),
    (
        "31.12.2024 and 12.31.2024",
        "December thirty-first, twenty twenty-four and December thirty-first, twenty twenty-four",
    ),
    # units
    ("5 GB of 1 TB", "five gigabytes of one terabyte"),
    ("10km at 60 mph", "ten kilometers at sixty miles an hour"),
    ("20°C or 68°F", "twenty degrees Celsius or sixty-eight degrees Fahrenheit"),
    ("-5°C", "minus five degrees Celsius"),
    ("150ms", "one hundred fifty milliseconds"),
    ("1 kg and 2.5 kg", "one kilogram and two point five kilograms"),
    ("20 sq ft", "twenty square feet"),
    ("5-10 km", "five to ten kilometers"),
    ("5 GB/s, 10±2, 6'2\"", "five gigabytes per second, ten plus or minus two, six foot two"),
    # telephone and other numbers that are not counted
    ("+1 (555) 123-4567", "plus one, five five five, one two three, four five six seven"),
    ("555-123-4567", "five five five, one two three, four five six seven"),
    ("(555) 123-4567", "five five five, one two three, four five six seven"),
    ("+4930123456", "plus four nine three, zero one two, three four five six"),
    ("555-1234 now", "five five five, one two three four now"),
    ("4111 1111 1111 1111", "four one one one, one one one one, one one one one, one one one one"),
    ("007", "zero zero seven"),
    ("0171 2345678", "zero one seven one, two three four, five six seven eight"),
    ("06 12 34 56 78", "zero six, one two, three four, five six, seven eight"),
    ("12345678901", "one two three, four five six, seven eight nine, zero one"),
    # identifiers
    (f"order {UUID} is ready", "order ending seven eight D C is ready"),
    ("commit 9f86d081884c7d659a2feaa0c55ad015", "commit ending D zero one five"),
    ("cus_9s6XKzkNRiz8i3", "ending Z eight I three"),
    ("commit 9f86d081 at 0x1F", "commit ending D zero eight one at zero X one F"),
    ("SGVsbG8gV29ybGQ= or Abc12= now", "a long code or Abc twelve equals now"),
    ("00:1B:44:11:3A:B7", "ending three A B seven"),
    ("fe80::1ff:fe23:4567:890a", "ending eight nine zero A"),
    ("aB3dE5fG7hI9jK1", "ending nine J K one"),
    ("INV-2024-001", "INV, two zero two four, zero zero one"),
    ("B12 and gpt4", "B twelve and gpt four"),
    ("ABC-12D", "ABC, twelve, D"),
    ("customer_orders has created_at", "customer orders has created at"),
    ("createdAt in public.customers.email", "created at in customers email"),
    ("SELECT name FROM customers", "select name from customers"),
    ("version 1.2.3 or v17.2", "version one point two point three or version seventeen point two"),
    ("192.168.0.1", "one nine two dot one six eight dot zero dot one"),
    ("A" * 20 + "b1" * 12, "a long code"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.abc", "a long code"),
    ("data:image/png;base64,iVBORw0KGgo=", "a long code"),
    # addresses and files
    ("See https://www.github.com/a/b?x=1.", "See github dot com."),
    ("http://127.0.0.1:8080/x", "a link"),
    ("http://[broken", "a link"),
    ("http://[::1]:8080/a and redis://localhost:6379/0", "a link and a link"),
    ("s3://bucket/key.json, example.com/path?a=1", "a link, example dot com"),
    ("mailto:ada@example.com", "ada at example dot com"),
    ("localhost:3000", "localhost port three zero zero zero"),
    ("www.my-shop.de/x", "my dash shop dot de"),
    ("Mail ada.lovelace@example.com!", "Mail ada dot lovelace at example dot com!"),
    ("on example.com", "on example dot com"),
    ("/usr/local/report.pdf", "report dot pdf"),
    ("C:\\Users\\x\\data.csv", "data dot csv"),
    # signs
    ("a & b, e.g. x -> y", "a and b, for example x to y"),
    ("a &amp; b", "a and b"),
    ("x = 5, y > 3", "x equals five, y is more than three"),
    ("5 >= 3 and 2 + 2", "five at least three and two plus two"),
    ("and/or w/o w/ tea", "and or without with tea"),
    ("yes/no", "yes or no"),
    ("@ada", "at ada"),
    # markdown
    ("**Bold** and *it* and __b__ and _i_", "Bold and it and b and i"),
    ("`code_here` and ~~gone~~", "code here and gone"),
    ("[the docs](https://x.y/z)", "the docs"),
    ("[please read the docs](https://x.y/z).", "please read the docs."),
    ("![a cat](https://x.y/z.png)", "a cat"),
    ("True [1], and also [^2].", "True , and also ."),
    ("- Ada\n- Grace Hopper\n", "Ada.\nGrace Hopper.\n"),
    ("* Ada!\n\u2022 Grace,\n", "Ada!\nGrace,\n"),
    ("1. One\n2) Two\n", "one, One.\ntwo, Two.\n"),
    ("## Head\ntext", "Head.\ntext"),
    ("> quoted\n---\ntext", "quoted\n\ntext"),
    ("| name | country |\n|---|---|\n| Ada | UK |\nDone", "name, country.\n\nAda, UK.\nDone"),
    ("| a | b |", "a, b"),
    ("Here:\n```sql\nselect 1;\n\n  x\n```\nGood", "Here:\nThe code is on your screen. Good"),
    ("a<br>b", "a b"),
    # emoji
    ("Good \N{WAVING HAND SIGN} bye!", "Good bye!"),
    ("Done\N{WHITE HEAVY CHECK MARK}", "Done"),
    # nothing to do
    ("It's a well-known fact; isn't it?", "It's a well-known fact; isn't it?"),
    ("", ""),
    ("  two  spaces\n\n", "  two  spaces\n\n"),
    ("iPhone, macOS and PostgreSQL", "iPhone, macOS and PostgreSQL"),
]


@pytest.mark.parametrize(("written", "said"), CASES)
def test_what_is_written_is_said_in_words(written: str, said: str) -> None:
    assert spoken(written) == said


@pytest.mark.parametrize("written", [written for written, _ in CASES])
def test_letter_by_letter_gives_the_same_words(written: str) -> None:
    words = SpokenWords(language("en-US"))
    assert "".join(map(words.feed, written)) + words.flush() == spoken(written)


@pytest.mark.parametrize(
    ("tag", "written", "said"),
    [
        ("nl", "Er zijn **42** klanten, € 3,50 op 3 mei.", "Er zijn 42 klanten, € 3,50 op 3 mei."),
        ("nl-NL", f"Siehe https://example.com/x, {UUID}", "Siehe example.com, 7 8 d c"),
        ("ja", "顧客は42人です。", "顧客は42人です。"),
        ("nl", "```sql\nx\n```\nKlaar", "Klaar"),
    ],
)
def test_other_languages_keep_their_words_and_lose_only_marks(tag: str, written: str, said: str) -> None:
    assert spoken(written, tag) == said


def test_a_word_is_said_as_soon_as_it_cannot_grow() -> None:
    words = SpokenWords(language(None))
    assert words.feed("Hello ") == "Hello "
    assert words.feed("there") == ""
    assert words.feed(" are ") == "there are "
    assert words.feed("$5 ") == ""
    assert words.feed("million ") == "five million dollars "


def test_a_script_without_spaces_does_not_wait_for_one() -> None:
    words = SpokenWords(language("zh"))
    assert words.feed("你好") == "你好"


def test_numbers_without_end_are_not_held_for_ever() -> None:
    words = SpokenWords(language("en"))
    assert words.feed("12 " * 60) != ""


_pieces = st.lists(
    st.sampled_from([written for written, _ in CASES])
    | st.text(alphabet="0123456789$€.,:/-%+ \n*_`#|()[]kMGBapmT", max_size=12)
    | st.text(max_size=12),
    max_size=6,
)


@given(
    _pieces,
    st.lists(st.integers(min_value=0, max_value=300), max_size=12),
    st.sampled_from(["en", "nl", "ja"]),
)
def test_any_cutting_of_the_stream_gives_the_same_words(pieces: list[str], cuts: list[int], tag: str) -> None:
    text = " ".join(pieces)
    edges = sorted({0, *(min(cut, len(text)) for cut in cuts), len(text)})
    words = SpokenWords(language(tag))
    said = [words.feed(text[a:b]) for a, b in itertools.pairwise(edges)]
    assert "".join(said) + words.flush() == spoken(text, tag)


@given(st.text(alphabet="0123456789abcXYZ$€%.,:/-+ \n", max_size=60))
def test_no_digit_is_left_in_english(text: str) -> None:
    assert not any(letter.isascii() and letter.isdigit() for letter in spoken(text))


def test_an_address_that_is_none_has_no_host() -> None:
    assert host("http://[broken") == ""
