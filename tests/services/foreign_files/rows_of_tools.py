"""Rows for the files of ../shared/data/csv/headers, in the columns that are published, and what they become."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Case(NamedTuple):
    """A file's mapping, rows for it, the rows of each section that come of them, and further options."""

    mapping: str
    rows: list[dict[str, Any]]
    counts: dict[str, int]
    how: Mapping[str, Any] = MappingProxyType({})


IN_Q2 = {"Start Date": "04/01/2026", "End Date": "06/30/2026"}
OF_TOOLS = {
    "ally-viva-goals-okrs_first7of16": Case(
        "viva-goals-okrs",
        [
            {"Row ID": 1, "Title": "Answer fast", "Entity": "Support", "Owner Email": "ann@acme.test", "Time Period": "Q2 2026", "Start Date": "04/01/2026"},
            {"Row ID": 2, "Title": "Fewer tickets", "Parent": "Answer fast", "Entity": "Support; Product", "Owner Email": "ben@acme.test, ann@acme.test", "Time Period": "Q2 2026"},
            {"Row ID": 3, "Title": "Macros for all", "Parent": "1; 2", "Entity": "Support", "Time Period": "Q2 2026"},
        ],
        {"objectives": 3, "alignments": 3, "people": 2, "teams": 1, "cycles": 1},
    ),
    "ally-viva-goals-teams": Case(
        "viva-goals-teams",
        [
            {"Team Name": "Company", "Owner Email": "ann@acme.test", "Team Type": "Company"},
            {"Team Name": "Support", "Owner Email": "ben@acme.test; cy@acme.test", "Parent Team": "Company"},
        ],
        {"teams": 2, "people": 3, "team_members": 3},
    ),
    "ally-viva-goals-users": Case(
        "viva-goals-users",
        [
            {"User Name": "Ann Lee", "User Email": "ann@acme.test", "Teams": "Support, Company", "Is Org Admin": "Yes"},
            {"User Name": "Ben Roy", "User Email": "ben@acme.test", "Teams": "Support", "Manager": "Ann Lee", "Manager Email": "ann@acme.test", "Is Org Admin": "No"},
        ],
        {"people": 2, "teams": 2, "team_members": 3},
    ),
    "appfire-okr-for-jira": Case(
        "appfire-okr-for-jira",
        [
            {"Order": "1", "Type": "Objective", "Summary": "Answer fast", "Status": "On track", "Period": "FY26 Q2", "Owner": "Ann Lee, Ben Roy", "Teams": "Support", "Expected start date": "2026-04-01", "Expected end date": "2026-06-30"},
            {"Order": "1.1", "Type": "Key result", "Summary": "Backlog", "Status": "At risk", "Period": "FY26 Q2", "Owner": "Ann Lee", "Weight": 2, "Labels": "support,speed", "Start value": 200, "Current value": 120, "Target value": 50},
            {"Order": "1.1.1", "Type": "Objective", "Summary": "Close old tickets", "Period": "FY26 Q2", "Expected start date": "2026-04-01", "Expected end date": "2026-06-30"},
        ],
        {"objectives": 2, "key_results": 1, "alignments": 1, "people": 2, "teams": 1, "check_ins": 1},
    ),
    "betterworks": Case(
        "betterworks",
        [
            {"name": "Answer fast", "type": "Objective", "progress": "40%", "start_date": "2026-04-01", "end_date": "2026-06-30", "owner_email": "ann@acme.test"},
            {"name": "Backlog", "type": "Key result", "progress": "40%", "owner_email": "ben@acme.test", "categories": "support"},
        ],
        {"objectives": 1, "key_results": 1, "people": 2, "cycles": 1, "check_ins": 1},
    ),
    "cultureamp-individual-goals": Case(
        "culture-amp",
        [
            {"email": "ann@acme.test", "name": "Answer fast", "visibility": "Everyone", "individual_emails": "ben@acme.test;cy@acme.test", "due_at": "2026-06-30", "created_at": "2026-04-02", "priority": "High", "status": "In progress", "completion": 30, "key_result_1_title": "Backlog", "key_result_1_completion": 30},
            {"email": "ben@acme.test", "name": "Learn SQL", "visibility": "Private", "due_at": "2026-12-31", "created_at": "2026-04-02", "status": "Draft", "completion": "10%"},
        ],
        {"objectives": 2, "key_results": 2, "people": 3, "cycles": 2},
    ),
    "engagedly": Case(
        "engagedly",
        [{"Goal": "Answer fast", "Notes": "Within a day", "Goal Identifier": "G-1", **IN_Q2, "Check-In Type": "Percent", "Status": "In progress", "Assigner": "Ann Lee"}],
        {"objectives": 1, "people": 1, "cycles": 1},
    ),
    "goalscape": Case(
        "goalscape",
        [
            {"Main": "Acme", "Importance": 100, "Progress": 25, "Start Date": "2026-01-01", "Due Date": "2026-12-31"},
            {"L1": "Answer fast", "Importance": 60, "Progress": 25, "Start Date": "2026-01-01", "Due Date": "2026-12-31"},
            {"L2": "Backlog", "Importance": 50, "Progress": 25, "Start Date": "2026-01-01", "Due Date": "2026-12-31", "Notes": "Old tickets first"},
            {"L1": "Grow", "Importance": 40, "Progress": 0, "Start Date": "2026-01-01", "Due Date": "2026-12-31"},
        ],
        {"objectives": 4, "key_results": 2, "alignments": 3, "cycles": 1},
    ),
    "hrwize-library-goals": Case(
        "hrwize",
        [{"Goal Name": "Answer fast", "Goal Description": "Within a day", "Goal Type": "Team", "Goal Category": "Support"}],
        {"objectives": 1, "cycles": 1},
        {"cycle": "2026-Q2"},
    ),
    "mirro": Case(
        "mirro",
        [
            {"Objective Action": "Create", "Objective ID": 7, "Objective Title": "Grow", "Objective Type": "Company"},
            {"Objective Action": "Create", "Objective ID": 8, "Objective Title": "Answer fast", "Objective Type": "Team", "Objective Type Value": "Support"},
            {"Objective Action": "Update", "Objective ID": 9, "Objective Title": "Learn SQL", "Objective Type": "Individual", "Objective Type Value": "ann@acme.test"},
        ],
        {"objectives": 3, "teams": 1, "people": 1, "cycles": 1},
        {"cycle": "2026-Q2"},
    ),
    "peoplebox-v2": Case(
        "peoplebox-v2",
        [
            {"Row ID": "R1", "Goal ID": "100", "Goal Title": "Grow", "Owner Emails": "ann@acme.test,ben@acme.test", "Goal Cycle": "Q2 2026", "Goal Type": "Objective", "Departments": "Sales"},
            {"Row ID": "R2", "Goal ID": "101", "Goal Title": "Answer fast", "Goal Cycle": "Q2 2026", "Goal Type": "Objective", "Parent Goal IDs": "100"},
            {"Row ID": "R3", "Parent Row IDs": "R1, R2", "Goal Title": "Onboard quickly", "Goal Cycle": "Q2 2026", "Goal Type": "Objective"},
            {"Row ID": "R4", "Parent Row IDs": "R2", "Goal Title": "Backlog", "Owner Emails": "ben@acme.test", "Goal Type": "Key result", "Starting Value": "1,200", "Target Value": "200", "Current Value": "700", "Progress Status": "Needs attention", "Tags": "a;b", "Approved": "Yes"},
        ],
        {"objectives": 3, "key_results": 1, "alignments": 3, "people": 2, "teams": 1, "cycles": 1, "check_ins": 1},
    ),
    "peoplecues": Case(
        "peoplecues",
        [
            {"Objective Title": "Answer fast", "Owner_Email_ID": "ann@acme.test", "Start_Date": "2026-04-01", "Due_Date": "2026-06-30", "Metric_Name": "Backlog", "Metric_Type": "Number", "Metric_Start_Value": 200, "Metric_Target_Value": 50},
            {"Objective Title": "Answer fast", "Owner_Email_ID": "ann@acme.test", "Start_Date": "2026-04-01", "Due_Date": "2026-06-30", "Metric_Name": "Within a day", "Metric_Type": "Percentage", "Metric_Start_Value": "40%", "Metric_Target_Value": "90%"},
        ],
        {"objectives": 1, "key_results": 2, "people": 1, "cycles": 1},
    ),
    "sap-successfactors-goal-import": Case(
        "sap-successfactors",
        [
            {"^TYPE": "Goal", "ACTION": "Add", "ID": 1, "GUID": "answer-fast", "FILTER_USERNAME": "alee", "FILTER_DEPT": "Support"},
            {"^TYPE": "Goal", "ACTION": "Delete", "ID": 2, "GUID": "old"},
        ],
        {"objectives": 1, "people": 1, "teams": 1, "cycles": 1},
        {"cycle": "2026-Q2"},
    ),
}  # fmt: skip
