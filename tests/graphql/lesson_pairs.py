"""Lessons by topic, and drafts of objectives with the topic that they are about: to measure related lessons.

They were written for this: first the lessons, as teams would put them, then the drafts, without looking at the
lessons' words. Each topic has four lessons; some words, such as customers or mails, are in several topics.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Drafted:
    """A draft of an objective, with the titles of its key results, about a topic."""

    topic: str
    title: str
    key_results: tuple[str, ...]


LESSONS: dict[str, tuple[tuple[str, str], ...]] = {
    "checkout": (
        ("Fewer fields, more bookings", "The booking form went from fourteen fields to six, and conversion rose within a week."),
        ("Guests leave when they must register before they pay", "A checkout without an account brought back one in five abandoned carts."),
        ("Payment errors must say what to do", "A clear message beside the card number halved the abandoned payments."),
        ("Showing all fees early costs no bookings", "Visitors who saw the full price on the first page booked as often, and complained less."),
    ),
    "support": (
        ("Canned answers are fast and annoy customers", "Macros cut the first response time of tickets; satisfaction fell until we wrote the first line by hand."),
        ("A rota at weekends keeps the ticket backlog flat", "Without one, Monday's tickets waited for two days."),
        ("Most tickets come from three broken pages", "Mending them lowered the number of support tickets more than any new colleague did."),
        ("Answering within an hour matters more than solving within a day", "Customers rated a quick response with an open question higher than a late solution."),
    ),
    "hiring": (
        ("Structured interviews predict better than talks", "Candidates who did well in the same six questions were still here after a year."),
        ("A buddy halves the time until a new colleague is productive", "Onboarding by wiki alone took ten weeks."),
        ("Slow offers lose candidates", "Of those who waited more than a week after the last interview, half had accepted elsewhere."),
        ("Referrals bring colleagues who stay", "Engineers whom somebody of us knew left half as often."),
    ),
    "reliability": (
        ("Small deployments fail less", "Releases of fewer than a hundred lines caused a tenth of the outages."),
        ("Alerts that nobody acts on hide the real outage", "We deleted two thirds of them and found the next outage in minutes."),
        ("A rehearsed failover takes minutes instead of hours", "The service was up again before most people noticed."),
        ("Most outages follow a change of configuration", "Since then configuration is deployed and rolled back like code."),
    ),
    "newsletter": (
        ("Personal subject lines beat discounts in newsletters", "The open rate rose by a third, and nobody unsubscribed."),
        ("Two mails a week are one too many", "Unsubscribes doubled in a month, and clicks did not rise."),
        ("Sleeping subscribers wake up by a question, not by an offer", "Inactive people came back after a mail that asked for their opinion."),
        ("Mails in the evening are clicked twice as often", "We moved the newsletter from nine in the morning to eight at night."),
    ),
    "pricing": (
        ("Yearly plans sell when the price per month is shown first", "The share of yearly plans went from a fifth to a half."),
        ("Discounts bring customers who leave", "Those who came with a coupon cancelled their plan twice as often."),
        ("A higher price of the small plan lost nobody", "We had feared it for three years."),
        ("A free trial without a credit card doubles trials, not sales", "Twice the trials, and the same number became paying customers."),
    ),
    "security": (
        ("Auditors ask for evidence, not for policies", "Screenshots of access reviews closed more findings than the new handbook."),
        ("Phishing tests work when nobody is blamed", "Reports of phishing mails tripled once we thanked people for them."),
        ("Old access rights are the most common audit finding", "Accounts of people who changed teams kept their rights for years."),
        ("Encrypted backups need a rehearsed restore", "The key of the oldest backup was lost; the audit found it, not we."),
    ),
    "app": (
        ("Images are most of the loading time", "Smaller ones made the start page of the app twice as fast."),
        ("People forgive a slow start and not a slow list", "Screens that scroll late were named in most bad reviews of the app."),
        ("Crashes come from old phones that nobody tests", "Three models caused half of all crashes."),
        ("A cached start page makes the app feel instant", "Loading in the background was enough; the servers are as slow as before."),
    ),
    "process": (
        ("Key results that nobody owns are not measured", "Half of them had no reading at the end of the quarter."),
        ("Weekly check-ins need ten minutes, not an hour", "We prepare them in writing since."),
        ("A plan with nine objectives reached none of them", "Three would have been enough."),
        ("Retrospectives without decisions change nothing", "We write down who does what until when."),
    ),
}  # fmt: skip
DRAFTS = (
    Drafted("checkout", "Guests complete their booking without help", ("Conversion of the booking form", "Abandoned payments")),
    Drafted("checkout", "More visitors become paying guests", ("Checkout conversion", "Carts abandoned at the payment")),
    Drafted("support", "Customers get answers fast", ("First response time of tickets", "Ticket backlog")),
    Drafted("support", "Support tickets become rare", ("Tickets per hundred customers", "Customers content with the answer")),
    Drafted("hiring", "We hire engineers who stay", ("Days from the first interview to the offer", "Candidates who accept our offer")),
    Drafted("hiring", "New colleagues are productive quickly", ("Weeks of onboarding", "Colleagues who came by referral")),
    Drafted("reliability", "The service is up when people need it", ("Minutes of outage", "Failed deployments")),
    Drafted("reliability", "We release without fear", ("Deployments in a week", "Releases rolled back", "Outages after a release")),
    Drafted("newsletter", "Subscribers enjoy our newsletter", ("Open rate of the newsletter", "Unsubscribes per mail")),
    Drafted("newsletter", "Sleeping subscribers come back", ("Clicks in mails to inactive subscribers",)),
    Drafted("pricing", "Our plans earn what they are worth", ("Average price of a plan", "Share of yearly plans")),
    Drafted("pricing", "More trials become customers", ("Trials started", "Trials that become paying plans")),
    Drafted("security", "We pass the security audit at the first try", ("Open audit findings", "Accounts with old access rights")),
    Drafted("security", "Everybody protects our data", ("Encrypted backups", "Phishing mails that are reported", "Access rights reviewed")),
    Drafted("app", "The app feels instant", ("Loading time of the start page", "Slow screens")),
    Drafted("app", "The app works on every phone", ("Crashes per thousand sessions", "Loading time on old phones")),
)  # fmt: skip
