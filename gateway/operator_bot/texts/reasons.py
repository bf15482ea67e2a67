"""Why something did not go through, in the reader's language. Pure.

Connectors, files/ and the store give their reasons as English sentences; the catalog of problems has each of them,
which a test holds over all that the code can say. One that is not known is shown as it came.
"""

from gateway.operator_bot.texts.phrases import Phrases


def say_reason(t: Phrases, problem: str) -> str:
    """The reason in the reader's language."""
    return t.problems.say(problem)
