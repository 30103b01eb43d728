"""Papers handed in for the registration, each reviewed on its own by a named officer."""

from datetime import datetime

from sqlalchemy import delete, func, select, update

from marketplace.accounts.models import Person
from marketplace.database import after_commit, transaction
from marketplace.errors import N_, Conflict, DomainError, NotFound
from marketplace.sellers import messages, policies
from marketplace.sellers.models import DOCUMENT_KINDS, SellerDocument
from marketplace.sellers.services.access import ReasonMissing, for_member, for_officer
from marketplace.web import uploads


class DocumentKindUnknown(DomainError):
    """Not a kind of paper we ask for."""

    code = "document-kind-unknown"
    message = N_("Mời bạn chọn loại giấy tờ.")
    field = "kind"


class TooManyDocuments(DomainError):
    """The folder is full."""

    code = "too-many-documents"
    message = N_("Gian hàng đã nộp quá nhiều giấy tờ. Mời bạn bỏ bớt tệp chưa xem trước khi nộp thêm.")
    field = "file"


class SellerClosed(Conflict):
    """A closed seller hands nothing in."""

    code = "seller-closed"
    message = N_("Gian hàng đã đóng nên không nộp thêm được.")


class DocumentReviewed(Conflict):
    """Somebody has already reviewed this paper."""

    code = "document-reviewed"
    message = N_("Giấy tờ này đã được xem. Mời bạn tải lại trang.")


def add_document(*, actor: Person, seller_id: int, kind: str, paper: uploads.Paper, now: datetime) -> int:
    """Hand in one paper; returns its id. The file is written last, so a refusal leaves none behind.

    Raises DocumentKindUnknown, TooManyDocuments, SellerClosed, NotFound, Forbidden.
    """
    if kind not in DOCUMENT_KINDS:
        raise DocumentKindUnknown
    with transaction() as session:
        seller = for_member(session, actor=actor, seller_id=seller_id)
        if seller.state == "closed":
            raise SellerClosed
        held = select(func.count()).select_from(SellerDocument).where(SellerDocument.seller_id == seller_id)
        if session.scalar(held) >= policies.MAX_DOCUMENTS:
            raise TooManyDocuments
        document = SellerDocument(
            seller_id=seller_id,
            kind=kind,
            file_key=uploads.new_key(paper),
            media_type=paper.media_type,
            sha256=paper.sha256,
            size_bytes=paper.size,
            uploaded_at=now,
            uploaded_by_id=actor.id,
            state="pending",
        )
        session.add(document)
        session.flush()
        uploads.storage().save(document.file_key, paper.content)
    return document.id


def withdraw_document(*, actor: Person, seller_id: int, document_id: int) -> None:
    """Take back a paper nobody has reviewed, its file too. Raises NotFound, Forbidden, DocumentReviewed."""
    with transaction() as session:
        seller = for_member(session, actor=actor, seller_id=seller_id)
        key = session.scalar(
            select(SellerDocument.file_key).where(
                SellerDocument.id == document_id, SellerDocument.seller_id == seller_id
            )
        )
        if key is None:
            raise NotFound
        gone = session.execute(
            delete(SellerDocument).where(SellerDocument.id == document_id, SellerDocument.state == "pending")
        )
        if gone.rowcount != 1 or seller.state == "submitted":
            raise DocumentReviewed
        after_commit(lambda: uploads.storage().remove(key))


def review_document(
    *, actor: Person, seller_id: int, document_id: int, accepted: bool, reason: str, now: datetime
) -> None:
    """Accept a pending paper, or refuse it with a reason the seller is told.

    Raises NotFound, OtherArea, OwnSeller, ReasonMissing, DocumentReviewed.
    """
    reason = reason.strip()
    if not accepted and not reason:
        raise ReasonMissing
    with transaction() as session:
        seller = for_officer(session, actor=actor, seller_id=seller_id)
        kind = session.scalar(
            select(SellerDocument.kind).where(SellerDocument.id == document_id, SellerDocument.seller_id == seller_id)
        )
        if kind is None or seller.state == "draft":
            raise NotFound
        reviewed = session.execute(
            update(SellerDocument)
            .where(SellerDocument.id == document_id, SellerDocument.state == "pending")
            .values(
                state="accepted" if accepted else "refused",
                reviewed_at=now,
                reviewed_by_id=actor.id,
                reason=reason or None,
            )
        )
        if reviewed.rowcount != 1:
            raise DocumentReviewed
        if not accepted:
            messages.document_refused(seller, kind=kind, reason=reason, now=now)


def reopen_document(*, actor: Person, seller_id: int, document_id: int) -> None:
    """Undo a review while the registration is still undecided.

    Raises NotFound, OtherArea, OwnSeller, DocumentReviewed.
    """
    with transaction() as session:
        seller = for_officer(session, actor=actor, seller_id=seller_id)
        mine = (SellerDocument.id == document_id, SellerDocument.seller_id == seller_id)
        if session.scalar(select(SellerDocument.id).where(*mine)) is None:
            raise NotFound
        reopened = session.execute(
            update(SellerDocument)
            .where(*mine, SellerDocument.state != "pending")
            .values(state="pending", reviewed_at=None, reviewed_by_id=None, reason=None)
        )
        if reopened.rowcount != 1 or seller.state != "submitted":
            raise DocumentReviewed
