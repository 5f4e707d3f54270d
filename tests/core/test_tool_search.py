"""Search over what real npm servers list: Supabase 0.13.0, GitHub, filesystem, memory, Slack; 88 tools."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.tool_search import found

CATALOGUES = Path(__file__).parent / "catalogues"
EVERYTHING: list[Mapping[str, Any]] = [
    tool
    for path in sorted(CATALOGUES.glob("*.json"))
    for tool in json.loads(path.read_text(encoding="utf-8"))
]
QUERIES = [
    ("list the tables of the database", "supabase__list_tables"),
    ("what tables are there", "supabase__list_tables"),
    ("database schema", "supabase__list_tables"),
    ("count the rows in the customers table", "supabase__execute_sql"),
    ("run a SQL query", "supabase__execute_sql"),
    ("select from orders", "supabase__execute_sql"),
    ("create a table called products", "supabase__apply_migration"),
    ("which extensions are installed", "supabase__list_extensions"),
    ("enable the PostGIS extension", "supabase__list_extensions"),
    ("show migrations", "supabase__list_migrations"),
    ("is my database secure, any security advice", "supabase__get_advisors"),
    ("error logs of the last day", "supabase__query_logs"),
    ("list my supabase projects", "supabase__list_projects"),
    ("pause the project", "supabase__pause_project"),
    ("how much does a new project cost", "supabase__get_cost"),
    ("which organizations do I have", "supabase__list_organizations"),
    ("deploy an edge function", "supabase__deploy_edge_function"),
    ("generate typescript types", "supabase__generate_typescript_types"),
    ("project url", "supabase__get_project_url"),
    ("api keys", "supabase__get_publishable_keys"),
    ("delete the development branch of the database", "supabase__delete_branch"),
    ("merge branch to production", "supabase__merge_branch"),
    ("storage buckets", "supabase__list_storage_buckets"),
    ("open issues in a repository", "github__list_issues"),
    ("create a new issue about a bug", "github__create_issue"),
    ("file a bug report", "github__create_issue"),
    ("comment on an issue", "github__add_issue_comment"),
    ("close the ticket", "github__update_issue"),
    ("list pull requests", "github__list_pull_requests"),
    ("merge the pull request", "github__merge_pull_request"),
    ("which files did the pull request change", "github__get_pull_request_files"),
    ("status of the pull request checks", "github__get_pull_request_status"),
    ("review a PR", "github__create_pull_request_review"),
    ("find repositories about voice", "github__search_repositories"),
    ("search code", "github__search_code"),
    ("recent commits", "github__list_commits"),
    ("fork a repo", "github__fork_repository"),
    ("make a new repo", "github__create_repository"),
    ("find a user on github", "github__search_users"),
    ("read a file from a repository", "github__get_file_contents"),
    ("read a text file", "filesystem__read_text_file"),
    ("what is in this folder", "filesystem__list_directory"),
    ("list files in a directory with their sizes", "filesystem__list_directory_with_sizes"),
    ("find files by name", "filesystem__search_files"),
    ("rename a file", "filesystem__move_file"),
    ("make a folder", "filesystem__create_directory"),
    ("how big is the file", "filesystem__get_file_info"),
    ("write a file", "filesystem__write_file"),
    ("change a line in a file", "filesystem__edit_file"),
    ("which directories may I access", "filesystem__list_allowed_directories"),
    ("send a message to a channel", "slack__slack_post_message"),
    ("post in slack", "slack__slack_post_message"),
    ("reply in the thread", "slack__slack_reply_to_thread"),
    ("list channels", "slack__slack_list_channels"),
    ("what was said in the channel", "slack__slack_get_channel_history"),
    ("add a thumbs up reaction", "slack__slack_add_reaction"),
    ("profile of a person", "slack__slack_get_user_profile"),
    ("remember that Ada likes tea", "memory__add_observations"),
    ("read the knowledge graph", "memory__read_graph"),
    ("delete an entity from memory", "memory__delete_entities"),
]
FIRST, AMONG_FIVE = 0.8, 0.93
"""Shares of these queries; measured: 0.83 first, 0.93 among five or better."""


def place(query: str, wanted: str) -> int | None:
    names = [str(tool["name"]) for tool in found(query, EVERYTHING)]
    return names.index(wanted) if wanted in names else None


def test_what_is_looked_for_is_among_the_first_five_and_mostly_the_first() -> None:
    places = {query: place(query, wanted) for query, wanted in QUERIES}
    missed = [query for query, at in places.items() if at is None]
    assert 1 - len(missed) / len(QUERIES) >= AMONG_FIVE, missed
    assert sum(at == 0 for at in places.values()) / len(QUERIES) >= FIRST, places


@pytest.mark.parametrize("query", ["", "the of and", "zzzz qqqq", "!?"])
def test_what_fits_nothing_finds_nothing(query: str) -> None:
    assert found(query, EVERYTHING) == []


def test_odd_definitions_are_searched_too() -> None:
    odd: list[Mapping[str, Any]] = [
        {"name": "x"},
        {"name": "runningFast", "inputSchema": None, "annotations": None, "title": "Calling it"},
    ]
    assert found("run", odd) == [odd[1]]
    assert found("call", odd, most=1) == [odd[1]]


@given(st.text(max_size=80), st.integers(min_value=0, max_value=9))
def test_any_query_gives_at_most_what_was_asked_for(query: str, most: int) -> None:
    assert len(found(query, EVERYTHING, most)) <= most
