"""The verbs of the sellers slice; each is one transaction, told who acts and when."""

from marketplace.sellers.services.certificates import (
    CertificateDetails,
    add_certificate,
    check_certificate,
    revoke_certificate,
    update_certificate,
)
from marketplace.sellers.services.decisions import approve, close, refuse, reinstate, suspend
from marketplace.sellers.services.documents import add_document, reopen_document, review_document, withdraw_document
from marketplace.sellers.services.members import (
    accept_invitation,
    change_role,
    invite,
    remove_member,
    withdraw_invitation,
)
from marketplace.sellers.services.profile import Contact, change_identity, update_profile
from marketplace.sellers.services.registration import Details, register, submit, update_registration

__all__ = [
    "CertificateDetails", "Contact", "Details", "accept_invitation", "add_certificate", "add_document", "approve",
    "change_identity", "change_role", "check_certificate", "close", "invite", "refuse", "register", "reinstate",
    "remove_member", "reopen_document", "review_document", "revoke_certificate", "submit", "suspend",
    "update_certificate", "update_profile", "update_registration", "withdraw_document", "withdraw_invitation",
]
