"""The shop: what is in it, and that its dates always give answers."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.practice.conftest import Running

pytestmark = pytest.mark.postgres


@pytest.fixture
def shop(practice: Running) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection as the owner; what a test changes is taken back."""
    with psycopg.connect((practice.home / "practice" / "dsn").read_text().strip()) as connection:
        yield connection
        connection.rollback()


def test_the_file_with_the_dsn_is_ours_alone(practice: Running) -> None:
    assert (practice.home / "practice" / "dsn").stat().st_mode & 0o777 == 0o600


def test_the_tables_have_exactly_the_promised_columns(shop: psycopg.Connection[tuple[Any, ...]]) -> None:
    found = shop.execute(
        """select table_schema || '.' || table_name, array_agg(column_name::text order by ordinal_position)
        from information_schema.columns where table_schema in ('public', 'supabase_migrations') group by 1"""
    ).fetchall()
    assert dict(found) == {
        "public.customers": ["id", "name", "email", "city", "total_spent", "signed_up_at", "notes"],
        "public.orders": ["id", "customer_id", "total", "status", "ordered_at", "items"],
        "supabase_migrations.schema_migrations": ["version", "name", "statements"],
    }


def test_what_customers_spent_is_what_they_ordered_and_nothing_is_in_the_future(
    shop: psycopg.Connection[tuple[Any, ...]],
) -> None:
    wrong = shop.execute(
        """select count(*) from customers c where total_spent is distinct from
        (select coalesce(sum(total), 0) from orders where customer_id = c.id and status = 'paid')"""
    ).fetchone()
    assert wrong == (0,)
    early = (
        "select count(*) from orders o join customers c on c.id = customer_id where ordered_at < signed_up_at"
    )
    assert shop.execute(early).fetchone() == (0,)
    for table, time in (("orders", "ordered_at"), ("customers", "signed_up_at")):
        late = sql.SQL("select count(*) from {} where {} > now()").format(*map(sql.Identifier, (table, time)))
        assert shop.execute(late).fetchone() == (0,)


@pytest.mark.slow
def test_every_day_of_a_year_has_answers_even_right_after_midnight(
    shop: psycopg.Connection[tuple[Any, ...]],
) -> None:
    counted = """select
        count(*) filter (where ordered_at >= date_trunc('day', t) and ordered_at <= t),
        count(*) filter (where ordered_at >= date_trunc('week', t) and ordered_at <= t),
        (select count(*) from customers where signed_up_at >= date_trunc('day', t) and signed_up_at <= t),
        (select count(*) from customers where signed_up_at >= t - interval '1 month' and total_spent > 100),
        (select count(*) from customers where signed_up_at >= date_trunc('month', t) - interval '1 month'
            and signed_up_at < date_trunc('month', t) and total_spent > 100),
        count(*) filter (where ordered_at > t)
        from orders, (select date_trunc('day', now())
            + make_interval(days => %(day)s, secs => %(second)s) as t) x
        group by t"""
    at = "date_trunc('day', now()) + make_interval(days => %(day)s, secs => %(second)s)"
    freshened = f"select demo.freshen({at})".encode()
    least = [1_000] * 5
    weekdays = set()
    for day in range(1, 367, 4):  # all weekdays; the shop is moved by four days at a time
        for second in (0.5, 40_000):
            moment = {"day": day, "second": second}
            shop.execute(freshened, moment)
            found = shop.execute(counted, moment).fetchone()
            assert found is not None
            assert found[5] == 0
            least = [min(pair) for pair in zip(least, found, strict=False)]
        weekdays.add(day % 7)
    assert len(weekdays) == 7
    assert min(least) > 0, least


def test_a_day_that_has_come_twice_moves_nothing(shop: psycopg.Connection[tuple[Any, ...]]) -> None:
    newest = "select max(ordered_at), max(signed_up_at) from orders, customers"
    before = shop.execute(newest).fetchone()
    assert shop.execute("select demo.freshen()").fetchone() == (0,)
    assert shop.execute("select demo.freshen(now() - interval '3 days')").fetchone() == (0,)
    assert shop.execute(newest).fetchone() == before
