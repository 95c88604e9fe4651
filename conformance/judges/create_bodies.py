"""CREATE, what bodies of every length and form carry: it reads back."""

from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.labels.create import CreationFields
from sigmic_conformance.conformance.labels.create_bodies import LongMessage
from sigmic_conformance.conformance.registry import judge


@judge("CREATE-013", CreationFields.PROBE, sweep=True)
def system_prompt(record: Record) -> Verdict:
    observations = Observations("other-value", "systemPrompt reads back as given")
    short = [
        CreationFields.READ.of(form.of("systemPrompt")) for form in (CreationFields.JSON, CreationFields.FORM)
    ]
    told = [(record.exchange(label), record.fact(CreationFields.SYSTEM_PROMPT)) for label in short]
    if LongMessage.PROBE in record.probes:
        told += [(exchange, LongMessage.PROMPT) for exchange in record.any_of(LongMessage.READ_BACK)]
    for exchange, given in told:
        shown = str(exchange.fields.get("systemPrompt"))
        pairs = enumerate(zip(given, shown, strict=False))
        same = next((at for at, (one, other) in pairs if one != other), min(len(given), len(shown)))
        observed = f"as given for {same} of {len(given)} characters, then {shown[same:][:20]!r}"
        observations.add(exchange.fields.get("systemPrompt") == given, exchange, observed)
    return observations.verdict()
