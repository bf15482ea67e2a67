"""Asks a vendor for its templates: a job of the outbox whose answer an operator waits for, so it is asked once."""

from gateway.connectors.contract import NO_TEMPLATES, Templating
from gateway.connectors.runtime.context import AccountContext, described, log
from gateway.errors import ChannelError, Unauthorized
from gateway.model.commands import RecordTemplates
from gateway.model.outgoing import ListTemplates


async def listed(context: AccountContext, job: ListTemplates) -> RecordTemplates:
    """What there is, or why it is not to be had: asking again is the operator's to do."""
    connector, problem = context.connector, NO_TEMPLATES
    if isinstance(connector, Templating):
        try:
            return RecordTemplates(job.dialog, job.operator, tuple(await connector.templates()))
        except Unauthorized as error:
            context.suspend(str(error))
            problem = str(error)
        except ChannelError as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001 - a connector's fault must cost one list, not the account
            log.error("templates failed", extra={"account": context.account, "error": described(error)})
            problem = "the gateway could not read the answer"
    return RecordTemplates(job.dialog, job.operator, problem=problem)
