"""Import pulses: questions, and the results of those that are closed; answers to open ones are in no file."""

from okr_api.okr.errors import StateDoesNotFit
from okr_api.okr.pulse import Pulse, PulseState
from okr_api.okr.pulse_errors import PulseHasBegun

from .import_row import ImportRow


def check_pulse(entry: ImportRow[Pulse], pulse: Pulse) -> Pulse:
    """Return a pulse; reject what mutations reject, and what only they do with one that is there already.

    Raises:
        PulseHasBegun: the questions of one that was opened would be others.
        StateDoesNotFit: its state or its counts would be others, or an open one would be removed.
    """
    known = entry.known
    if known is not None:
        if known.state is not PulseState.DRAFT and pulse.questions != known.questions:
            raise PulseHasBegun("People were asked these questions", path=["questions"])
        is_discarded = pulse.removed and not known.removed and known.state is PulseState.OPEN
        if is_discarded or (pulse.state, pulse.counts) != (known.state, known.counts):
            raise StateDoesNotFit(
                "Only mutations open, close and delete a pulse that is there", path=["state"]
            )
    return pulse.checked()
