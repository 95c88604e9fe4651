"""The kinds of steps that every agent knows. To add one, give a module of this package a `StepKind`."""

from sigmic_mock.agent.steps import calls, delegation, endings, events, files, speech
from sigmic_mock.agent.steps.kind import StepKinds

KINDS = (*speech.KINDS, *calls.KINDS, *files.KINDS, *delegation.KINDS, *endings.KINDS, *events.KINDS)
STEP_KINDS = StepKinds(KINDS)
