"""The error that a job raises on purpose, and how any error is told in one line."""


class JobError(Exception):
    """Something a person has to read: what happened, in which table or file, and what to do next."""


def cause(error: BaseException) -> str:
    """The sentence that matters of an error, on one line; of a Java error its innermost cause, without the trace."""
    java = getattr(error, "java_exception", None)
    if java is not None:
        while java.getCause() is not None:
            java = java.getCause()
        text = java.toString()
    elif isinstance(error, JobError):
        text = str(error)
    else:
        text = f"{type(error).__name__}: {error}"
    return " ".join(text.split())[:1000]
