"""Demo objectives: the company's year, the teams' quarter, people's own, and a draft of the next quarter."""

from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.objective import ObjectiveKind, ProgressSource
from okr_api.okr.policy import ObjectiveVisibility

from .definitions import PlannedObjective, Serves, Successor, When

COMPANY = (
    PlannedObjective(
        key="crossings-people-rely-on",
        title="Crossings that islanders can plan their day around",
        why="People miss school, surgery and work when we sail late. Everything else comes after this.",
        owner="ines",
        when=When.YEAR,
        priorities=("islands-can-rely-on-us",),
    ),
    PlannedObjective(
        key="easiest-to-book",
        title="The ferry that is easiest to book",
        why="Half of our guests still queue at a counter, and half of them would rather not.",
        owner="ines",
        when=When.YEAR,
        priorities=("as-easy-as-stepping-aboard",),
        kind=ObjectiveKind.ASPIRATIONAL,
        source=ProgressSource.BOTH,
    ),
    PlannedObjective(
        key="cleaner-every-season",
        title="Cleaner water in our wake, season after season",
        why="The bay pays our wages. The harbour authority will also ask for it from next year on.",
        owner="amara",
        when=When.YEAR,
        priorities=("a-bay-to-swim-in",),
    ),
)

TEAMS = (
    PlannedObjective(
        key="leave-on-time",
        title="Leave on time, whatever the tide",
        why="Most late arrivals are late departures.",
        owner="tomas",
        team="operations",
        source=ProgressSource.BOTH,
        serves=(Serves("crossings-people-rely-on", weight=2.0),),
        contributors=("jonas", "amara"),
    ),
    PlannedObjective(
        key="hulls-ready",
        title="Every hull ready to sail",
        why="Two ships in the yard at once cost us the whole of August.",
        owner="amara",
        team="fleet",
        serves=(Serves("crossings-people-rely-on"),),
        contributors=("noor",),
    ),
    PlannedObjective(
        key="no-queue-on-the-quay",
        title="Turn ships around without a queue on the quay",
        why="Boarding is the one part of a delay that is entirely ours.",
        owner="jonas",
        team="ports",
        serves=(Serves("leave-on-time"), Serves("crossings-people-rely-on", weight=0.5)),
    ),
    PlannedObjective(
        key="booked-in-a-minute",
        title="Book a crossing while the kettle boils",
        why="Guests give up at the third form; we have five.",
        owner="mei",
        team="booking",
        kind=ObjectiveKind.ASPIRATIONAL,
        serves=(Serves("easiest-to-book", weight=2.0),),
        contributors=("priya",),
    ),
    PlannedObjective(
        key="see-every-route",
        title="See what happens on every route as it happens",
        why="Crews radio each other for what a screen could tell; guests cannot radio anybody.",
        owner="priya",
        team="digital",
        serves=(Serves("easiest-to-book"), Serves("crossings-people-rely-on", weight=0.5)),
        contributors=("luca",),
    ),
    PlannedObjective(
        key="learn-about-batteries",
        title="Find out whether a battery shuttle can work for us",
        why="Before we order a ship for thirty years we want to have been wrong on a small one.",
        owner="amara",
        team="fleet",
        kind=ObjectiveKind.LEARNING,
        serves=(Serves("fuel-per-mile"),),
    ),
    PlannedObjective(
        key="deck-handbook",
        title="A deck handbook that new crew read to the end",
        why="The present one has 240 pages and a chapter on telex.",
        owner="jonas",
        team="ports",
        serves=(Serves("leave-on-time", weight=0.5),),
        paused_because="The editor is on the winter relief crew until they are back at full strength",
    ),
    PlannedObjective(
        key="guests-come-back",
        title="Guests who sail again because they want to",
        why="To be talked over with Inês before it is anybody else's.",
        owner="priya",
        team="digital",
        kind=ObjectiveKind.ASPIRATIONAL,
        serves=(Serves("easiest-to-book"),),
        visibility=ObjectiveVisibility.PRIVATE,
        shared_with=("ines",),
        draft=True,
    ),
    PlannedObjective(
        key="first-aid-aboard",
        title="Somebody who can save a life on every crossing",
        why="The coastguard asks it of every ferry company from next summer on.",
        owner="tomas",
        team="ports",
        stands_alone="It is the law, and right: it serves no strategy of ours and needs none.",
    ),
    PlannedObjective(
        key="a-shop-in-the-terminal",
        title="A shop in the terminal that pays for its light",
        why="The landlord offered us the corner.",
        owner="luca",
        team="digital",
        visibility=ObjectiveVisibility.TEAM,
    ),
    PlannedObjective(
        key="newsletter-for-every-island",
        title="A newsletter that every island reads",
        why="Islanders hear of changed crossings from each other, and often too late.",
        owner="luca",
        team="digital",
        stands_alone="It is a courtesy. If it proves to be more, it will serve our year.",
        successor=Successor(
            key="told-before-they-leave-home",
            title="Islanders who are told before they leave home",
            why="A message on the phone is read; a letter about the week is not.",
            because="One reader in ten opened the newsletter, and most of them asked for a message instead",
        ),
    ),
)

PEOPLE = (
    PlannedObjective(
        key="calm-engine-rooms",
        title="Calm engine rooms",
        why="An unplanned stop costs four times a planned one, and everybody's weekend.",
        owner="noor",
        team="fleet",
        serves=(Serves("hulls-ready", weight=2.0),),
    ),
    PlannedObjective(
        key="payment-nobody-notices",
        title="A payment step that nobody notices",
        why="One in five bookings ends there.",
        owner="mei",
        team="booking",
        serves=(Serves("booked-in-a-minute"),),
    ),
    PlannedObjective(
        key="one-screen-to-trust",
        title="One screen that the bridge trusts",
        why="With three screens, each is an excuse for the others.",
        owner="luca",
        team="digital",
        serves=(Serves("see-every-route"), Serves("leave-on-time", kind=AlignmentKind.SUPPORTS)),
    ),
)

NEXT = (
    PlannedObjective(
        key="ready-for-the-new-timetable",
        title="Ready for the new timetable before the printers are",
        why="Last time the posters were right and the ships were not.",
        owner="tomas",
        when=When.NEXT_QUARTER,
        team="operations",
        draft=True,
    ),
)

OBJECTIVES = COMPANY + TEAMS + PEOPLE + NEXT
