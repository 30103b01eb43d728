"""Verbs of the accounts slice; each is told who acts and what time it is."""

from marketplace.accounts.services.care import (
    choose_language,
    close_account,
    deactivate,
    give_consent,
    grant_role,
    note_download,
    rename,
    revoke_role,
    tidy,
    withdraw_consent,
)
from marketplace.accounts.services.registration import Slip, register, register_assisted, reissue_password
from marketplace.accounts.services.rights import certifier_name
from marketplace.accounts.services.sessions import end_all_sessions, end_one_session, end_session, open_session
from marketplace.accounts.services.sign_in import SignedIn, change_password, sign_in

__all__ = [
    "SignedIn",
    "Slip",
    "certifier_name",
    "change_password",
    "choose_language",
    "close_account",
    "deactivate",
    "end_all_sessions",
    "end_one_session",
    "end_session",
    "give_consent",
    "grant_role",
    "note_download",
    "open_session",
    "register",
    "register_assisted",
    "reissue_password",
    "rename",
    "revoke_role",
    "sign_in",
    "tidy",
    "withdraw_consent",
]
