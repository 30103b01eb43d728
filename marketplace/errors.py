"""Refusals the domain makes: a code for machines, a field for forms, a plain sentence for people.

Core code raises; `marketplace.web.errors` alone decides whether the person sees HTML or problem+json.
"""


def N_(text: str) -> str:
    """Mark a source sentence for the translation catalogue; it is translated when shown."""
    return text


class DomainError(Exception):
    """A rule said no.

    Subclasses stand beside the function that raises them and set `code` (stable, kebab-case), `message`
    (Vietnamese source text with %(name)s places, translated when shown), `field` (form field or "") and
    `status` (HTTP). Values for the places are keyword arguments.
    """

    code = "refused"
    message = N_("Không thực hiện được yêu cầu này.")
    field = ""
    status = 422

    def __init__(self, *, field: str | None = None, **values: object) -> None:
        self.values = values
        if field is not None:
            self.field = field
        super().__init__(f"{self.code} {values}" if values else self.code)

    def render(self, translate) -> str:
        """The sentence in the reader's language; `translate` maps the source text."""
        text = translate(self.message)
        return text % self.values if self.values else text


class NotFound(DomainError):
    """The thing does not exist for this person (also when it belongs to somebody else)."""

    code = "not-found"
    message = N_("Không tìm thấy nội dung này.")
    status = 404


class Forbidden(DomainError):
    """The person is known and may not do this."""

    code = "forbidden"
    message = N_("Bạn không có quyền làm việc này.")
    status = 403


class Conflict(DomainError):
    """Somebody else changed the thing first, or the step does not fit its present state."""

    code = "conflict"
    message = N_("Nội dung vừa được thay đổi. Mời bạn tải lại trang rồi thử lại.")
    status = 409
