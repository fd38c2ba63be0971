"""“A matter, from APP to rating”, the README's story, through the Python client against a running demo:

BASE_URL=http://127.0.0.1:8080 python story.py
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from typing import Literal, TypeVar

from jieli_client import Password, Problem, connect, each, etag, take
from jieli_client.generated.api.entrustments import (
    complete_entrustment,
    create_entrustment,
    draft_agreement,
    get_entrustment,
    give_one_time_notice,
    list_entrustments,
    note_entrustment,
    plan_entrustment,
    record_step,
    refuse_completion,
    report_material,
    resume_entrustment,
    sign_agreement,
    sign_completion,
    suspend_entrustment,
)
from jieli_client.generated.api.evaluations import list_evaluations
from jieli_client.generated.api.identity import get_me
from jieli_client.generated.api.public import get_progress, rate_by_link
from jieli_client.generated.api.routing import accept_transfer, offer_transfer, resolve_routing
from jieli_client.generated.client import AuthenticatedClient
from jieli_client.generated.models.agreement_signature import AgreementSignature
from jieli_client.generated.models.applicant_reason import ApplicantReason
from jieli_client.generated.models.complete_input import CompleteInput
from jieli_client.generated.models.entrustment_view import EntrustmentView
from jieli_client.generated.models.material_report import MaterialReport
from jieli_client.generated.models.new_entrustment import NewEntrustment
from jieli_client.generated.models.note_input import NoteInput
from jieli_client.generated.models.one_time_notice import OneTimeNotice
from jieli_client.generated.models.rating_input import RatingInput
from jieli_client.generated.models.resolve_input import ResolveInput
from jieli_client.generated.models.sign_input import SignInput
from jieli_client.generated.models.step_report import StepReport
from jieli_client.generated.models.suspend_input import SuspendInput
from jieli_client.generated.models.transfer_acceptance import TransferAcceptance
from jieli_client.generated.models.transfer_input import TransferInput
from jieli_client.generated.types import Unset

T = TypeVar("T")

BASE = os.environ.get("BASE_URL", "http://127.0.0.1:8080")


def sign_in(login: str) -> AuthenticatedClient:
    return connect(BASE, Password(login, "jieli-demo-2026"))


def expect(what: str, actual: object, expected: object) -> None:
    """Says what was seen; the program ends with an error at the first difference."""
    if actual != expected:
        sys.exit(f"{what}: expected {expected!r}, got {actual!r}")
    print(f"   {what}: {actual}")


def present(what: str, value: T | Unset | None) -> T:
    """A value that must be there."""
    if value is None or isinstance(value, Unset):
        sys.exit(f"{what} is missing")
    return value


def carry(agent: AuthenticatedClient, matter: str, steps: list[str]) -> None:
    """What the authorities do with a step: filed, accepted, granted."""
    report = StepReport.from_dict(
        {"receipt_no": "RD-1", "acceptance_no": "RD-SL-1", "result_no": "RD-JG-1", "evidence": "通知书照片"}
    )
    acts: list[Literal["file", "accept", "grant"]] = ["file", "accept", "grant"]
    for step in steps:
        for act in acts:
            after = take(record_step.sync_detailed(matter, step, act, client=agent, body=report))
        expect(step, next(s.state for s in after.steps if s.code == step), "granted")


def main() -> None:
    company, city, county = sign_in("ent_rudong"), sign_in("city_clerk"), sign_in("rd_clerk")
    agent, manager = sign_in("rd_agent"), sign_in("rd_manager")
    anyone = connect(BASE)
    online = {"signature": {"method": "online"}}

    print("1. The company applies at the city center; one material is still missing.")
    application = NewEntrustment.from_dict(
        {
            "item": "GS-320623-0001",
            "mode": "full_agency",
            "channel": "app",
            "center": "320600000000",
            "contact": {"name": "联系人甲", "phone": "13900000001"},
            "request": "新建厂房需要接水，请帮助办理",
            "materials": [{"code": "M1"}, {"code": "M2"}],
        }
    )
    key = str(uuid.uuid4())
    matter = take(create_entrustment.sync_detailed(client=company, body=application, idempotency_key=key))
    again = create_entrustment.sync_detailed(client=company, body=application, idempotency_key=key)
    expect("sent twice with one key, it is one matter", take(again).id, matter.id)
    expect("told by", again.headers["Idempotency-Replayed"], "true")
    expect("state", matter.state, "submitted")
    id = str(matter.id)

    print("2. Who should handle it, and why?")
    question = ResolveInput.from_dict({"item": "GS-320623-0001", "applicant_division": "320623000000"})
    route = take(resolve_routing.sync_detailed(client=city, body=question))
    expect("names 如东县", "如东县" in route.explanation, True)

    print("3. The city offers it to the county; the county accepts transfer and matter, and names its agent.")
    offer = TransferInput.from_dict({"to": "auto", "applicant_consent": True})
    transfer = take(offer_transfer.sync_detailed(id, client=city, body=offer))
    me = take(get_me.sync_detailed(client=agent))
    acceptance = TransferAcceptance.from_dict(
        {
            "assignee_id": str(me.id),
            "accept_matter": {"process_explained": True, "papers_verified": True, "form_signed": True},
        }
    )
    accepted = take(accept_transfer.sync_detailed(str(transfer.id), client=county, body=acceptance))
    expect("transfer", accepted.state, "accepted")

    print("4. The agreement: drafted by the county, signed by the company.")
    drafted = take(draft_agreement.sync_detailed(id, client=agent))
    expect("agreement", present("the agreement", drafted.agreement).state, "drafted")
    signature = AgreementSignature.from_dict(online)
    signed = take(sign_agreement.sync_detailed(id, client=company, body=signature))
    expect("agreement", present("the agreement", signed.agreement).state, "signed")

    print("5. The one-time notice of what is missing; the company supplies it; the agent verifies it.")
    notice = OneTimeNotice.from_dict(
        {"items": [{"code": "M3", "what": "缺少用水场所的权属证明", "how": "拍照上传不动产权证或者租赁合同"}]}
    )
    noticed = take(give_one_time_notice.sync_detailed(id, client=agent, body=notice))
    present("the limit of the notice", present("the notices", noticed.notices)[0].due_at)

    def m3(view: EntrustmentView) -> str:
        return next(m.state for m in view.materials if m.code == "M3")

    photo = MaterialReport.from_dict({"note": "不动产权证照片"})
    submitted = take(report_material.sync_detailed(id, "M3", "submit", client=company, body=photo))
    expect("M3", m3(submitted), "submitted")
    expect("M3", m3(take(report_material.sync_detailed(id, "M3", "accept", client=agent))), "accepted")

    print("6. The plan from the template of the item, and what the authorities did.")
    planned = take(plan_entrustment.sync_detailed(id, client=agent))
    present("the planned end of the fourth step", planned.steps[3].planned_end)
    carry(agent, id, ["S1", "S2"])

    print("7. Suspended by the manager while a survey is awaited, and resumed.")
    pause = SuspendInput.from_dict({"reason": "awaiting_third_party", "note": "等待外线勘测报告", "days": 5})
    expect("state", take(suspend_entrustment.sync_detailed(id, client=manager, body=pause)).state, "suspended")
    expect("state", take(resume_entrustment.sync_detailed(id, client=agent)).state, "in_progress")
    carry(agent, id, ["S3", "S4"])

    print("8. Completed; the company refuses to sign; completed again; signed.")
    done = CompleteInput.from_dict({"outcome": "granted", "note": "已通水", "results": ["RD-JG-1"]})
    completed = complete_entrustment.sync_detailed(id, client=agent, body=done)
    expect("state", take(completed).state, "completed")
    expect("the ETag read again", etag(get_entrustment.sync_detailed(id, client=agent)), etag(completed))
    try:
        note = NoteInput.from_dict({"text": "已电话告知"})
        note_entrustment.sync_detailed(id, client=agent, body=note, if_match='"1"')
        sys.exit("a note on an old version went through")
    except Problem as problem:
        expect("a note on an old version is refused", problem.status, 412)
    refusal = ApplicantReason.from_dict({"reason": "水表还没有安装"})
    expect("state", take(refuse_completion.sync_detailed(id, client=company, body=refusal)).state, "in_progress")
    take(complete_entrustment.sync_detailed(id, client=agent, body=done))
    closed = take(sign_completion.sync_detailed(id, client=company, body=SignInput.from_dict(online)))
    expect("state", closed.state, "closed")

    print("9. The evaluation, by its single-use link, without signing in.")
    open_ones = each(lambda c: take(list_evaluations.sync_detailed(client=company, state=["open"], limit=5, cursor=c)))
    link = present("the link", next(e.link for e in open_ones if str(e.entrustment_id) == id))
    rating = RatingInput.from_dict({"grade": "very_satisfied", "comment": "一次都没有跑，很方便"})
    rated = take(rate_by_link.sync_detailed(link.rsplit("/", 1)[-1], client=anyone, body=rating))
    expect("evaluation", rated.state, "rated")

    print("10. What anyone can see with the number and the last four digits of the phone.")
    progress = take(get_progress.sync_detailed(matter.number, client=anyone, phone_last4="0001"))
    expect("state", progress.state, "closed")

    print("11. Synchronising: what changed since this matter came in, page by page.")
    # A change is handed out once it has settled, ten seconds after it was made: nothing that is still being written is missed.
    seen: set[str] = set()
    for _ in range(30):
        changed = each(
            lambda c: take(
                list_entrustments.sync_detailed(client=company, updated_since=matter.created_at, limit=2, cursor=c)
            )
        )
        seen = {str(m.id) for m in changed}
        if id in seen:
            break
        time.sleep(1)
    expect("the matter is among them", id in seen, True)
    print("The story is told.")


if __name__ == "__main__":
    main()
