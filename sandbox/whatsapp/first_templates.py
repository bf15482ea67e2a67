"""The templates that a new WhatsApp Business account of the sandbox has."""

import re

from sandbox.wire import Json


def _template(number: int, name: str, body: str, *around: Json, **more: str) -> Json:
    named = re.findall(r"\{\{([a-z]+)\}\}", body)
    places = re.findall(r"\{\{\d+\}\}", body)
    example: Json = {}
    if named:
        example = {"example": {"body_text_named_params": [{"param_name": one, "example": "…"} for one in named]}}
    elif places:
        example = {"example": {"body_text": [["…" for _ in places]]}}
    return {
        "name": name,
        "parameter_format": "NAMED" if named else "POSITIONAL",
        "components": [{"type": "BODY", "text": body, **example}, *around],
        "language": "ru",
        "status": "APPROVED",
        "category": "UTILITY",
        "id": str(594_425_479_261_000 + number),
        **more,
    }


def first_templates() -> list[Json]:
    """What a new account of the sandbox has: some to send, and one of each kind that is refused."""
    quick = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Да, актуально"}]}
    header = {"type": "HEADER", "format": "TEXT", "text": "Цветы «Ромашка»"}
    footer = {"type": "FOOTER", "text": "Ответьте на это сообщение, и мы продолжим"}
    return [
        _template(1, "order_ready", "Здравствуйте, {{1}}! Заказ {{2}} готов.", quick),
        _template(2, "come_back", "Мы ответили на ваш вопрос. Напишите нам, чтобы продолжить.", header, footer),
        _template(3, "courier", "Курьер {{courier}} приедет в {{time}}."),
        _template(4, "order_ready", "Hello {{1}}! Your order {{2}} is ready.", language="en"),
        _template(5, "old_news", "Скидки этой недели.", status="PAUSED"),
        _template(6, "lost_news", "Скидки прошлой недели.", status="DISABLED"),
        _template(7, "fresh_news", "Скидки следующей недели.", status="PENDING"),
        _template(8, "bad_news", "Скидки навсегда.", status="REJECTED", rejected_reason="INVALID_FORMAT"),
        _template(9, "login_code", "{{1}} — ваш код.", category="AUTHENTICATION"),
    ]  # fmt: skip
