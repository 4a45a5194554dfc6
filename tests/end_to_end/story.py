"""What six people of a bakery do to set up a year, and then in its last quarter; and what they are refused."""

from typing import Any

# Who does it, which mutation, its input, and the code and path of the error if it is refused.
Step = tuple[str, str, dict[str, Any], tuple[str, list[str]] | None]


def to(external_id: str) -> dict[str, str]:
    """Return a reference by external id."""
    return {"externalId": external_id}


def step(who: str, mutation: str, refused: tuple[str, list[str]] | None = None, **given: Any) -> Step:
    """Return a step of the story; a field of the input that is a keyword of Python ends with `_`."""
    return who, mutation, {name.rstrip("_"): value for name, value in given.items()}, refused


FORBIDDEN = "FORBIDDEN"
NOT_FOUND = "NOT_FOUND"

SETTING_UP: tuple[Step, ...] = (
    # Ines, the OKR lead, is the admin: mission, priorities, cycles, teams.
    step("rui", "organizationUpdate", (FORBIDDEN, []), mission="Bread for me."),
    step(
        "ines",
        "organizationUpdate",
        mission="Fresh bread within ten minutes of every door in town.",
        vision="By 2030 nobody here buys bread in plastic.",
    ),
    step("ines", "priorityCreate", title="Bake nearer to people", externalId="near", owner=to("ines")),
    step("ines", "priorityCreate", title="Waste nothing", externalId="waste"),
    step("ines", "cyclesGenerate", year=2026, externalId="2026"),
    step("ines", "cycleActivate", cycle=to("2026")),
    step("ines", "cycleActivate", cycle=to("2026-q4")),
    step("ines", "teamCreate", name="Bakery", externalId="bakery"),
    step("ines", "teamCreate", name="Shops", externalId="shops"),
    step("ines", "teamCreate", name="Night shift", externalId="night", parent=to("bakery")),
    step(
        "ines", "teamUpdate", ("TEAM_LOOPS", ["parent", "externalId"]), team=to("bakery"), parent=to("night")
    ),
    step("ines", "teamMemberAdd", team=to("bakery"), person=to("rui"), role="LEAD", externalId="m1"),
    step("ines", "teamMemberAdd", team=to("shops"), person=to("omar"), role="LEAD", externalId="m2"),
    step("ines", "teamMemberAdd", team=to("night"), person=to("tess"), role="LEAD", externalId="m3"),
    step("rui", "teamMemberAdd", team=to("bakery"), person=to("lena"), externalId="m4"),
    step(
        "rui",
        "teamMemberAdd",
        ("ALREADY_EXISTS", ["person", "externalId"]),
        team=to("bakery"),
        person=to("lena"),
    ),
    step("rui", "teamMemberAdd", (FORBIDDEN, ["team", "externalId"]), team=to("shops"), person=to("lena")),
    step("omar", "teamMemberAdd", team=to("shops"), person=to("vera"), externalId="m5"),
    # The company's year, and the teams' quarters beneath it.
    step(
        "ines",
        "metricCreate",
        name="Loaves sold in a week",
        unit="loaves",
        owner=to("omar"),
        externalId="loaves",
    ),
    step(
        "ines",
        "objectiveCreate",
        title="Half of the town eats our bread",
        cycle=to("2026"),
        owner=to("ines"),
        priorities=[to("near")],
        externalId="half",
    ),
    step(
        "omar",
        "objectiveCreate",
        title="Shops that people pass on their way",
        cycle=to("2026-q4"),
        owner=to("omar"),
        team=to("shops"),
        parent={"objective": to("half")},
        externalId="way",
    ),
    step(
        "omar",
        "keyResultCreate",
        objective=to("way"),
        title="Loaves sold in the shops each week",
        measure="INCREASE",
        unit="loaves",
        startValue=4000,
        targetValue=6000,
        metric=to("loaves"),
        externalId="way-loaves",
    ),
    step(
        "omar",
        "keyResultCreate",
        objective=to("way"),
        title="Loaves left over in the evening",
        measure="AT_MOST",
        unit="%",
        targetValue=8,
        role="GUARD_RAIL",
        brokenBudget=0.1,
        checkInOwner=to("vera"),
        externalId="way-left",
    ),
    step(
        "rui",
        "objectiveCreate",
        title="Ovens that run while the town sleeps",
        cycle=to("2026-q4"),
        owner=to("rui"),
        team=to("bakery"),
        visibility="TEAM",
        contributors=[to("lena")],
        progressSource="BOTH",
        parent={"objective": to("half")},
        weight=3,
        externalId="ovens",
    ),
    step(
        "rui",
        "keyResultCreate",
        objective=to("ovens"),
        title="Loaves baked and sold within a day, each week",
        measure="INCREASE",
        unit="loaves",
        startValue=4000,
        targetValue=9000,
        metric=to("loaves"),
        externalId="ovens-loaves",
    ),
    step(
        "tess",
        "objectiveCreate",
        title="Nights that people want to work",
        cycle=to("2026-q4"),
        owner=to("tess"),
        team=to("night"),
        visibility="PRIVATE",
        sharedWith=[to("lena")],
        externalId="nights",
    ),
    step(
        "tess",
        "keyResultCreate",
        objective=to("nights"),
        title="People who stay on the night shift after three months",
        measure="INCREASE",
        unit="%",
        startValue=40,
        targetValue=80,
        externalId="nights-stay",
    ),
    step(
        "lena",
        "objectiveCreate",
        title="Crusts that children fight over",
        cycle=to("2026-q4"),
        owner=to("lena"),
        team=to("bakery"),
        parent={"objective": to("ovens")},
        externalId="crusts",
    ),
    step(
        "lena",
        "keyResultCreate",
        objective=to("crusts"),
        title="School classes that ask for our bread",
        measure="INCREASE",
        unit="classes",
        startValue=2,
        targetValue=12,
        externalId="crusts-classes",
    ),
    # Work, what one team needs of another, and a number that is the sum of others.
    step(
        "lena",
        "initiativeCreate",
        for_={"keyResult": to("crusts-classes")},
        title="Bake with every school once",
        owner=to("vera"),
        dueOn="2026-11-30",
        externalId="bake-with-schools",
    ),
    step(
        "tess",
        "initiativeCreate",
        for_={"objective": to("nights")},
        title="Ask those who left why",
        externalId="ask-why",
    ),
    step(
        "omar",
        "dependencyCreate",
        needing={"objective": to("way")},
        givingTeam=to("bakery"),
        giving={"objective": to("ovens")},
        refused=("NOT_FOUND", ["giving", "objective", "externalId"]),
        description="Bread at six and not at seven",
    ),
    step(
        "omar",
        "dependencyCreate",
        needing={"objective": to("way")},
        givingTeam=to("bakery"),
        description="Bread at six and not at seven",
        neededBy="2026-12-01",
        externalId="at-six",
    ),
    step("rui", "dependencyUpdate", dependency=to("at-six"), state="AGREED", owner=to("lena")),
    step(
        "rui",
        "dependencyCreate",
        needing={"objective": to("ovens")},
        givingTeam=to("night"),
        giving={"objective": to("nights")},
        refused=("NOT_FOUND", ["giving", "objective", "externalId"]),
        description="People at night",
    ),
    step(
        "ines",
        "keyResultCreate",
        objective=to("half"),
        title="Loaves of shops and ovens together",
        measure="INCREASE",
        unit="loaves",
        startValue=8000,
        targetValue=15000,
        formula={"function": "SUM", "keyResults": [to("way-loaves"), to("ovens-loaves")]},
        externalId="half-loaves",
    ),
    step(
        "omar",
        "keyResultUpdate",
        keyResult=to("way-loaves"),
        formula={"function": "SUM", "keyResults": [to("ovens-loaves")]},
        refused=("NOT_FOUND", ["formula", "keyResults", "0", "externalId"]),
    ),
    step("ines", "objectiveUpdate", objective=to("half"), progressSource="BOTH"),
    # What is not theirs.
    step("vera", "objectiveCreate", (FORBIDDEN, []), title="Mine", cycle=to("2026-q4")),
    step(
        "omar",
        "objectiveUpdate",
        (FORBIDDEN, ["objective", "externalId"]),
        objective=to("crusts"),
        title="Taken over",
    ),
    step(
        "omar",
        "objectiveUpdate",
        (NOT_FOUND, ["objective", "externalId"]),
        objective=to("ovens"),
        title="Taken over",
    ),
    step(
        "omar",
        "objectiveUpdate",
        (NOT_FOUND, ["objective", "externalId"]),
        objective=to("nothing"),
        title="Taken over",
    ),
    step(
        "rui",
        "objectiveUpdate",
        (NOT_FOUND, ["objective", "externalId"]),
        objective=to("nights"),
        title="Taken over",
    ),
    step(
        "lena",
        "objectiveUpdate",
        (FORBIDDEN, ["objective", "externalId"]),
        objective=to("nights"),
        title="Taken over",
    ),
)

QUARTER: tuple[Step, ...] = (
    # One reading moves both key results, also where it is not seen.
    step(
        "omar",
        "metricReadingRecord",
        metric=to("loaves"),
        value=5000,
        externalId="r1",
    ),
    step("vera", "checkInRecord", (FORBIDDEN, []), keyResult=to("way-loaves"), value=1),
    step("tess", "checkInRecord", keyResult=to("nights-stay"), value=50, confidence=0.6, externalId="c1"),
    step("lena", "checkInRecord", keyResult=to("crusts-classes"), value=4, note="Two more", externalId="c2"),
    step(
        "omar", "checkInRecord", keyResult=to("way-left"), value=11, effectiveOn="2026-10-10", externalId="c3"
    ),
    # A target is eased, with a reason.
    step(
        "omar",
        "keyResultUpdate",
        ("REASON_REQUIRED", ["reason"]),
        keyResult=to("way-loaves"),
        targetValue=5500,
    ),
    step(
        "omar",
        "keyResultUpdate",
        keyResult=to("way-loaves"),
        targetValue=5500,
        reason="The shop at the station opens in January only.",
    ),
    # Sight is lost and gained.
    step(
        "lena",
        "objectiveUpdate",
        (FORBIDDEN, ["visibility"]),
        objective=to("ovens"),
        visibility="ORGANIZATION",
    ),
    step("tess", "objectiveUpdate", objective=to("nights"), sharedWith=[to("omar")]),
    step("rui", "objectiveUpdate", objective=to("ovens"), visibility="ORGANIZATION"),
    step("lena", "objectiveUpdate", objective=to("crusts"), visibility="TEAM"),
    step("ines", "teamMemberRemove", teamMembership=to("m5")),
    step("ines", "teamMemberAdd", team=to("bakery"), person=to("vera"), externalId="m6"),
    step("lena", "checkInRecord", keyResult=to("crusts-classes"), value=5, externalId="c4"),
    step("ines", "organizationUpdate", name="Harbour Bakeries"),
    step("omar", "metricReadingRecord", metric=to("loaves"), value=5200, externalId="r2"),
)
