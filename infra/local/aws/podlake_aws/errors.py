"""The one way in which a local AWS service says no."""


class ServiceError(Exception):
    """An error as an AWS client sees it: a code it can branch on, a sentence for a person, an HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
