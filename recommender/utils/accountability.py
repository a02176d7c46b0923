"""Whoever changes what the shop does says who they are and why."""


def check_author(by: str, reason: str, error: type[ValueError]) -> None:
    """Raises `error` where `by` or `reason` is blank; its message begins with the name of the field that is."""
    if not by.strip():
        raise error("by: say who you are")
    if not reason.strip():
        raise error("reason: say why this is changed")
